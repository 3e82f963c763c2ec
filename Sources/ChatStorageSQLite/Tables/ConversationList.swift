import ChatStorageCore

/// A tenant's list of conversations, newest first, ties by the bytes of their ids; or those of its conversations that
/// have a label.
///
/// ?1 is the tenant. The statements name their index: after an `ANALYZE` of mostly small tenants SQLite may choose
/// another, and read all of a large one. For the table of labels, NOT INDEXED names the key, whose order its rows have
/// (<https://www.sqlite.org/lang_indexedby.html>).
struct ConversationList {
    private typealias Column = ConversationTable.Column

    struct Statements: Sendable {
        /// ?2 the time, ?3 how many, ?4 the id after which they begin.
        let tied = Self.ofAll(Column.lean, Self.tiedRange, order: Self.tiedOrder)
        /// ?2 the time, ?3 how many.
        let older = Self.ofAll(Column.lean, Self.olderRange, order: Self.olderOrder)
        /// ?2 the time, ?3 how many, ?4 the id at which they begin.
        let tiedOnward = Self.ofAll(
            Column.list, "c.updated_at_us = ?2 AND c.conversation_id >= ?4", order: Self.tiedOrder)
        let tiedWithKey = Self.ofAll(Column.list, Self.tiedRange, order: Self.tiedOrder)
        let olderWithKey = Self.ofAll(Column.list, Self.olderRange, order: Self.olderOrder)
        let tiedWithNewest = Self.ofAllWithNewest(Self.tiedRange, order: Self.tiedOrder)
        let olderWithNewest = Self.ofAllWithNewest(Self.olderRange, order: Self.olderOrder)
        /// ?5 the label.
        let tiedOfLabel = Self.ofLabel(
            "l.updated_at_us = ?2 AND l.conversation_id > ?4", order: "l.conversation_id LIMIT ?3")
        let olderOfLabel = Self.ofLabel(
            "l.updated_at_us < ?2", order: "l.updated_at_us DESC, l.conversation_id LIMIT ?3")

        private static let tiedRange: SQLText = "c.updated_at_us = ?2 AND c.conversation_id > ?4"
        private static let tiedOrder: SQLText = "c.conversation_id LIMIT ?3"
        private static let olderRange: SQLText = "c.updated_at_us < ?2"
        private static let olderOrder: SQLText = "c.updated_at_us DESC, c.conversation_id LIMIT ?3"

        private static func ofAll(_ columns: SQLText, _ range: SQLText, order: SQLText) -> SQL {
            SQL(
                """
                SELECT \(columns) FROM conversations AS c INDEXED BY conversations_recency
                WHERE c.tenant = ?1 AND \(range) ORDER BY \(order)
                """)
        }

        /// Also reads the message of each conversation's last sequence.
        ///
        /// Nearly always that is the preview's message, and a statement for each would take twice as long.
        private static func ofAllWithNewest(_ range: SQLText, order: SQLText) -> SQL {
            SQL(
                """
                SELECT \(Column.list), m.role, m.created_at_us, m.content, m.state
                FROM conversations AS c INDEXED BY conversations_recency
                LEFT JOIN chat_messages AS m INDEXED BY sqlite_autoindex_chat_messages_1
                    ON m.conversation = c.conversation AND m.sequence = c.last_sequence
                WHERE c.tenant = ?1 AND \(range) ORDER BY \(order)
                """)
        }

        /// Reads a label's rows with their conversations.
        ///
        /// Another program can leave a row without its conversation, whose number a new conversation can get. So the id
        /// is compared too. The row's time comes last, for ``Entry/expectPlace(of:)``.
        private static func ofLabel(_ range: SQLText, order: SQLText) -> SQL {
            SQL(
                """
                SELECT \(Column.list), l.updated_at_us
                FROM conversation_labels AS l NOT INDEXED CROSS JOIN conversations AS c NOT INDEXED
                WHERE l.tenant = ?1 AND l.label = ?5 AND \(range) AND c.conversation = l.conversation
                    AND c.tenant = l.tenant AND c.conversation_id = l.conversation_id
                ORDER BY \(order)
                """)
        }
    }

    static let sql = Statements()

    /// A conversation of the list, in its row.
    struct Entry {
        fileprivate let row: Statement
        fileprivate let list: ConversationList

        /// The number that messages refer to it by; not read by ``Columns/conversation``.
        var key: Int64 { ConversationTable.key(in: row) }

        /// The preview of its last message; nil if that is missing, is not the head or has no text.
        func newestPreview(
            scalars: Int, _ roles: inout RoleTable, _ budget: inout ReadBudget
        ) throws -> MessagePreview? {
            if !row.isNull(Column.head.rawValue) { return nil }
            let role = Column.count
            let (createdAt, content, state) = (role + 1, role + 2, role + 3)
            let (text, bytes) = try row.start(content, scalars: scalars)
            if text.isEmpty { return nil }
            try budget.take(bytes: bytes)
            return MessagePreview(
                sequence: row.int64(Column.lastSequence.rawValue), role: try roles.role(row.int64(role)),
                createdAt: try row.timestamp(createdAt), text: text, state: try MessageTable.state(in: row, at: state))
        }

