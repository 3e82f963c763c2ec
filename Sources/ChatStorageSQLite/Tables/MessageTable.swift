import ChatStorageCore

/// The table of messages: its columns, in the order in which statements name them, and its statements.
///
/// A write knows the number of its conversation. A read finds it in the same statement, so it never returns messages
/// without a conversation; ?1 is then the tenant and ?2 the conversation's id. The statements name their index: after
/// an `ANALYZE` of mostly small conversations SQLite may choose another, and read all of a large one. CROSS JOIN keeps
/// the order of the tables (<https://www.sqlite.org/optoverview.html#crossjoin>).
struct MessageTable {
    /// A message's columns except its conversation; those that every message has come first.
    ///
    /// A message without a revision has no parts, metadata, state or revision time. Short statements do not read these
    /// columns; if there is a revision, a statement with all columns reads the row again.
    private enum Column: Int32, CaseIterable {
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

    /// Reads a page of a conversation that has not branched, or of all branches.
    ///
    /// - Returns: The messages in the order of the query's direction; nil if there are none, or the conversation has
    ///   branched and the query is not of all branches.
    func page(_ query: MessageQuery, tenant: String) throws -> [Message]? {
        let isForward = query.position.lowerBound != nil
        let isOfAll = query.path == .all
        let sql =
            isOfAll
            ? isForward ? Self.sql.afterOfAll : Self.sql.beforeOfAll
            : isForward ? Self.sql.after : Self.sql.before
        // No sequence is as high as Int64.max: restoring stops at 2⁵³ - 1.
        let bound = query.position.lowerBound ?? query.position.upperBound ?? .max
        let takesAll = query.states == .all
        return try database.run(sql) { statement in
            try statement.bind(tenant, query.conversationID)
            try statement.bind(bound, at: 3)
            try statement.bind(takesAll ? Int64(query.limit) : .max, at: 4)
            guard try statement.step() else { return nil }
            var page = MessagePageRows(query, self, hasBranches: isOfAll)
            repeat {
                if !isOfAll, Self.hasMore(statement) {
                    try readFully(&page, from: Self.sequence(in: statement), query, tenant: tenant)
                    break
                }
                guard try isOfAll ? page.take(statement) : page.takePlain(statement) else { break }
            } while try statement.step()
            return page.messages
        }
    }

    /// Goes on with a page at a message with more than its statement reads.
    ///
    /// That statement stays open, so both see the same state.
    private func readFully(
        _ page: inout MessagePageRows, from sequence: Int64, _ query: MessageQuery, tenant: String
    ) throws {
        let isForward = query.position.lowerBound != nil
        try database.run(isForward ? Self.sql.afterOfAll : Self.sql.beforeOfAll) { statement in
            try statement.bind(tenant, query.conversationID)
            try statement.bind(isForward ? sequence - 1 : sequence + 1, at: 3)
            try statement.bind(Int64.max, at: 4)
            while try statement.step() {
                guard try page.take(statement) else { break }
            }
        }
    }

    /// Whether the conversation does not exist, or has not branched and has no message on a page.
    func isEmptyRow(_ query: MessageQuery, tenant: String) throws -> Bool {
        try database.run(Self.sql.bounds) { statement in
            try statement.bind(tenant, query.conversationID)
            guard try statement.step() else { return true }
            guard statement.int64(0) == 0 else { return false }
            guard let first = statement.optionalInt64(1) else { return true }
            if let start = query.position.lowerBound { return statement.int64(2) <= start }
            return query.position.upperBound.map { $0 <= first } ?? false
        }
    }

    /// Walks from a message back along its predecessors, until the body returns false.
    ///
    /// - Parameter end: The first of them; 0 for none.
    func walk(from end: Int64, in conversation: Int64, _ body: (Statement) throws -> Bool) throws {
        var next = end
        while next > 0 {
            next = try database.run(Self.sql.down) { row in
                try row.bind(conversation, at: 1)
                try row.bind(next, at: 2)
                guard try row.step(), row.int64(Column.sequence.rawValue) == next else {
                    throw ConversationTree.missingPredecessor
                }
                repeat {
                    guard try body(row) else { return 0 }
                    if let parent = try Self.predecessor(in: row) { return parent }
                } while try row.step()
                return 0
            }
        }
    }

