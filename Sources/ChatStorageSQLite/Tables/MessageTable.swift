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
        case key, parts, metadata

        static let lean: [Column] = [.sequence, .role, .createdAt, .content]

        /// Whether a message has nothing but what ``lean`` takes.
        static func isLean(_ message: ChatMessage) -> Bool { message.key == nil && message.isPlain }

        var name: SQLText {
            switch self {
            case .sequence: "sequence"
            case .role: "role"
            case .createdAt: "created_at_us"
            case .content: "content"
            case .key: "message_key"
            case .parts: "parts"
            case .metadata: "metadata"
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
        /// For a message of a text without a key; it names no column that such a message lacks.
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
        /// ?3 the sequence.
        let ofSequence = SQL(
            """
            SELECT \(Column.read)
            FROM conversations AS c CROSS JOIN chat_messages AS m INDEXED BY sqlite_autoindex_chat_messages_1
            WHERE c.tenant = ?1 AND c.conversation_id = ?2 AND m.conversation = c.conversation AND m.sequence = ?3
            """)
        /// ?3 the sequence, ?4 the metadata.
        let updateMetadata = SQL(
            """
            UPDATE chat_messages SET metadata = ?4
            WHERE sequence = ?3 AND conversation = (
                SELECT conversation FROM conversations WHERE tenant = ?1 AND conversation_id = ?2)
            """)
        /// ?1 the conversation's number, ?2 how many.
        let newest = SQL(
            """
            SELECT sequence, role, created_at_us, content
            FROM chat_messages INDEXED BY sqlite_autoindex_chat_messages_1
            WHERE conversation = ?1 ORDER BY sequence DESC LIMIT ?2
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
            let isLean = Column.isLean(message.body)
            guard let role = try RoleTable(database).number(of: message.role) else {
                // The store took it when the connection was opened.
                throw ChatStorageError(.notPrepared, "the store no longer takes a message's role; call prepare()")
            }
            try database.run(isLean ? Self.sql.insertLean : Self.sql.insertFull) { statement in
                try statement.bind(conversation, at: 1)
                try statement.bind(message.sequence, at: Column.sequence.parameter)
                try statement.bind(role, at: Column.role.parameter)
                try statement.bind(message.createdAt, at: Column.createdAt.parameter)
                try statement.bind(message.content, at: Column.content.parameter)
                if !isLean {
                    try statement.bind(message.key, at: Column.key.parameter)
                    try statement.bind(MessageJSON.stored(message.body), at: Column.parts.parameter)
                    try statement.bind(StoredJSON.text(of: message.metadata), at: Column.metadata.parameter)
                }
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
    func ofKey(
        _ key: String, tenant: String, of id: ConversationID, _ budget: inout ReadBudget
    ) throws -> Message? {
        try database.run(Self.sql.ofKey) { statement in
            try statement.bind(key, at: 3)
            return try only(statement, tenant: tenant, of: id, &budget)
        }
    }

    /// Reads the message that has a sequence.
    func ofSequence(
        _ sequence: Int64, tenant: String, of id: ConversationID, _ budget: inout ReadBudget
    ) throws -> Message? {
        try database.run(Self.sql.ofSequence) { statement in
            try statement.bind(sequence, at: 3)
            return try only(statement, tenant: tenant, of: id, &budget)
        }
    }

    private func only(
        _ statement: Statement, tenant: String, of id: ConversationID, _ budget: inout ReadBudget
    ) throws -> Message? {
        try statement.bind(tenant, id)
        var roles = RoleTable(database)
        return try statement.step() ? message(in: statement, of: id, &roles, &budget) : nil
    }

    /// Writes what the app keeps beside a message.
    ///
    /// - Returns: Whether the row was written.
    func updateMetadata(_ metadata: Metadata, of message: Message, tenant: String) throws -> Bool {
        try database.run(Self.sql.updateMetadata) { statement in
            try statement.bind(tenant, message.conversationID)
            try statement.bind(message.sequence, at: 3)
            try statement.bind(StoredJSON.text(of: metadata), at: 4)
            _ = try statement.step()
        }
        return database.changedRows == 1
    }

    /// Reads the preview of the newest of the last messages that says something.
    ///
    /// - Parameters:
    ///   - conversation: The conversation's number.
    ///   - scalars: How many Unicode scalars at most.
    func preview(of conversation: Int64, scalars: Int, _ budget: inout ReadBudget) throws -> MessagePreview? {
        try database.run(Self.sql.newest) { statement in
            try statement.bind(conversation, at: 1)
            try statement.bind(Int64(MessagePreview.messages), at: 2)
            while try statement.step() {
                let (text, bytes) = try statement.start(Column.content.rawValue, scalars: scalars)
                if text.isEmpty { continue }
                try budget.take(bytes: bytes)
                var roles = RoleTable(database)
                return MessagePreview(
                    sequence: statement.int64(Column.sequence.rawValue),
                    role: try roles.role(statement.int64(Column.role.rawValue)),
                    createdAt: try statement.timestamp(Column.createdAt.rawValue), text: text)
            }
            return nil
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
            var budget = database.readBudget
            var roles = RoleTable(database)
            while try statement.step() {
                messages.append(try message(in: statement, of: id, &roles, &budget))
            }
            return messages
        }
    }

    private func message(
        in row: Statement, of id: ConversationID, _ roles: inout RoleTable, _ budget: inout ReadBudget
    ) throws -> Message {
        let role = try roles.role(row.int64(Column.role.rawValue))
        let content = try row.text(Column.content.rawValue)
        let key = try row.optionalText(Column.key.rawValue)
        let parts = try row.optionalText(Column.parts.rawValue)
        let metadata = try row.optionalText(Column.metadata.rawValue)
        let body: ChatMessage
        if parts == nil, metadata == nil {
            body = ChatMessage(role: role, content: content, key: key)
            try budget.take(bytes: content.utf8.count)
        } else {
            try budget.take(
                bytes: content.utf8.count + (parts?.utf8.count ?? 0) + (metadata?.utf8.count ?? 0))
            body = try MessageJSON.message(role: role, content: content, parts: parts, metadata: metadata, key: key)
        }
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
