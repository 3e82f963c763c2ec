import ChatStorageCore

/// The table of messages: its columns in the order in which statements name them, and what runs on it.
///
/// A write knows the number of its conversation. A read finds it in the same statement, so it never returns messages
/// without a conversation; ?1 is then the tenant and ?2 the conversation's id. The statements name their index: after
/// an `ANALYZE` of mostly small conversations SQLite may choose another, and read all of a large one. CROSS JOIN keeps
/// the order of the tables (<https://www.sqlite.org/optoverview.html#crossjoin>).
struct MessageTable {
    /// What a message is made of, beside its conversation; first what every message has.
    private enum Column: Int32, CaseIterable {
        case sequence, role, createdAt, content
        case key

        static let lean: [Column] = [.sequence, .role, .createdAt, .content]

        /// Whether a message has nothing but what ``lean`` takes.
        static func isLean(_ message: ChatMessage) -> Bool { message.key == nil }

        var name: SQLText {
            switch self {
            case .sequence: "sequence"
            case .role: "role"
            case .createdAt: "created_at_us"
            case .content: "content"
            case .key: "message_key"
            }
        }

        /// Its number in the INSERT of a message.
        var parameter: Int32 { rawValue + 2 }

        static let read = SQLText(list: allCases.map { "m.\($0.name)" })

        static func insert(_ columns: [Column]) -> SQL {
            SQL(
                """
                INSERT INTO chat_messages (conversation, \(SQLText(list: columns.map(\.name))))
                VALUES (?1, \(SQLText(list: columns.map { "?\($0.parameter)" })))
                """)
        }
    }

    struct Statements: Sendable {
        /// For a message without a key; it names no column that such a message lacks.
        let insertLean = Column.insert(Column.lean)
        let insertFull = Column.insert(Column.allCases)
        /// ?3 the sequence, ?4 how many.
        let before = SQL(
            """
            SELECT \(Column.read)
            FROM conversations AS c CROSS JOIN chat_messages AS m INDEXED BY sqlite_autoindex_chat_messages_1
            WHERE c.tenant = ?1 AND c.conversation_id = ?2 AND m.conversation = c.conversation AND m.sequence < ?3
            ORDER BY m.sequence DESC LIMIT ?4
            """)
        let after = SQL(
            """
            SELECT \(Column.read)
            FROM conversations AS c CROSS JOIN chat_messages AS m INDEXED BY sqlite_autoindex_chat_messages_1
            WHERE c.tenant = ?1 AND c.conversation_id = ?2 AND m.conversation = c.conversation AND m.sequence > ?3
            ORDER BY m.sequence LIMIT ?4
            """)
        /// ?3 the key.
        let ofKey = SQL(
            """
            SELECT \(Column.read)
            FROM conversations AS c CROSS JOIN chat_messages AS m INDEXED BY chat_messages_key
            WHERE c.tenant = ?1 AND c.conversation_id = ?2 AND m.conversation = c.conversation AND m.message_key = ?3
            """)
        /// ?1 the conversation's number.
        let any = SQL("SELECT 1 FROM chat_messages WHERE conversation = ?1 LIMIT 1")
        /// ?1 the conversation's number, ?2 the sequence.
        let isTaken = SQL("SELECT 1 FROM chat_messages WHERE conversation = ?1 AND sequence = ?2")
        /// ?1 the conversation's number.
        let delete = SQL("DELETE FROM chat_messages WHERE conversation = ?1")
    }

    static let sql = Statements()

    let database: Database

    /// Stores a message in the conversation of a number.
    func insert(_ message: Message, in conversation: Int64) throws {
        do {
            try database.run(Column.isLean(message.body) ? Self.sql.insertLean : Self.sql.insertFull) { statement in
                try statement.bind(conversation, at: 1)
                try statement.bind(message.sequence, at: Column.sequence.parameter)
                try statement.bind(RoleTable.number(of: message.role), at: Column.role.parameter)
                try statement.bind(message.createdAt, at: Column.createdAt.parameter)
                try statement.bind(message.content, at: Column.content.parameter)
                if let key = message.key { try statement.bind(key, at: Column.key.parameter) }
                _ = try statement.step()
            }
        } catch let failure as SQLiteFailure where failure.isBrokenKey {
            // The library's own key, or the key of a table that a user's trigger writes to.
            guard try isTaken(message.sequence, in: conversation) else { throw failure }
            throw ChatStorageError(
                .damaged, "a conversation's last sequence is below its messages'", cause: failure.error.cause)
        }
    }

    /// Reads the messages before a sequence, highest first.
    func before(_ sequence: Int64, tenant: String, of id: ConversationID, limit: Int) throws -> [Message] {
        try page(Self.sql.before, sequence, tenant: tenant, of: id, limit: limit)
    }

    /// Reads the messages after a sequence, lowest first.
    func after(_ sequence: Int64, tenant: String, of id: ConversationID, limit: Int) throws -> [Message] {
        try page(Self.sql.after, sequence, tenant: tenant, of: id, limit: limit)
    }

    /// Reads the message that has a key.
    func ofKey(_ key: String, tenant: String, of id: ConversationID) throws -> Message? {
        try database.run(Self.sql.ofKey) { statement in
            try statement.bind(tenant, id)
            try statement.bind(key, at: 3)
            return try statement.step() ? message(in: statement, of: id) : nil
        }
    }

    /// Whether messages have the number of a conversation, which may be there or not.
    func hasAny(of conversation: Int64) throws -> Bool {
        try database.run(Self.sql.any) { statement in
            try statement.bind(conversation, at: 1)
            return try statement.step()
        }
    }

    /// Deletes the messages that have the number of a conversation, and returns how many.
    func delete(of conversation: Int64) throws -> Int {
        try database.run(Self.sql.delete) { statement in
            try statement.bind(conversation, at: 1)
            _ = try statement.step()
        }
        return database.changedRows
    }

    private func isTaken(_ sequence: Int64, in conversation: Int64) throws -> Bool {
        try database.run(Self.sql.isTaken) { statement in
            try statement.bind(conversation, at: 1)
            try statement.bind(sequence, at: 2)
            return try statement.step()
        }
    }

    private func page(
        _ sql: SQL, _ sequence: Int64, tenant: String, of id: ConversationID, limit: Int
    ) throws -> [Message] {
        try database.run(sql) { statement in
            try statement.bind(tenant, id)
            try statement.bind(sequence, at: 3)
            try statement.bind(Int64(limit), at: 4)
            var messages: [Message] = []
            messages.reserveCapacity(min(limit, 32))
            var bytes = 0
            while try statement.step() {
                let message = try message(in: statement, of: id)
                messages.append(message)
                bytes += message.content.utf8.count
                guard bytes <= database.textBudget else { throw TextBudgetExceeded() }
            }
            return messages
        }
    }

    private func message(in row: Statement, of id: ConversationID) throws -> Message {
        let body = ChatMessage(
            role: try RoleTable.role(row.int64(Column.role.rawValue), in: database),
            content: try row.text(Column.content.rawValue), key: try row.optionalText(Column.key.rawValue))
        let message = Message(
            conversationID: id, sequence: row.int64(Column.sequence.rawValue), body: body,
            createdAt: try row.timestamp(Column.createdAt.rawValue))
        guard message.sequence >= 1 else {
            throw ChatStorageError(.damaged, "a stored message's sequence is not positive")
        }
        return message
    }
}

extension Database {
    var messageTable: MessageTable { MessageTable(database: self) }
}
