import ChatStorageCore

/// The table of conversations: its columns in the order in which statements name them, and what runs on it.
///
/// ?1 is the tenant and, unless a comment says otherwise, ?2 the conversation's id. The statements for pages name their
/// index: after an `ANALYZE` of mostly small tenants SQLite may choose another, and read all of a large one.
struct ConversationTable {
    /// What a conversation is made of, beside its tenant.
    private enum Column: Int32, CaseIterable {
        case title, createdAt, updatedAt, lastSequence
        /// The last one: statements whose caller knows it do not read it.
        case id

        var name: SQLText {
            switch self {
            case .id: "conversation_id"
            case .title: "title"
            case .createdAt: "created_at_us"
            case .updatedAt: "updated_at_us"
            case .lastSequence: "last_sequence"
            }
        }

        /// Its number in the INSERT of a conversation.
        var parameter: Int32 { self == .id ? 2 : rawValue + 3 }

        static let list = SQLText(list: allCases.map(\.name))
        static let listWithoutID = SQLText(list: allCases.filter { $0 != .id }.map(\.name))
        static let parameters = SQLText(list: allCases.map { "?\($0.parameter)" })
    }

    /// What an append needs to know of its conversation, as the write left it.
    struct Place {
        /// The number by which messages have their conversation.
        let key: Int64
        let createdAt: Timestamp
        let updatedAt: Timestamp
        let lastSequence: Int64

        var version: ConversationVersion { ConversationVersion(createdAt: createdAt, lastSequence: lastSequence) }

        fileprivate static let list: SQLText = "conversation, created_at_us, updated_at_us, last_sequence"

        fileprivate init(_ row: Statement) throws {
            key = row.int64(0)
            createdAt = try row.timestamp(1)
            updatedAt = try row.timestamp(2)
            lastSequence = row.int64(3)
        }
    }

    struct Statements: Sendable {
        let find = SQL("SELECT \(Column.listWithoutID) FROM conversations WHERE tenant = ?1 AND conversation_id = ?2")
        let insert = SQL(
            """
            INSERT INTO conversations (tenant, \(Column.list)) VALUES (?1, \(Column.parameters))
            ON CONFLICT (tenant, conversation_id) DO NOTHING
            """)
        /// ?3 the title, ?4 the time.
        let updateTitle = SQL(
            """
            UPDATE conversations SET title = ?3, updated_at_us = max(updated_at_us, ?4)
            WHERE tenant = ?1 AND conversation_id = ?2 RETURNING \(Column.listWithoutID)
            """)
        let delete = SQL("DELETE FROM conversations WHERE tenant = ?1 AND conversation_id = ?2 RETURNING conversation")
        /// ?3 the time.
        let clear = SQL(
            """
            UPDATE conversations SET cleared_through = last_sequence, updated_at_us = max(updated_at_us, ?3)
            WHERE tenant = ?1 AND conversation_id = ?2 RETURNING conversation
            """)
        /// ?3 how many messages, ?4 the time.
        let extend = SQL(
            """
            UPDATE conversations SET last_sequence = last_sequence + ?3, updated_at_us = max(updated_at_us, ?4)
            WHERE tenant = ?1 AND conversation_id = ?2 RETURNING \(Place.list)
            """)
        let createOrExtend = SQL(
            """
            INSERT INTO conversations (tenant, conversation_id, created_at_us, updated_at_us, last_sequence)
            VALUES (?1, ?2, ?4, ?4, ?3)
            ON CONFLICT (tenant, conversation_id) DO UPDATE
            SET last_sequence = last_sequence + excluded.last_sequence,
                updated_at_us = max(updated_at_us, excluded.updated_at_us)
            RETURNING \(Place.list)
            """)
        /// ?5 and ?6 the version: when the conversation was created, and its last sequence.
        let extendUnchanged = SQL(
            """
            UPDATE conversations SET last_sequence = last_sequence + ?3, updated_at_us = max(updated_at_us, ?4)
            WHERE tenant = ?1 AND conversation_id = ?2 AND created_at_us = ?5 AND last_sequence = ?6
            RETURNING \(Place.list)
            """)
        /// ?2 the time, ?3 the id after which they begin, ?4 how many.
        let tied = SQL(
            """
            SELECT \(Column.list) FROM conversations INDEXED BY conversations_recency
            WHERE tenant = ?1 AND updated_at_us = ?2 AND conversation_id > ?3 ORDER BY conversation_id LIMIT ?4
            """)
        /// ?2 the time, ?3 how many.
        let older = SQL(
            """
            SELECT \(Column.list) FROM conversations INDEXED BY conversations_recency
            WHERE tenant = ?1 AND updated_at_us < ?2 ORDER BY updated_at_us DESC, conversation_id LIMIT ?3
            """)
        let otherTenants = SQL("SELECT count(DISTINCT nullif(tenant, ?1)) FROM conversations")
    }

    static let sql = Statements()

    let database: Database

