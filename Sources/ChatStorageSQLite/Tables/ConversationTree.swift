import ChatStorageCore

/// How a conversation's messages follow each other: its head, the messages' parents, and the statements on them.
///
/// ?1 is the conversation's number. The statements name their index, like those of ``MessageTable``.
struct ConversationTree {
    struct Statements: Sendable {
        /// ?1 the tenant, ?2 the conversation's id.
        let find = SQL(
            """
            SELECT conversation, created_at_us, last_sequence, cleared_through, head, details FROM conversations
            WHERE tenant = ?1 AND conversation_id = ?2
            """)
        /// ?2 the head, ?3 whether it is branched.
        let setHead = SQL(
            """
            UPDATE conversations SET head = ?2, details = iif(?3, 1, \(ConversationTable.Statements.unbranchedDetails))
            WHERE conversation = ?1
            """)
        let newest = SQL(
            """
            SELECT max(sequence) FROM chat_messages INDEXED BY sqlite_autoindex_chat_messages_1 WHERE conversation = ?1
            """)
        /// ?2 a message.
        let predecessor = SQL(
            """
            SELECT parent, (
                SELECT max(sequence) FROM chat_messages INDEXED BY sqlite_autoindex_chat_messages_1
                WHERE conversation = ?1 AND sequence < ?2)
            FROM chat_messages INDEXED BY sqlite_autoindex_chat_messages_1 WHERE conversation = ?1 AND sequence = ?2
            """)
        /// ?2 a sequence.
        let before = SQL(
            """
            SELECT max(sequence) FROM chat_messages INDEXED BY sqlite_autoindex_chat_messages_1
            WHERE conversation = ?1 AND sequence < ?2
            """)
        /// ?2 a sequence.
        let after = SQL(
            """
            SELECT min(sequence) FROM chat_messages INDEXED BY sqlite_autoindex_chat_messages_1
            WHERE conversation = ?1 AND sequence > ?2
            """)
        let anyJump = SQL(
            """
            SELECT 1 FROM chat_messages INDEXED BY chat_messages_parent
            WHERE conversation = ?1 AND parent IS NOT NULL LIMIT 1
            """)
        /// ?2 a sequence.
        let jumpNotAfter = SQL(
            """
            SELECT sequence, parent FROM chat_messages INDEXED BY chat_messages_parent
            WHERE conversation = ?1 AND parent IS NOT NULL AND sequence <= ?2 ORDER BY sequence DESC LIMIT 1
            """)
        /// Each with its parent, the message before it, the parent again if that is stored, and the message after the
        /// parent.
        ///
        /// In any order: after an `ANALYZE` SQLite may choose not to follow the index.
        let jumps = SQL(
            """
            SELECT m.sequence, m.parent,
                (SELECT max(sequence) FROM chat_messages INDEXED BY sqlite_autoindex_chat_messages_1
                    WHERE conversation = ?1 AND sequence < m.sequence),
                (SELECT max(sequence) FROM chat_messages INDEXED BY sqlite_autoindex_chat_messages_1
                    WHERE conversation = ?1 AND sequence = m.parent),
                (SELECT min(sequence) FROM chat_messages INDEXED BY sqlite_autoindex_chat_messages_1
                    WHERE conversation = ?1 AND sequence > m.parent)
            FROM chat_messages AS m INDEXED BY chat_messages_parent
            WHERE m.conversation = ?1 AND m.parent IS NOT NULL
            """)
        /// ?2 the message, ?3 its parent.
        let setParent = SQL("UPDATE chat_messages SET parent = ?3 WHERE conversation = ?1 AND sequence = ?2")
        /// ?2 the first message, ?3 the last.
        let delete = SQL("DELETE FROM chat_messages WHERE conversation = ?1 AND sequence BETWEEN ?2 AND ?3")
    }

    static let sql = Statements()

    /// A message that does not follow the one before it.
    typealias Jump = (sequence: Int64, predecessor: Int64)

    let database: Database
    /// The number that messages refer to the conversation by.
    let conversation: Int64
    let version: ConversationVersion
    let isBranched: Bool

    /// The end of the current path, if that is not the newest message.
    var head: Int64? { version.head }

    /// Finds a conversation; nil if it does not exist.
    init?(of id: ConversationID, tenant: String, in database: Database) throws {
        let row = try database.run(Self.sql.find) { statement in
            try statement.bind(tenant, id)
            return try statement.onlyRow { row in
                let isBranched = row.int64(5) != 0
                let head = row.optionalInt64(4)
                guard head.map({ isBranched && $0 >= 0 }) ?? true else {
                    throw Self.damaged("a conversation's head is negative, or set though it has not branched")
                }
                let version = ConversationVersion(
                    createdAt: try row.timestamp(1), lastSequence: row.int64(2), clearedThrough: row.int64(3),
                    head: head)
                return (conversation: row.int64(0), version: version, isBranched: isBranched)
            }
        }
        guard let row else { return nil }
        self.database = database
        (conversation, version, isBranched) = row
    }

    // MARK: Messages

    /// The highest sequence of a message, 0 for none.
    func newest() throws -> Int64 {
        try number(Self.sql.newest) ?? 0
    }

    /// The highest sequence of a message below one, 0 for none.
    func message(before sequence: Int64) throws -> Int64 {
        try number(Self.sql.before, sequence) ?? 0
    }

    /// The lowest sequence of a message above one.
    func message(after sequence: Int64) throws -> Int64? {
        try number(Self.sql.after, sequence)
    }

