import ChatStorageCore

/// One tenant's conversations: the functions that a backend consists of.
struct JSONLinesTenant: ChatStorage {
    /// Nil for the default tenant, which has no name.
    let name: String?
    let backend: JSONLinesBackend

    func createConversation(_ new: NewConversation) async throws -> Conversation {
        try await backend.call(name) { folder in
            try Validation.check(new)
            if new.ifExists == .keep, let existing = folder.chat(new.id, in: name) { return existing.conversation }
            let chat = Chat(new)
            try folder.insert(chat, in: name)
            return chat.conversation
        }
    }

    func conversation(_ id: ConversationID) async throws -> Conversation? {
        try await backend.call(name) { folder in
            try Validation.check(id)
            return folder.chat(id, in: name)?.conversation
        }
    }

    func updateConversation(_ id: ConversationID, _ change: ConversationChange) async throws -> Conversation? {
        try await backend.call(name) { folder in
            try Validation.check(change, of: id)
            guard var chat = folder.chat(id, in: name), !change.isEmpty else {
                return folder.chat(id, in: name)?.conversation
            }
            let head = try change.newHead.map { try chat.head($0) }
            chat.conversation = try change.applied(to: chat.conversation, at: .now())
            if let head { chat.setHead(head) }
            try folder.replace(chat, in: name)
            return chat.conversation
        }
    }

    func deleteConversation(_ deletion: ConversationDeletion) async throws -> Bool {
        try await backend.call(name) { folder in
            try Validation.check(deletion)
            guard let chat = folder.chat(deletion.id, in: name), deletion.applies(to: chat.conversation) else {
                return false
            }
            try folder.remove(deletion.id, in: name)
            return true
        }
    }

    func conversations(_ query: ConversationQuery) async throws -> ConversationPage {
        try await backend.call(name) { folder in
            let tenant = name ?? ""
            try Validation.check(query, tenant: tenant)
            guard query.limit > 0 else { return ConversationPage(items: [], next: nil) }
            let position = try query.cursor?.position(tenant: tenant)
            var page = ConversationPageBuilder(query)
            for conversation in folder.conversations(after: position, in: name) {
                page.add(conversation) { folder.chat(conversation.id, in: name)?.preview(scalars: $0) }
                if page.isFull { break }
            }
            return page.page(tenant: tenant)
        }
    }

    func append(_ new: NewMessages) async throws -> AppendResult {
        try await backend.call(name) { [roles = backend.roles] folder in
            try Validation.check(new, roles: roles)
            guard !new.messages.isEmpty else { return .nothing }
            guard var chat = folder.chat(new.conversationID, in: name) else {
                guard new.condition.createsConversation else {
                    throw ChatStorageError(.conversationNotFound, "the conversation does not exist")
                }
                let first = new.condition.firstValues
                var chat = Chat(
                    NewConversation(
                        new.conversationID, title: first?.title, labels: first?.labels ?? [],
                        metadata: first?.metadata ?? [:]))
                // The conversation is as old as its first messages.
                let result = try chat.append(new, at: chat.conversation.createdAt)
                try folder.insert(chat, in: name)
                return result
            }
            if let repeated = try chat.repeated(new) {
                return AppendResult(messages: repeated, version: chat.conversation.version)
            }
            let result = try chat.append(new, at: .now())
            try folder.replace(chat, in: name)
            return result
        }
    }

    func messages(_ query: MessageQuery) async throws -> MessagePage {
        try await backend.call(name) { folder in
            try Validation.check(query)
            return try folder.chat(query.conversationID, in: name)?.page(query) ?? MessagePage([], for: query)
        }
    }

    func forks(of id: ConversationID) async throws -> [Fork] {
        try await backend.call(name) { folder in
            try Validation.check(id)
            return folder.chat(id, in: name)?.tree.forks ?? []
        }
    }

    var endingAnswers: EndingAnswers { backend.endingAnswers }

    func reviseMessage(_ revision: MessageRevision) async throws -> Message {
        try await backend.call(name) { folder in
            try Validation.check(revision)
            let chat = folder.chat(revision.conversationID, in: name)
            let index = chat?.index(of: revision.sequence)
            let message = index.flatMap { index in chat.map { $0.stored($0.messages[index]) } }
            switch try revision.applied(to: message, at: .now()) {
            case .made(let message): return message
            case .changed(let message):
                if var chat, let index {
                    chat.messages[index] = Chat.Message(message)
                    try folder.replace(chat, in: name)
                }
                return message
            }
        }
    }

    func removeMessages(_ removal: MessageRemoval) async throws -> Int {
        try await backend.call(name) { folder in
            try Validation.check(removal)
            guard var chat = folder.chat(removal.conversationID, in: name) else { return 0 }
            let count = chat.remove(removal.selection)
            if count > 0 || removal.selection == .all { try folder.replace(chat, in: name) }
            return count
        }
    }

    func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        try await backend.call(name) { [roles = backend.roles] folder in
            try Validation.check(snapshot, roles: roles)
            try folder.insert(Chat(snapshot.conversation, snapshot.storedMessages.map(Chat.Message.init)), in: name)
            return snapshot.conversation
        }
    }
}