    func find(tenant: String, _ id: ConversationID) throws -> Conversation? {
        try database.run(Self.sql.find) { statement in
            try statement.bind(tenant, id)
            return try statement.step() ? conversation(id, in: statement) : nil
        }
    }

    /// Stores a new conversation.
    ///
    /// - Returns: Its key; nil if it is not stored, most often because there is one of its id.
    func insert(_ conversation: Conversation, tenant: String) throws -> Int64? {
        try database.run(Self.sql.insert) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(conversation.id.rawValue, at: Column.id.parameter)
            try statement.bind(conversation.title, at: Column.title.parameter)
            try statement.bind(conversation.createdAt, at: Column.createdAt.parameter)
            try statement.bind(conversation.updatedAt, at: Column.updatedAt.parameter)
            try statement.bind(conversation.lastSequence, at: Column.lastSequence.parameter)
            _ = try statement.step()
        }
        return database.changedRows > 0 ? database.insertedRow : nil
    }

    func updateTitle(tenant: String, of id: ConversationID, to title: String?, at time: Timestamp) throws
        -> Conversation?
    {
        try database.run(Self.sql.updateTitle) { statement in
            try statement.bind(tenant, id)
            try statement.bind(title, at: 3)
            try statement.bind(time, at: 4)
            return try statement.onlyRow { try conversation(id, in: $0) }
        }
    }

    /// Deletes a conversation, and by the tables' own rule its messages.
    ///
    /// - Returns: Its key; nil if nothing was deleted.
    func delete(tenant: String, _ id: ConversationID) throws -> Int64? {
        try database.run(Self.sql.delete) { statement in
            try statement.bind(tenant, id)
            return try statement.onlyRow { $0.int64(0) }
        }
    }

    /// Notes that a conversation's messages are removed.
    ///
    /// - Returns: Its key; nil if it does not exist.
    func clear(tenant: String, _ id: ConversationID, at time: Timestamp) throws -> Int64? {
        try database.run(Self.sql.clear) { statement in
            try statement.bind(tenant, id)
            try statement.bind(time, at: 3)
            return try statement.onlyRow { $0.int64(0) }
        }
    }

    /// Takes the next sequences of a conversation for an append, which may make the conversation.
    ///
    /// - Returns: The conversation as it is then; nil if it does not exist, or the condition is not met.
    func extend(tenant: String, by new: NewMessages, at time: Timestamp) throws -> Place? {
        let condition = new.condition
        let sql =
            if condition.createsConversation {
                Self.sql.createOrExtend
            } else {
                condition.expectedVersion == nil ? Self.sql.extend : Self.sql.extendUnchanged
            }
        return try database.run(sql) { statement in
            try statement.bind(tenant, new.conversationID)
            try statement.bind(Int64(new.messages.count), at: 3)
            try statement.bind(time, at: 4)
            if let version = condition.expectedVersion {
                try statement.bind(version.createdAt, at: 5)
                try statement.bind(version.lastSequence, at: 6)
            }
            return try statement.onlyRow(Place.init)
        }
    }

    /// Reads conversations that were updated at a time, by id.
    func tied(tenant: String, at time: Timestamp, after id: ConversationID, limit: Int) throws -> [Conversation] {
        try database.run(Self.sql.tied) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(time, at: 2)
            try statement.bind(id.rawValue, at: 3)
            try statement.bind(Int64(limit), at: 4)
            return try statement.rows(listed)
        }
    }

    /// Reads conversations that were updated before a time, newest first; nil is the end of time.
    func older(tenant: String, than time: Timestamp?, limit: Int) throws -> [Conversation] {
        try database.run(Self.sql.older) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(time?.microsecondsSinceEpoch ?? .max, at: 2)
            try statement.bind(Int64(limit), at: 3)
            return try statement.rows(listed)
        }
    }

    /// How many tenants have conversations, not counting one of them.
    func tenantCount(besides tenant: String) throws -> Int {
        try database.run(Self.sql.otherTenants) { statement in
            try statement.bind(tenant, at: 1)
            return try statement.step() ? Int(statement.int64(0)) : 0
        }
    }

    private func listed(in row: Statement) throws -> Conversation {
        try conversation(ConversationID(row.text(Column.id.rawValue)), in: row)
    }

    private func conversation(_ id: ConversationID, in row: Statement) throws -> Conversation {
        let conversation = Conversation(
            id: id, title: try row.optionalText(Column.title.rawValue),
            createdAt: try row.timestamp(Column.createdAt.rawValue),
            updatedAt: try row.timestamp(Column.updatedAt.rawValue),
            lastSequence: row.int64(Column.lastSequence.rawValue))
        guard conversation.lastSequence >= 0 else {
            throw ChatStorageError(.damaged, "a stored conversation's last sequence is negative")
        }
        return conversation
    }
}

extension Database {
    var conversationTable: ConversationTable { ConversationTable(database: self) }
}

extension Statement {
    /// Binds what names a conversation.
    func bind(_ tenant: String, _ id: ConversationID) throws {
        try bind(tenant, at: 1)
        try bind(id.rawValue, at: 2)
    }
}