    /// The message that a stored one follows, 0 for none; nil if it is not stored.
    func predecessor(of sequence: Int64) throws -> Int64? {
        try database.run(Self.sql.predecessor) { statement in
            try statement.bind(conversation, at: 1)
            try statement.bind(sequence, at: 2)
            return try statement.onlyRow { row in
                try row.optionalInt64(0).map { try Self.checked($0, of: sequence) } ?? row.int64(1)
            }
        }
    }

    func contains(_ sequence: Int64) throws -> Bool {
        try predecessor(of: sequence) != nil
    }

    /// The message that an append follows, 0 for none.
    ///
    /// - Throws: ``ChatStorageError`` with the code `messageNotFound` if the place is not there.
    func predecessor(at place: AppendPlace, newest: Int64) throws -> Int64 {
        if let sequence = place.predecessor, try sequence == 0 || contains(sequence) { return sequence }
        if let sequence = place.replaced, let predecessor = try predecessor(of: sequence) { return predecessor }
        guard place == .head else { throw Database.placeNotFound }
        guard let head, head > 0 else { return head ?? newest }
        guard try contains(head) else { throw Self.missingPredecessor }
        return head
    }

    // MARK: Jumps

    /// Whether a message does not follow the one before it.
    func hasJumps() throws -> Bool {
        try isBranched && number(Self.sql.anyJump) != nil
    }

    /// The last jump at or before a message.
    func jump(notAfter sequence: Int64) throws -> Jump? {
        try database.run(Self.sql.jumpNotAfter) { statement in
            try statement.bind(conversation, at: 1)
            try statement.bind(sequence, at: 2)
            return try statement.onlyRow { row in
                (row.int64(0), try Self.checked(row.int64(1), of: row.int64(0)))
            }
        }
    }

    /// All jumps, lowest sequence first.
    func jumps(_ budget: inout ReadBudget) throws -> [MessageTree.Jump] {
        guard isBranched else { return [] }
        let jumps = try database.run(Self.sql.jumps) { statement in
            try statement.bind(conversation, at: 1)
            return try statement.rows { row in
                try budget.takeRow()
                let predecessor = try Self.checked(row.int64(1), of: row.int64(0))
                guard predecessor == 0 || !row.isNull(3) else { throw Self.missingPredecessor }
                return MessageTree.Jump(
                    sequence: row.int64(0), predecessor: predecessor, before: row.int64(2),
                    afterPredecessor: row.int64(4))
            }
        }
        return jumps.sorted { $0.sequence < $1.sequence }
    }

    /// The whole tree, in the caller's snapshot.
    func messageTree(_ budget: inout ReadBudget) throws -> MessageTree {
        MessageTree(try jumps(&budget), newest: try newest())
    }

    /// Refuses a parent that would make a path go in circles.
    static func checked(_ parent: Int64, of sequence: Int64) throws -> Int64 {
        guard parent >= 0, parent < sequence else {
            throw damaged("a stored message follows one that is not before it")
        }
        return parent
    }

    static var missingPredecessor: ChatStorageError {
        damaged("a stored message follows, or a head names, a message that is not there")
    }

    static func damaged(_ problem: String) -> ChatStorageError { ChatStorageError(.damaged, problem) }

    // MARK: Writing

    /// Sets the head, and whether the conversation has branched.
    ///
    /// - Parameter sequence: The end of the current path; 0 for none.
    /// - Returns: The head as it is stored, and whether the conversation has branched.
    @discardableResult
    func setHead(_ sequence: Int64) throws -> (head: Int64?, isBranched: Bool) {
        let head = sequence == (try newest()) ? nil : sequence
        let isBranched = try head != nil || number(Self.sql.anyJump) != nil
        guard head != self.head || isBranched != self.isBranched else { return (head, isBranched) }
        try database.run(Self.sql.setHead) { statement in
            try statement.bind(conversation, at: 1)
            try statement.bind(head, at: 2)
            try statement.bind(isBranched ? 1 : 0, at: 3)
            _ = try statement.step()
        }
        guard database.changedRows == 1 else { throw Database.rowIgnored }
        return (head, isBranched)
    }

    /// Sets the message that a stored one follows.
    func setPredecessor(_ predecessor: Int64, of sequence: Int64) throws {
        let before = try message(before: sequence)
        try database.run(Self.sql.setParent) { statement in
            try statement.bind(conversation, at: 1)
            try statement.bind(sequence, at: 2)
            try statement.bind(predecessor == before ? nil : predecessor, at: 3)
            _ = try statement.step()
        }
        guard database.changedRows == 1 else { throw Database.rowIgnored }
    }

    /// Deletes the messages of a range of sequences, and returns how many.
    func delete(_ range: ClosedRange<Int64>) throws -> Int {
        try database.run(Self.sql.delete) { statement in
            try statement.bind(conversation, at: 1)
            try statement.bind(range.lowerBound, at: 2)
            try statement.bind(range.upperBound, at: 3)
            _ = try statement.step()
        }
        let count = database.changedRows
        if let left = try message(after: range.lowerBound - 1), range.contains(left) { throw Database.rowIgnored }
        return count
    }

    private func number(_ sql: SQL, _ sequence: Int64? = nil) throws -> Int64? {
        try database.run(sql) { statement in
            try statement.bind(conversation, at: 1)
            if let sequence { try statement.bind(sequence, at: 2) }
            return try statement.onlyRow { $0.optionalInt64(0) } ?? nil
        }
    }
}