    /// Walks the messages after one, up to and including another, lowest first, until the body returns false.
    ///
    /// - Returns: Whether the body wants more.
    func walk(
        after start: Int64, through end: Int64, in conversation: Int64, _ body: (Statement) throws -> Bool
    ) throws -> Bool {
        try database.run(Self.sql.up) { row in
            try row.bind(conversation, at: 1)
            try row.bind(start, at: 2)
            try row.bind(end, at: 3)
            while try row.step() {
                guard try body(row) else { return false }
            }
            return true
        }
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

    /// Reads the preview of the newest message with a text among the last ones of the current path.
    ///
    /// - Parameters:
    ///   - conversation: The conversation.
    ///   - key: Its number.
    ///   - scalars: How many Unicode scalars at most.
    func preview(
        of conversation: Conversation, _ key: Int64, scalars: Int, _ budget: inout ReadBudget
    ) throws -> MessagePreview? {
        var left = MessagePreview.messages
        var preview: MessagePreview?
        if conversation.isBranched {
            let end = try conversation.head ?? newest(of: key)
            try walk(from: end, in: key) { row in
                left -= 1
                preview = try self.preview(in: row, state: Column.state.rawValue, scalars: scalars, &budget)
                return preview == nil && left > 0
            }
            return preview
        }
        try database.run(Self.sql.newest) { statement in
            try statement.bind(key, at: 1)
            try statement.bind(Int64(left), at: 2)
            while preview == nil, try statement.step() {
                preview = try self.preview(in: statement, state: Int32(Column.lean.count), scalars: scalars, &budget)
            }
        }
        return preview
    }

    /// The preview of a row's message; nil if it has no text.
    private func preview(
        in row: Statement, state: Int32, scalars: Int, _ budget: inout ReadBudget
    ) throws -> MessagePreview? {
        let (text, bytes) = try row.start(Column.content.rawValue, scalars: scalars)
        if text.isEmpty { return nil }
        try budget.take(bytes: bytes)
        var roles = RoleTable(database)
        return MessagePreview(
            sequence: row.int64(Column.sequence.rawValue), role: try roles.role(row.int64(Column.role.rawValue)),
            createdAt: try row.timestamp(Column.createdAt.rawValue), text: text,
            state: try Self.state(in: row, at: state))
    }

    private func newest(of conversation: Int64) throws -> Int64 {
        try database.run(ConversationTree.sql.newest) { statement in
            try statement.bind(conversation, at: 1)
            return try statement.onlyRow { $0.int64(0) } ?? 0
        }
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

    // MARK: Rows

    static func stored(_ state: MessageState) -> String? { state == .complete ? nil : state.rawValue }

    /// The revision as it is stored; it also says whether the row has more than a text.
    private static func revision(of message: Message) -> Int64? {
        message.revision == 0 && message.body.isPlain ? nil : message.revision
    }

    /// Whether a row has more than what plain messages have.
    private static func hasMore(_ row: Statement) -> Bool { !row.isNull(Column.revision.rawValue) }

    static func state(in row: Statement, at column: Int32) throws -> MessageState {
        if row.isNull(column) { return .complete }
        guard let state = MessageState(rawValue: try row.text(column)) else {
            throw ChatStorageError(.damaged, "a stored message has an unknown state")
        }
        return state
    }

    static func sequence(in row: Statement) -> Int64 { row.int64(Column.sequence.rawValue) }

    static func state(in row: Statement) throws -> MessageState {
        try state(in: row, at: Column.state.rawValue)
    }

    /// The message that a row's message follows, 0 for none; nil if that is the one before it.
    static func predecessor(in row: Statement) throws -> Int64? {
        guard let parent = row.optionalInt64(Column.parent.rawValue) else { return nil }
        return try ConversationTree.checked(parent, of: row.int64(Column.sequence.rawValue))
    }

    /// How the writing of a row's message went; nil if it was appended whole.
    private static func writing(in row: Statement) throws -> MessageWriting? {
        if !hasMore(row) { return nil }
        let revision = row.int64(Column.revision.rawValue)
        let isRevised = !row.isNull(Column.revisedAt.rawValue)
        if revision == 0, !isRevised, row.isNull(Column.state.rawValue) { return nil }
        guard revision >= 1 else {
            throw ChatStorageError(.damaged, "a stored answer under way has no revision")
        }
        return MessageWriting(
            state: try state(in: row), revision: revision,
            revisedAt: isRevised ? try row.timestamp(Column.revisedAt.rawValue) : nil)
    }

    /// The message of a row without a revision.
    func plainMessage(
        in row: Statement, of id: ConversationID, _ roles: inout RoleTable, _ budget: inout ReadBudget
    ) throws -> Message {
        // Checked first, since values kept during the check would be copied.
        let sequence = row.int64(Column.sequence.rawValue)
        guard sequence >= 1 else { throw Self.impossibleSequence }
        let content = try row.text(Column.content.rawValue)
        try budget.take(bytes: content.utf8.count)
        return Message(
            ordinary: id, sequence: sequence,
            body: ChatMessage(
                role: try roles.role(row.int64(Column.role.rawValue)), content: content,
                key: try row.rareText(Column.key.rawValue)),
            createdAt: try row.timestamp(Column.createdAt.rawValue))
    }

    /// The message of a row.
    ///
    /// - Parameter hasBranches: Whether the row says which message it follows.
    func message(
        in row: Statement, of id: ConversationID, hasBranches: Bool = true, _ roles: inout RoleTable,
        _ budget: inout ReadBudget
    ) throws -> Message {
        let role = try roles.role(row.int64(Column.role.rawValue))
        let content = try row.text(Column.content.rawValue)
        let key = try row.rareText(Column.key.rawValue)
        let parts = try row.rareText(Column.parts.rawValue)
        let metadata = try row.rareText(Column.metadata.rawValue)
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
            createdAt: try row.timestamp(Column.createdAt.rawValue),
            predecessor: hasBranches ? try Self.predecessor(in: row) : nil,
            writing: try Self.writing(in: row))
        guard message.sequence >= 1 else { throw Self.impossibleSequence }
        return message
    }

    private static var impossibleSequence: ChatStorageError {
        ChatStorageError(.damaged, "a stored message's sequence is not positive")
    }
}

extension Database {
    var messageTable: MessageTable { MessageTable(database: self) }
}