        /// What a deletion checks.
        func conversationToDelete(labels: Set<Label> = []) throws -> Conversation {
            try ConversationTable.conversationToDelete(
                ConversationID(row.text(Column.id.rawValue)), in: row, labels: labels)
        }

        /// Refuses a label's row with another time than its conversation: pages would leave out conversations in
        /// between.
        func expectPlace(of conversation: Conversation) throws {
            let listed = row.int64(Column.count)
            guard listed == conversation.updatedAt.microsecondsSinceEpoch else {
                throw ChatStorageError(.damaged, "a label's row has another time than its conversation")
            }
        }

        func labels() throws -> Set<Label> { try ConversationTable.labels(in: row) }

        /// The conversation.
        ///
        /// - Parameters:
        ///   - labels: Its labels, if they were read already.
        ///   - withMetadata: Whether its metadata is read, which may be long.
        ///   - budget: What may still be read.
        func conversation(
            labels: Set<Label>? = nil, withMetadata: Bool = true, _ budget: inout ReadBudget
        ) throws -> Conversation {
            let id = ConversationID(try row.text(Column.id.rawValue))
            if list.isLean || !ConversationTable.hasDetails(row) {
                return try ConversationTable.conversation(id, in: row)
            }
            return try ConversationTable.conversation(
                id, in: row, labels: labels ?? self.labels(),
                metadata: withMetadata
                    ? list.database.conversationTable.metadata(of: id, tenant: list.tenant, in: row, &budget)
                    : Metadata())
        }
    }

    /// What is read of each conversation.
    enum Columns {
        /// The columns of plain conversations; from the first conversation that is not plain, those of ``withKey``.
        case conversation
        case withKey
        /// The key and the last message.
        case withNewest
    }

    let database: Database
    let tenant: String
    /// The label that all have; nil for the whole list.
    var label: Label?
    /// The columns that are read; with a label, the key is among them.
    var columns = Columns.conversation
    /// How many conversations at most.
    let limit: Int

    /// Whether its rows have only the columns of plain conversations.
    private var isLean: Bool { label == nil && columns == .conversation }

    /// Goes through conversations in the order of the list, until the body returns false.
    ///
    /// First come those updated at the same time as the start, with a higher id, then the older ones. Each part is one
    /// range of an index.
    func walk(after start: (updatedAt: Timestamp, id: ConversationID)?, _ body: (Entry) throws -> Bool) throws {
        let (tied, older) =
            switch columns {
            case _ where label != nil: (Self.sql.tiedOfLabel, Self.sql.olderOfLabel)
            case .conversation: (Self.sql.tied, Self.sql.older)
            case .withKey: (Self.sql.tiedWithKey, Self.sql.olderWithKey)
            case .withNewest: (Self.sql.tiedWithNewest, Self.sql.olderWithNewest)
            }
        guard let start else {
            _ = try walk(older, .max, nil, body)
            return
        }
        let time = start.updatedAt.microsecondsSinceEpoch
        if try walk(tied, time, start.id, body) {
            _ = try walk(older, time, nil, body)
        }
    }

    /// Goes through one range.
    ///
    /// - Returns: Whether to go on with the next range: the body wants more, and that range was not walked already.
    private func walk(
        _ sql: SQL, _ time: Int64, _ id: ConversationID?, _ body: (Entry) throws -> Bool
    ) throws -> Bool {
        try database.run(sql) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(time, at: 2)
            try statement.bind(Int64(limit), at: 3)
            if let id { try statement.bind(id.rawValue, at: 4) }
            if let label { try statement.bind(label.rawValue, at: 5) }
            // It reads the statement's current row.
            let entry = Entry(row: statement, list: self)
            var left = limit
            while try statement.step() {
                left -= 1
                // The last row only shows that there is more, and is not read.
                if isLean, left > 0, ConversationTable.hasDetails(statement) {
                    try walkFully(from: statement, body)
                    return false
                }
                guard try body(entry) else { return false }
            }
            return true
        }
    }

    /// Goes on at a row with more than its statement reads.
    ///
    /// That statement stays open, so both see the same state.
    private func walkFully(from row: Statement, _ body: (Entry) throws -> Bool) throws {
        var list = self
        list.columns = .withKey
        let time = row.int64(Column.updatedAt.rawValue)
        let id = ConversationID(try row.text(Column.id.rawValue))
        if try list.walk(Self.sql.tiedOnward, time, id, body) {
            _ = try list.walk(Self.sql.olderWithKey, time, nil, body)
        }
    }
}
