import ChatStorageCore

/// One tenant's conversations: the ten functions that a backend consists of.
struct JSONLinesTenant: ChatStorage {
    /// Nil for the default tenant, which has no name.
    let name: String?
    let backend: JSONLinesBackend

    func createConversation(_ id: ConversationID, title: String?) async throws -> Conversation {
        try await backend.call(name) { folder in
            try Validation.check(id, title: title)
            return try folder.insert(.new(id, title: title), in: name).conversation
        }
    }

    func conversation(_ id: ConversationID) async throws -> Conversation? {
        try await backend.call(name) { folder in
            try Validation.check(id)
            return folder.snapshot(id, in: name)?.conversation
        }
    }

    func getOrCreateConversation(_ id: ConversationID, title: String?) async throws -> Conversation {
        try await backend.call(name) { folder in
            try Validation.check(id, title: title)
            if let existing = folder.snapshot(id, in: name) { return existing.conversation }
            return try folder.insert(.new(id, title: title), in: name).conversation
        }
    }

    func updateTitle(of id: ConversationID, to title: String?) async throws -> Conversation? {
        try await backend.call(name) { folder in
            try Validation.check(id, title: title)
            return try folder.update(id, in: name) { $0.title = title }?.conversation
        }
    }

    func deleteConversation(_ id: ConversationID) async throws -> Bool {
        try await backend.call(name) { folder in
            try Validation.check(id)
            return try folder.remove(id, in: name)
        }
    }

    func conversations(after cursor: ConversationCursor?, limit: Int) async throws -> ConversationPage {
        try await backend.call(name) { folder in
            try Validation.check(limit: limit)
            let position = try cursor?.position(tenant: name ?? "")
            // One more than asked for tells whether there is a next page.
            let items = folder.conversations(after: position, in: name).prefix(limit == .max ? limit : limit + 1)
            return ConversationPage(Array(items), limit: limit, tenant: name ?? "")
        }
    }

    func append(
        _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition
    ) async throws -> [Message] {
        try await backend.call(name) { folder in
            try Validation.check(append: messages, to: id, roles: Role.standard)
            guard !messages.isEmpty else { return [] }
            guard let existing = folder.snapshot(id, in: name) else {
                guard condition == .createIfMissing else {
                    throw ChatStorageError(.conversationNotFound, "the conversation does not exist")
                }
                let new = ConversationSnapshot.new(id, title: nil).appending(messages)
                return try folder.insert(new, in: name).lastMessages(messages.count)
            }
            if let repeated = try existing.repeated(messages) { return repeated }
            if case .unchanged(let version) = condition, existing.conversation.version != version {
                throw ChatStorageError(.conflict, "the conversation was appended to or replaced since")
            }
            let updated = try folder.update(id, in: name) { $0 = $0.appending(messages) }
            return updated?.lastMessages(messages.count) ?? []
        }
    }

    func messages(of id: ConversationID, _ position: MessagePosition, limit: Int) async throws -> [Message] {
        try await backend.call(name) { folder in
            try Validation.check(id)
            try Validation.check(limit: limit)
            return folder.snapshot(id, in: name)?.messages(position, limit: limit) ?? []
        }
    }

    func clearMessages(of id: ConversationID) async throws -> Int {
        try await backend.call(name) { folder in
            try Validation.check(id)
            let count = folder.snapshot(id, in: name)?.messages.count ?? 0
            _ = try folder.update(id, in: name) { $0.messages = [] }
            return count
        }
    }

    func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        try await backend.call(name) { folder in
            try Validation.check(snapshot, roles: Role.standard)
            return try folder.insert(snapshot, in: name).conversation
        }
    }
}
