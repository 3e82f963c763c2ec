extension ChatStorageBackend {
    /// How many conversations are deleted at once: enough for a backend that commits several together, few enough to
    /// leave others their turn.
    private var deletionsAtOnce: Int { 8 }
    private var deletionPage: Int { 200 }

    /// Deletes all conversations of a tenant, one by one, each whole.
    public func eraseTenant(_ name: String?, isDryRun: Bool) async throws -> DeletionCount {
        try await deleteAllConversations(ofTenant: name, isDryRun: isDryRun)
    }

    /// Deletes all conversations of a tenant, one by one, each whole.
    ///
    /// - Returns: What was deleted.
    @discardableResult
    public func eraseTenant(_ name: String) async throws -> DeletionCount {
        try await eraseTenant(name, isDryRun: false)
    }

    /// Deletes all conversations of the default tenant, one by one, each whole.
    ///
    /// - Returns: What was deleted.
    @discardableResult
    public func eraseDefaultTenant() async throws -> DeletionCount {
        try await eraseTenant(nil, isDryRun: false)
    }

    /// All tenants that have conversations, read page by page; memory holds their names.
    public func allTenants() async throws -> [TenantSummary] {
        var tenants: [TenantSummary] = []
        var query = TenantQuery(limit: 200)
        repeat {
            let page = try await self.tenants(query)
            tenants += page.items
            query.after = page.next
        } while query.after != nil
        return tenants
    }

    /// Deletes a tenant's conversations that were not updated since a time, one by one, each whole.
    public func deleteConversations(
        ofTenant name: String?, updatedBefore time: Timestamp, without labels: Set<Label>, isDryRun: Bool
    ) async throws -> DeletionCount {
        try await deleteOldConversations(ofTenant: name, updatedBefore: time, without: labels, isDryRun: isDryRun)
    }

    /// Deletes a tenant's conversations that were not updated since a time.
    ///
    /// - Returns: What was deleted.
    @discardableResult
    public func deleteConversations(
        ofTenant name: String?, updatedBefore time: Timestamp, without labels: Set<Label> = []
    ) async throws -> DeletionCount {
        try await deleteConversations(ofTenant: name, updatedBefore: time, without: labels, isDryRun: false)
    }

    /// What ``eraseTenant(_:isDryRun:)`` does, for backends that do something else afterwards.
    package func deleteAllConversations(ofTenant name: String?, isDryRun: Bool) async throws -> DeletionCount {
        let handle: any ChatStorage = if let name { tenant(name) } else { defaultTenant }
        var count = DeletionCount()
        var query = ConversationQuery(limit: deletionPage)
        query.isForDeletion = true
        while true {
            try Task.checkCancellation()
            let page = try await handle.conversations(query)
            if isDryRun {
                count.add(page.items)
                guard let next = page.next else { return count }
                query.cursor = next
            } else {
                // From the start again each time, until nothing is found: others may have appended meanwhile.
                guard !page.items.isEmpty else { return count }
                try await count.add(delete(page.items.map { ($0, ConversationDeletion($0.id)) }, of: handle))
            }
        }
    }

    /// What ``deleteConversations(ofTenant:updatedBefore:without:isDryRun:)`` does, for backends that do something else
    /// afterwards.
    package func deleteOldConversations(
        ofTenant name: String?, updatedBefore time: Timestamp, without labels: Set<Label>, isDryRun: Bool
    ) async throws -> DeletionCount {
        let handle: any ChatStorage = if let name { tenant(name) } else { defaultTenant }
        var count = DeletionCount()
        // The list goes from new to old, so the walk begins at the time.
        var query = ConversationQuery(
            after: ConversationCursor(before: time), limit: deletionPage, without: labels)
        query.isForDeletion = true
        while query.cursor != nil {
            try Task.checkCancellation()
            let page = try await handle.conversations(query)
            if isDryRun {
                count.add(page.items)
            } else {
                try await count.add(
                    delete(
                        page.items.map { ($0, ConversationDeletion($0.id, updatedBefore: time, without: labels)) },
                        of: handle))
            }
            query.cursor = page.next
        }
        return count
    }

    /// Deletes conversations, several at once.
    private func delete(
        _ deletions: [(Conversation, ConversationDeletion)], of handle: any ChatStorage
    ) async throws -> [Conversation] {
        try await withThrowingTaskGroup(of: Conversation?.self) { group in
            var deleted: [Conversation] = []
            for (index, (conversation, deletion)) in deletions.enumerated() {
                if index >= deletionsAtOnce, let earlier = try await group.next() ?? nil { deleted.append(earlier) }
                group.addTask { try await handle.deleteConversation(deletion) ? conversation : nil }
            }
            for try await earlier in group { if let earlier { deleted.append(earlier) } }
            return deleted
        }
    }
}

extension DeletionCount {
    fileprivate mutating func add(_ deleted: [Conversation]) {
        conversations += deleted.count
        messages += deleted.reduce(0) { $0 + $1.messageCount }
    }
}
