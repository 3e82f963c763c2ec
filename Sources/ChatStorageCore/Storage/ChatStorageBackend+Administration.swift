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

    /// Ends the answers under way that nobody has written for a while: their writers died.
    ///
    /// An answer that is written meanwhile stays under way.
    ///
    /// - Parameters:
    ///   - duration: For how long nobody has written them; by default a live writer writes at least every 15 seconds.
    ///   - state: How they end; by default as failed.
    /// - Returns: How many were ended. Two processes that end an answer in the same moment both count it.
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument` for `streaming`, which does not end them.
    @discardableResult
    public func endUnfinishedMessages(
        notRevisedFor duration: Duration, as state: MessageState = .failed
    ) async throws -> Int {
        try state.checkEnds()
        var count = 0
        var query = UnfinishedQuery(notRevisedFor: duration, limit: 200)
        repeat {
            let page = try await unfinishedMessages(query)
            for item in page.items {
                let handle: any ChatStorage = if let name = item.tenant { tenant(name) } else { defaultTenant }
                do {
                    try await handle.reviseMessage(MessageRevision(of: item.message, state: state))
                    count += 1
                } catch let error as ChatStorageError where [.conflict, .messageNotFound].contains(error.code) {
                    continue
                }
            }
            query.after = page.next
        } while query.after != nil
        return count
    }

    /// What ``eraseTenant(_:isDryRun:)`` does, for backends that do something else afterwards.
    package func deleteAllConversations(ofTenant name: String?, isDryRun: Bool) async throws -> DeletionCount {
        let handle: any ChatStorage = if let name { tenant(name) } else { defaultTenant }
        var count = DeletionCount()
        var isFirstWalk = true
        // How many walks in a row, after the first, have listed each conversation and not deleted it.
        var notDeleted: [ConversationID: Int] = [:]
        while true {
            var isEmpty = true
            let notDeletedBefore = notDeleted
            notDeleted = [:]
            var query = ConversationQuery(limit: deletionPage)
            query.isForDeletion = true
            repeat {
                try Task.checkCancellation()
                let page = try await handle.conversations(query)
                isEmpty = isEmpty && page.items.isEmpty
                if isDryRun {
                    count.add(page.items)
                } else {
                    let deleted = try await delete(page.items, of: handle) { ConversationDeletion($0) }
                    count.add(deleted.counted)
                    // In the first walk these are most often what others deleted, which can be many.
                    for id in deleted.notDeleted where !isFirstWalk {
                        notDeleted[id] = (notDeletedBefore[id] ?? 0) + 1
                    }
                    count.changedMeanwhile += isFirstWalk ? deleted.changed : page.items.count
                }
                query.cursor = page.next
            } while query.cursor != nil
            // Starts over until it finds nothing: others may have written meanwhile.
            guard !isDryRun, !isEmpty else { return count }
            // Others may have deleted what was listed, but hardly the same conversation in three walks.
            guard notDeleted.values.allSatisfy({ $0 < 3 }) else {
                throw ChatStorageError(.damaged, "the list has conversations that deletions do not find")
            }
            isFirstWalk = false
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
                let deleted = try await delete(page.items, of: handle) {
                    ConversationDeletion($0, updatedBefore: time, without: labels)
                }
                count.add(deleted.counted)
                count.changedMeanwhile += deleted.changed
            }
            query.cursor = page.next
        }
        return count
    }

    /// Deletes conversations, several at once.
    ///
    /// - Returns: Those that were deleted, as they were then; those that were not; and how many others had changed
    ///   meanwhile.
    private func delete(
        _ conversations: [Conversation], of handle: any ChatStorage,
        _ deletion: @escaping @Sendable (ConversationID) -> ConversationDeletion
    ) async throws -> (counted: [Conversation], notDeleted: [ConversationID], changed: Int) {
        try await withThrowingTaskGroup(of: CountedDeletion.self) { group in
            var deletions: [CountedDeletion] = []
            for (index, conversation) in conversations.enumerated() {
                if index >= deletionsAtOnce, let earlier = try await group.next() { deletions.append(earlier) }
                group.addTask {
                    try await CountedDeletion(of: conversation, as: deletion(conversation.id), in: handle)
                }
            }
            for try await earlier in group { deletions.append(earlier) }
            return (
                deletions.compactMap(\.deleted), deletions.filter { $0.deleted == nil }.map(\.id),
                deletions.count(where: \.hadChanged)
            )
        }
    }
}

extension DeletionCount {
    fileprivate mutating func add(_ deleted: [Conversation]) {
        conversations += deleted.count
        messages += deleted.reduce(0) { $0 + $1.messageCount }
    }
}
