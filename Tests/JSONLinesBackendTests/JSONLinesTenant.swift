import ChatStorageCore

/// One tenant's conversations: the nine functions that a backend consists of.
struct JSONLinesTenant: ChatStorage {
    /// Nil for the default tenant, which has no name.
    let name: String?
    let backend: JSONLinesBackend

    func createConversation(_ new: NewConversation) async throws -> Conversation {
        try await backend.call(name) { folder in
            try Validation.check(new)
            if new.ifExists == .keep, let existing = folder.snapshot(new.id, in: name) { return existing.conversation }
            return try folder.insert(.new(new.id, title: new.title), in: name).conversation
        }
    }

    func conversation(_ id: ConversationID) async throws -> Conversation? {
        try await backend.call(name) { folder in
            try Validation.check(id)
            return folder.snapshot(id, in: name)?.conversation
        }
    }

    func updateConversation(_ id: ConversationID, _ change: ConversationChange) async throws -> Conversation? {
        try await backend.call(name) { folder in
            try Validation.check(change, of: id)
            guard let title = change.newTitle else { return folder.snapshot(id, in: name)?.conversation }
            return try folder.update(id, in: name) { $0.title = title }?.conversation
        }
    }

    func deleteConversation(_ id: ConversationID) async throws -> Bool {
        try await backend.call(name) { folder in
            try Validation.check(id)
            return try folder.remove(id, in: name)
        }
    }

    func conversations(_ query: ConversationQuery) async throws -> ConversationPage {
        try await backend.call(name) { folder in
            let tenant = name ?? ""
            try Validation.check(query, tenant: tenant)
            let position = try query.cursor?.position(tenant: tenant)
            // One more than asked for shows whether there is a next page.
            let rows = query.limit == .max ? .max : query.limit + 1
            let items = folder.conversations(after: position, in: name).prefix(rows)
            return ConversationPage(Array(items), limit: query.limit, tenant: tenant)
        }
    }

    func append(_ new: NewMessages) async throws -> AppendResult {
        try await backend.call(name) { folder in
            try Validation.check(new, roles: Role.standard)
            guard !new.messages.isEmpty else { return .nothing }
            let id = new.conversationID
            guard let existing = folder.snapshot(id, in: name) else {
                guard new.condition.createsConversation else {
                    throw ChatStorageError(.conversationNotFound, "the conversation does not exist")
                }
                return try folder.insert(.new(id, title: nil).appending(new.messages), in: name).result(of: new)
            }
            if let repeated = try existing.repeated(new) {
                return AppendResult(messages: repeated, version: existing.conversation.version)
            }
            if let version = new.condition.expectedVersion, existing.conversation.version != version {
                throw ChatStorageError(.conflict, "the conversation was appended to or replaced since")
            }
            let updated = try folder.update(id, in: name) { $0 = $0.appending(new.messages) }
            return updated?.result(of: new) ?? .nothing
        }
    }

    func messages(_ query: MessageQuery) async throws -> MessagePage {
        try await backend.call(name) { folder in
            try Validation.check(query)
            return MessagePage(folder.snapshot(query.conversationID, in: name)?.messages(query) ?? [], for: query)
        }
    }

    func removeMessages(_ removal: MessageRemoval) async throws -> Int {
        try await backend.call(name) { folder in
            try Validation.check(removal)
            switch removal.selection {
            case .all:
                let count = folder.snapshot(removal.conversationID, in: name)?.messages.count ?? 0
                _ = try folder.update(removal.conversationID, in: name) { $0.messages = [] }
                return count
            }
        }
    }

    func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        try await backend.call(name) { folder in
            try Validation.check(snapshot, roles: Role.standard)
            return try folder.insert(snapshot, in: name).conversation
        }
    }
}
