import ChatStorageCore

/// What a tenant's calls do to conversations, in the caller's transaction.
extension Database {
    func conversation(tenant: String, _ id: ConversationID) throws -> Conversation? {
        try conversationTable.find(tenant: tenant, id)
    }

    func createConversation(_ new: NewConversation, tenant: String) throws -> Conversation {
        if new.ifExists == .keep, let existing = try conversation(tenant: tenant, new.id) { return existing }
        let now = Timestamp.now()
        let conversation = Conversation(
            id: new.id, title: new.title, createdAt: now, updatedAt: now, lastSequence: 0, labels: new.labels,
            metadata: new.metadata)
        try insert(conversation, tenant: tenant)
        return conversation
    }

    func updateConversation(
        _ id: ConversationID, _ change: ConversationChange, tenant: String
    ) throws -> Conversation? {
        let found = try conversationTable.findToChange(
            tenant: tenant, id, withMetadata: change.metadata.replacement == nil)
        guard let found else { return nil }
        let (current, key) = (found.conversation, found.key)
        let head = try change.newHead.map { try newHead($0, of: id, tenant: tenant) }
        var changed = try change.applied(to: current, at: .now())
        guard try conversationTable.update(found, to: changed, setsMetadata: !change.metadata.isEmpty) else {
            throw Self.rowIgnored
        }
        let isMoved = changed.updatedAt != current.updatedAt
        if changed.labels != current.labels {
            if !current.labels.isEmpty { try labelTable.delete(of: key) }
            try labelTable.insert(changed, tenant: tenant, key: key)
        } else if isMoved, !changed.labels.isEmpty {
            try labelTable.move(key, to: changed.updatedAt)
        }
        if let (tree, sequence) = head {
            let (head, isBranched) = try tree.setHead(sequence)
            changed.setBranches(head: head, isBranched: isBranched)
        }
        return changed
    }

    /// The message that a change makes the head, and the conversation's tree.
    private func newHead(
        _ new: ConversationChange.NewHead, of id: ConversationID, tenant: String
    ) throws -> (tree: ConversationTree, sequence: Int64) {
        let notFound = ChatStorageError(.messageNotFound, "the message chosen as the head does not exist")
        guard let tree = try ConversationTree(of: id, tenant: tenant, in: self) else { throw notFound }
        switch new {
        case .message(let sequence):
            guard try sequence == 0 || tree.contains(sequence) else { throw notFound }
            return (tree, sequence)
        case .newest(let sequence):
            guard try tree.contains(sequence) else { throw notFound }
            var budget = ReadBudget.unlimited
            return (tree, try tree.messageTree(&budget).newest(under: sequence))
        }
    }

    func deleteConversation(_ deletion: ConversationDeletion, tenant: String) throws -> Bool {
        let id = deletion.id
        if !deletion.isUnconditional {
            let current = try conversationTable.findToDelete(
                tenant: tenant, id, withLabels: !deletion.without.isEmpty)
            guard let current, deletion.applies(to: current) else { return false }
        }
        guard let key = try conversationTable.delete(tenant: tenant, id) else {
            try refuseIgnoredRow(tenant: tenant, id)
            return false
        }
        try refuseMessagesLeft(of: key)
        return true
    }

    func restore(_ snapshot: ConversationSnapshot, tenant: String) throws -> Conversation {
        let conversation = snapshot.conversation
        let key = try insert(conversation, tenant: tenant)
        for message in snapshot.storedMessages { try insert(message, in: key) }
        return conversation
    }

    /// Stores a new conversation, which has no messages yet.
    ///
    /// - Returns: Its key.
    /// - Throws: ``ChatStorageError`` with the code `conversationExists` if its id is taken.
    @discardableResult
    func insert(_ conversation: Conversation, tenant: String) throws -> Int64 {
        guard let key = try conversationTable.insert(conversation, tenant: tenant) else {
            guard try self.conversation(tenant: tenant, conversation.id) != nil else { throw Self.rowIgnored }
            throw Self.conversationExists
        }
        try removeOrphans(of: key)
        try labelTable.insert(conversation, tenant: tenant, key: key)
        return key
    }

    private static let conversationExists = ChatStorageError(.conversationExists, "a conversation of this id exists")
}
