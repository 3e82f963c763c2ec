import ChatStorageCore

/// A walk over a store's conversations that misses none while others write.
///
/// The list is in the order of updates, so a conversation that is written during the walk jumps to its beginning. The
/// walk therefore reads the beginning again until it has no conversation left that was there when the walk began.
/// Memory holds the ids of one tenant's conversations for that.
struct StoreWalk {
    let backend: any ChatStorageBackend

    /// The names of the tenants that have conversations; nil is the default one.
    func tenants(_ body: (String?) async throws -> Void) async throws {
        var next: String?
        repeat {
            let page = try await backend.tenants(TenantQuery(after: next, limit: 100))
            for tenant in page.items { try await body(tenant.name) }
            next = page.next
        } while next != nil
    }

    /// The handle on a tenant.
    func storage(of tenant: String?) -> any ChatStorage {
        tenant.map { backend.tenant($0) } ?? backend.defaultTenant
    }

    /// The ids of the conversations that a tenant has when the walk begins; some that come later can be among them.
    func conversations(of tenant: String?, _ body: (ConversationID) async throws -> Void) async throws {
        let storage = storage(of: tenant)
        var seen: Set<ConversationID> = []
        var begin: Timestamp?
        // Nothing updated before this can have jumped since the last turn began.
        var bound: Timestamp?
        while true {
            var cursor: ConversationCursor?
            var (top, hasNew, isDone, pages): (Timestamp?, Bool, Bool, Int) = (nil, false, false, 0)
            repeat {
                let page = try await storage.conversations(after: cursor, limit: bound == nil ? 200 : 1_000)
                pages += 1
                for conversation in page.items where !isDone {
                    top = top ?? conversation.updatedAt
                    begin = begin ?? conversation.updatedAt
                    if let bound, conversation.updatedAt < bound {
                        isDone = true
                    } else if bound == nil || begin.map({ conversation.createdAt <= $0 }) ?? true,
                        seen.insert(conversation.id).inserted
                    {
                        hasNew = true
                        try await body(conversation.id)
                    }
                }
                cursor = page.next
            } while cursor != nil && !isDone
            // Within one page nothing jumps.
            if !hasNew, pages == 1 { return }
            guard let top else { return }
            bound = Timestamp(microsecondsSinceEpoch: top.microsecondsSinceEpoch - Self.longestCommit)
        }
    }

    /// How long after its time an update may become visible, in microseconds.
    private static let longestCommit: Int64 = 10_000_000
}
