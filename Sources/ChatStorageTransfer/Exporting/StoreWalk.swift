import ChatStorageCore

/// A walk over a store's conversations that misses none while others write.
///
/// The list is in the order of updates, so a conversation that is written during the walk jumps to its beginning. The
/// walk therefore reads the beginning again until it finds no more conversations that were there when the walk began.
/// Memory holds the ids of one tenant's conversations for that. In a snapshot nothing jumps, and one turn is enough.
struct StoreWalk: Sendable {
    /// How many conversations are read ahead of the body.
    private static let ahead = 8

    let backend: any ChatStorageBackend

    /// Calls the body with the name of each tenant that has conversations; nil is the default one.
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

    /// Reads a conversation that the walk met; nil if it has been deleted since.
    func whole(_ conversation: Conversation, of tenant: String?) async throws -> WholeConversation? {
        let storage = storage(of: tenant)
        return showsOneMoment
            ? try await WholeConversation.read(messagesOf: conversation, from: storage)
            : try await WholeConversation.read(conversation.id, from: storage)
    }

    /// Hands a tenant's conversations to the body, and reads the next ones ahead.
    ///
    /// - Parameters:
    ///   - tenant: The tenant's name; nil is the default tenant.
    ///   - transform: Turns a conversation into what the body gets.
    ///   - body: Gets one after another, in the walk's order.
    func conversations<Transformed: Sendable>(
        of tenant: String?, transform: @escaping @Sendable (WholeConversation) throws -> Transformed,
        body: (Transformed) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, Transformed?).self) { group in
            var (begun, handedOut) = (0, 0)
            var finished: [Int: Transformed?] = [:]
            func handOutOne() async throws {
                while finished[handedOut] == nil, let (place, transformed) = try await group.next() {
                    finished[place] = .some(transformed)
                }
                if let transformed = finished.removeValue(forKey: handedOut) ?? nil { try await body(transformed) }
                handedOut += 1
            }
            try await conversations(of: tenant) { conversation in
                try Task.checkCancellation()
                if begun - handedOut >= Self.ahead { try await handOutOne() }
                let place = begun
                group.addTask { (place, try await whole(conversation, of: tenant).map(transform)) }
                begun += 1
            }
            while handedOut < begun { try await handOutOne() }
        }
    }

    /// Calls the body with each conversation that the tenant has when the walk begins, and perhaps with later ones.
    func conversations(of tenant: String?, _ body: (Conversation) async throws -> Void) async throws {
        let storage = storage(of: tenant)
        var seen: Set<ConversationID> = []
        var begin: Timestamp?
        // Nothing updated before this can have jumped since the last turn began.
        var bound: Timestamp?
        var turnsWithoutNew = 0
        while true {
            var cursor: ConversationCursor?
            var (top, hasNew, isDone, pages): (Timestamp?, Bool, Bool, Int) = (nil, false, false, 0)
            repeat {
                try Task.checkCancellation()
                let page = try await storage.conversations(after: cursor, limit: bound == nil ? 200 : 1_000)
                pages += 1
                for conversation in page.items where !isDone {
                    top = top ?? conversation.updatedAt
                    begin = begin ?? conversation.updatedAt
                    if showsOneMoment {
                        try await body(conversation)
                    } else if let bound, conversation.updatedAt < bound {
                        isDone = true
                    } else if bound == nil || begin.map({ conversation.createdAt <= $0 }) ?? true,
                        seen.insert(conversation.id).inserted
                    {
                        hasNew = true
                        try await body(conversation)
                    }
                }
                cursor = page.next
            } while cursor != nil && !isDone
            turnsWithoutNew = hasNew ? 0 : turnsWithoutNew + 1
            // In a snapshot or a single page nothing jumps. If several turns in a row miss a conversation, it was
            // written during each of them.
            guard !showsOneMoment, pages > 1 || hasNew, turnsWithoutNew < Self.mostTurnsWithoutNew, let top else {
                return
            }
            bound = Timestamp(microsecondsSinceEpoch: top.microsecondsSinceEpoch - Self.longestCommit)
        }
    }

    /// Whether the backend is a snapshot, which nobody changes.
    private var showsOneMoment: Bool { backend.capabilities.contains(.snapshots) }

    private static let mostTurnsWithoutNew = 3

    /// How long after its time an update may become visible, in microseconds.
    private static let longestCommit: Int64 = 10_000_000
}
