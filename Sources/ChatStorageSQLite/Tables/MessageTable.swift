import ChatStorageCore

/// The table of messages: its columns, in the order in which statements name them, and its statements.
///
/// An INSERT gets the number of its conversation. Unless a comment says otherwise, the other statements find it
/// themselves, so they never meet messages without a conversation; ?1 is then the tenant and ?2 the conversation's id.
/// The statements name their index: after an `ANALYZE` of mostly small conversations SQLite may choose another, and
/// read all of a large one. CROSS JOIN keeps the order of the tables
/// (<https://www.sqlite.org/optoverview.html#crossjoin>).
struct MessageTable {
    /// A message's columns except its conversation, beginning with those that every message has.
    ///
    /// A message without a revision has no parts, metadata, state or revision time. Short statements do not read these
    /// columns; if there is a revision, a statement with all columns reads the row again.
    enum Column: Int32, CaseIterable {
        case sequence, role, createdAt, content
        case key, revision
        case parts, metadata, state, revisedAt, parent

        static let lean: [Column] = [.sequence, .role, .createdAt, .content]

        /// Whether a message has nothing but what ``lean`` takes.
        static func isLean(_ message: Message) -> Bool {
            message.isOrdinary && message.body.key == nil && message.body.isPlain
        }

        var name: SQLText {
            switch self {
            case .sequence: "sequence"
            case .role: "role"
            case .createdAt: "created_at_us"
            case .content: "content"
            case .key: "message_key"
            case .parts: "parts"
            case .metadata: "metadata"
            case .parent: "parent"
            case .state: "state"
            case .revision: "revision"
            case .revisedAt: "revised_at_us"
            }
        }

        /// Its number in the INSERT of a message.
        var parameter: Int32 { rawValue + 2 }

        static let read = SQLText(list: allCases.map { "m.\($0.name)" })
        static let readPlain = SQLText(
            list: allCases.filter { $0.rawValue <= revision.rawValue }.map { "m.\($0.name)" })

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
        /// Of a conversation that has not branched, with the columns of plain messages; ?3 the sequence, ?4 how many.
        let before = Self.page(
            Column.readPlain, "AND m.sequence < ?3 AND coalesce(c.details, 0) = 0", "m.sequence DESC")
        let after = Self.page(Column.readPlain, "AND m.sequence > ?3 AND coalesce(c.details, 0) = 0", "m.sequence")
        /// Of all branches.
        let beforeOfAll = Self.page(Column.read, "AND m.sequence < ?3", "m.sequence DESC")
        let afterOfAll = Self.page(Column.read, "AND m.sequence > ?3", "m.sequence")
        private static func page(_ columns: SQLText, _ range: SQLText, _ order: SQLText) -> SQL {
            SQL(
                """
                SELECT \(columns)
                FROM conversations AS c CROSS JOIN chat_messages AS m INDEXED BY sqlite_autoindex_chat_messages_1
                WHERE c.tenant = ?1 AND c.conversation_id = ?2 AND m.conversation = c.conversation \(range)
                ORDER BY \(order) LIMIT ?4
                """)
        }
        /// Where the messages of a conversation that has not branched begin and end.
        let bounds = SQL(
            """
            SELECT coalesce(c.details, 0), (
                    SELECT min(sequence) FROM chat_messages INDEXED BY sqlite_autoindex_chat_messages_1
                    WHERE conversation = c.conversation), (
                    SELECT max(sequence) FROM chat_messages INDEXED BY sqlite_autoindex_chat_messages_1
                    WHERE conversation = c.conversation)
            FROM conversations AS c WHERE c.tenant = ?1 AND c.conversation_id = ?2
            """)
        /// ?1 the conversation's number, ?2 the sequence.
        let down = SQL(
            """
            SELECT \(Column.read) FROM chat_messages AS m INDEXED BY sqlite_autoindex_chat_messages_1
            WHERE m.conversation = ?1 AND m.sequence <= ?2 ORDER BY m.sequence DESC
            """)
        /// ?1 the conversation's number, ?2 the sequence after which it begins, ?3 the last one.
        let up = SQL(
            """
            SELECT \(Column.read) FROM chat_messages AS m INDEXED BY sqlite_autoindex_chat_messages_1
            WHERE m.conversation = ?1 AND m.sequence > ?2 AND m.sequence <= ?3 ORDER BY m.sequence
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
        /// ?3 the sequence, ?4 the metadata, ?5 the revision.
        let updateMetadata = Self.update("metadata = ?4, revision = ?5")
        /// Of an answer under way, which stays one: it names no column that an index has.
        ///
        /// ?6 the revision's time, ?7 the content, ?8 the parts.
        let write = Self.update("metadata = ?4, revision = ?5, revised_at_us = ?6, content = ?7, parts = ?8")
        /// ?9 the state.
        let writeEnd = Self.update(
            "metadata = ?4, revision = ?5, revised_at_us = ?6, content = ?7, parts = ?8, state = ?9")
        private static func update(_ columns: SQLText) -> SQL {
            SQL(
                """
                UPDATE chat_messages SET \(columns)
                WHERE sequence = ?3 AND conversation = (
                    SELECT conversation FROM conversations WHERE tenant = ?1 AND conversation_id = ?2)
                """)
        }
        /// ?1 the conversation's number, ?2 how many.
        let newest = SQL(
            """
            SELECT sequence, role, created_at_us, content, state
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
            let isLean = Column.isLean(message)
            guard let role = try RoleTable(database).number(of: message.role) else {
                // The store took the role when the connection was opened.
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
                    try statement.bind(Self.revision(of: message), at: Column.revision.parameter)
                }
                if !message.isOrdinary {
                    let writing = message.writing
                    try statement.bind(message.predecessor, at: Column.parent.parameter)
                    try statement.bind(Self.stored(writing.state), at: Column.state.parameter)
                    try statement.bind(
                        writing.revisedAt?.microsecondsSinceEpoch, at: Column.revisedAt.parameter)
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

    /// Writes a message that a revision has changed; nothing else of its conversation is touched.
    ///
    /// - Parameters:
    ///   - message: The message after the change.
    ///   - revision: What has changed it.
    /// - Returns: Whether the row was written.
    func update(_ message: Message, by revision: MessageRevision, tenant: String) throws -> Bool {
        let isWriter = revision.base != nil
        let ends = message.state != .streaming
        let sql = isWriter ? ends ? Self.sql.writeEnd : Self.sql.write : Self.sql.updateMetadata
        try database.run(sql) { statement in
            try statement.bind(tenant, message.conversationID)
            try statement.bind(message.sequence, at: 3)
            try statement.bind(StoredJSON.text(of: message.metadata), at: 4)
            try statement.bind(Self.revision(of: message), at: 5)
            if isWriter {
                try statement.bind(message.revisedAt?.microsecondsSinceEpoch, at: 6)
                try statement.bind(message.content, at: 7)
                try statement.bind(MessageJSON.stored(message.body), at: 8)
                if ends { try statement.bind(Self.stored(message.state), at: 9) }
            }
            _ = try statement.step()
        }
        return database.changedRows == 1
    }

    /// Whether any messages have a conversation's number, even if the conversation does not exist.
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
}

extension Database {
    var messageTable: MessageTable { MessageTable(database: self) }
}
