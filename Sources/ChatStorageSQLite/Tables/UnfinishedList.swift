import ChatStorageCore

/// The answers under way of all tenants.
struct UnfinishedList {
    struct Statements: Sendable {
        /// ?1 the number of a conversation, at which they begin, ?2 the time through which they were last written.
        let from = SQL(
            """
            SELECT c.tenant, c.conversation_id, m.sequence
            FROM chat_messages AS m INDEXED BY chat_messages_streaming CROSS JOIN conversations AS c NOT INDEXED
            WHERE m.state = 'streaming' AND m.conversation >= ?1 AND coalesce(m.revised_at_us, m.created_at_us) <= ?2
                AND c.conversation = m.conversation
            """)
    }

    static let sql = Statements()

    let database: Database

    /// Reads a page, in the caller's snapshot.
    ///
    /// The index is short and not ordered by tenant, so this reads all answers and keeps the first ones.
    ///
    /// - Parameter now: The time at which the page is asked for.
    func page(_ query: UnfinishedQuery, at now: Timestamp) throws -> UnfinishedPage {
        let kept = query.limit == .max ? .max : query.limit + 1
        var places: [UnfinishedMessage.Place] = []
        var last: UnfinishedMessage.Place?
        try database.run(Self.sql.from) { statement in
            try statement.bind(Int64.min, at: 1)
            try statement.bind(now - query.notRevisedFor, at: 2)
            while try statement.step() {
                let place = try Self.place(in: statement)
                if let start = query.after, !(start < place) { continue }
                if let last, !(place < last) { continue }
                places.append(place)
                // Sorts now and then, and so keeps at most twice as many as the page needs.
                guard places.count / 2 >= kept else { continue }
                Self.sort(&places, keeping: kept)
                last = places.last
            }
        }
        Self.sort(&places, keeping: kept)
        var budget = database.readBudget
        let items = try places.prefix(query.limit).compactMap { place in
            try database.messageTable.ofSequence(
                place.message.sequence, tenant: place.tenant ?? "", of: place.message.conversationID, &budget
            ).map { UnfinishedMessage(tenant: place.tenant, message: $0) }
        }
        return UnfinishedPage(items: items, next: places.count > query.limit ? items.last?.place : nil)
    }

    private static func sort(_ places: inout [UnfinishedMessage.Place], keeping count: Int) {
        places.sort()
        if places.count > count { places.removeLast(places.count - count) }
    }

    private static func place(in row: Statement) throws -> UnfinishedMessage.Place {
        let tenant = try row.text(0)
        return UnfinishedMessage.Place(
            tenant: tenant.isEmpty ? nil : tenant,
            message: Message.ID(conversationID: ConversationID(try row.text(1)), sequence: row.int64(2)))
    }
}
