import ChatStorageCore

/// The table of conversations: its columns in the order in which statements name them, and what runs on it.
///
/// ?1 is the tenant and, unless a comment says otherwise, ?2 the conversation's id. ``ConversationList`` and
/// ``TenantList`` have the statements for pages.
struct ConversationTable {
    /// What a conversation is made of, beside its tenant.
    enum Column: Int32, CaseIterable {
        case title, createdAt, updatedAt, lastSequence, messageCount, clearedThrough, readThrough, head, labels,
            metadata
        /// Statements whose caller knows it read neither this nor the columns after it.
        case id
        /// The number that messages refer to their conversation by.
        case key
        /// Only written: the head, as it is read, says it too.
        case isBranched

        var name: SQLText {
            switch self {
            case .id: "conversation_id"
            case .title: "title"
            case .createdAt: "created_at_us"
            case .updatedAt: "updated_at_us"
            case .lastSequence: "last_sequence"
            case .messageCount: "message_count"
            case .clearedThrough: "cleared_through"
            case .readThrough: "read_through"
            case .head: "head"
            case .isBranched: "is_branched"
            case .labels: "labels"
            case .metadata: "metadata"
            case .key: "conversation"
            }
        }

        /// Its number in the INSERT of a conversation.
        var parameter: Int32 { self == .id ? 2 : rawValue + 3 }

        /// The column, as statements read it.
        ///
        /// In a conversation that has branched, a NULL head is read as -1, so that one column says both.
        private var read: SQLText {
            self == .head ? "iif(c.is_branched, coalesce(c.head, -1), NULL)" : "c.\(name)"
        }

        /// How many columns a row of ``list`` has.
        static var count: Int32 { isBranched.rawValue }
        static let list = SQLText(list: allCases.filter { $0 != .isBranched }.map(\.read))
        static let listWithoutKey = SQLText(list: allCases.filter { $0.rawValue < key.rawValue }.map(\.read))
        static let listWithoutID = SQLText(list: allCases.filter { $0.rawValue < id.rawValue }.map(\.read))
        private static let given = allCases.filter { $0 != .key }
        static let givenList = SQLText(list: given.map(\.name))
        static let parameters = SQLText(list: given.map { "?\($0.parameter)" })
    }

    /// What an append needs to know of its conversation, as the write left it.
    struct Place {
        /// The number that messages refer to their conversation by.
        let key: Int64
        let createdAt: Timestamp
        let updatedAt: Timestamp
        let lastSequence: Int64
        let clearedThrough: Int64
        /// The head that the write has left, nil for the newest message.
        var head: Int64?
        /// Whether there are rows of labels, which move with the conversation.
        let hasLabels: Bool

        var version: ConversationVersion {
            ConversationVersion(
                createdAt: createdAt, lastSequence: lastSequence, clearedThrough: clearedThrough, head: head)
        }

        fileprivate static let list: SQLText =
            "conversation, created_at_us, updated_at_us, last_sequence, cleared_through, labels IS NOT NULL"

        fileprivate init(_ row: Statement) throws {
            key = row.int64(0)
            createdAt = try row.timestamp(1)
            updatedAt = try row.timestamp(2)
            lastSequence = row.int64(3)
            clearedThrough = row.int64(4)
            hasLabels = row.int64(5) != 0
        }
    }

    struct Statements: Sendable {
        let find = SQL(
            "SELECT \(Column.listWithoutID) FROM conversations AS c WHERE tenant = ?1 AND conversation_id = ?2")
        let findWithKey = SQL(
            "SELECT \(Column.list) FROM conversations AS c WHERE tenant = ?1 AND conversation_id = ?2")
        let insert = SQL(
            """
            INSERT INTO conversations (tenant, \(Column.givenList)) VALUES (?1, \(Column.parameters))
            ON CONFLICT (tenant, conversation_id) DO NOTHING
            """)
        /// ?1 the conversation's number, ?2 to ?6 the new values.
        let update = SQL(
            """
            UPDATE conversations SET title = ?2, updated_at_us = ?3, read_through = ?4, labels = ?5, metadata = ?6
            WHERE conversation = ?1
            """)
        let delete = SQL("DELETE FROM conversations WHERE tenant = ?1 AND conversation_id = ?2 RETURNING conversation")
        /// ?3 the time.
        let clear = SQL(
            """
            UPDATE conversations SET cleared_through = last_sequence, read_through = last_sequence, message_count = 0,
                head = NULL, is_branched = 0, updated_at_us = max(updated_at_us, ?3)
            WHERE tenant = ?1 AND conversation_id = ?2 RETURNING \(Place.list)
            """)
        /// ?3 how many messages, ?4 the time.
        let createOrExtend = SQL(
            """
            INSERT INTO conversations (
                tenant, conversation_id, created_at_us, updated_at_us, last_sequence, message_count)
            VALUES (?1, ?2, ?4, ?4, ?3, ?3)
            ON CONFLICT (tenant, conversation_id) DO UPDATE
            SET last_sequence = last_sequence + excluded.last_sequence,
                message_count = message_count + excluded.message_count,
                updated_at_us = max(updated_at_us, excluded.updated_at_us)
            WHERE head IS NULL RETURNING \(Place.list)
            """)
        /// The same for what is rare: ?5 whether all is read, ?6 to ?8 the title, the labels and the metadata of a
        /// conversation that it creates.
        let createOrExtendFully = SQL(
            """
            INSERT INTO conversations (
                tenant, conversation_id, created_at_us, updated_at_us, last_sequence, message_count, read_through,
                title, labels, metadata)
            VALUES (?1, ?2, ?4, ?4, ?3, ?3, iif(?5, ?3, 0), ?6, ?7, ?8)
            ON CONFLICT (tenant, conversation_id) DO UPDATE
            SET last_sequence = last_sequence + excluded.last_sequence,
                message_count = message_count + excluded.message_count,
                updated_at_us = max(updated_at_us, excluded.updated_at_us),
                read_through = iif(?5, last_sequence + excluded.last_sequence, read_through)
            WHERE head IS NULL RETURNING \(Place.list)
            """)
        /// ?5 whether all is read.
        let extend = Self.extending("tenant = ?1 AND conversation_id = ?2 AND head IS NULL")
        /// ?6 to ?8 the version: when the conversation was created, its last sequence, what was cleared.
        let extendUnchanged = Self.extending(
            """
            tenant = ?1 AND conversation_id = ?2 AND head IS NULL
                AND created_at_us = ?6 AND last_sequence = ?7 AND cleared_through = ?8
            """)
        /// For other places than the end; ?1 the conversation's number, ?2 how many messages, ?3 the time, ?4 whether
        /// all is read, ?5 the head, ?6 whether it is branched.
        let extendTree = SQL(
            """
            UPDATE conversations SET last_sequence = last_sequence + ?2, message_count = message_count + ?2,
                updated_at_us = max(updated_at_us, ?3), read_through = iif(?4, last_sequence + ?2, read_through),
                head = ?5, is_branched = ?6
            WHERE conversation = ?1 RETURNING \(Place.list)
            """)
        /// For a removal; ?1 the conversation's number, ?2 how many messages, ?3 the time.
        let shrink = SQL(
            """
            UPDATE conversations SET message_count = message_count - ?2, updated_at_us = max(updated_at_us, ?3)
            WHERE conversation = ?1 RETURNING \(Place.list)
            """)
        private static func extending(_ condition: SQLText) -> SQL {
            SQL(
                """
                UPDATE conversations SET last_sequence = last_sequence + ?3, message_count = message_count + ?3,
                    updated_at_us = max(updated_at_us, ?4), read_through = iif(?5, last_sequence + ?3, read_through)
                WHERE \(condition) RETURNING \(Place.list)
                """)
        }
    }

    static let sql = Statements()

    let database: Database

    func find(tenant: String, _ id: ConversationID) throws -> Conversation? {
        try database.run(Self.sql.find) { statement in
            try statement.bind(tenant, id)
            return try statement.step() ? conversation(id, tenant: tenant, in: statement) : nil
        }
    }

    /// A conversation to change.
    struct Found {
        let conversation: Conversation
        let key: Int64
        /// Whether its metadata is in the table beside this one.
        let hasMetadataBeside: Bool
    }

    /// Finds a conversation to change.
    ///
    /// - Parameter withMetadata: Whether its metadata is read; replacing all of it needs no read, and repairs damage.
    func findToChange(tenant: String, _ id: ConversationID, withMetadata: Bool = true) throws -> Found? {
        try database.run(Self.sql.findWithKey) { statement in
            try statement.bind(tenant, id)
            guard try statement.step() else { return nil }
            let inRow = try statement.optionalText(Column.metadata.rawValue)
            return Found(
                conversation: try conversation(id, tenant: tenant, in: statement, withMetadata: withMetadata),
                key: Self.key(in: statement),
                hasMetadataBeside: inRow.map(StoredMetadata.isBeside) ?? false)
        }
    }

    /// Finds a conversation to delete, see ``conversationToDelete(_:in:labels:)``.
    func findToDelete(tenant: String, _ id: ConversationID, withLabels: Bool) throws -> Conversation? {
        try database.run(Self.sql.find) { statement in
            try statement.bind(tenant, id)
            guard try statement.step() else { return nil }
            return try Self.conversationToDelete(
                id, in: statement, labels: withLabels ? Self.labels(in: statement) : [])
        }
    }

    /// Stores a conversation.
    ///
    /// - Returns: Its key; nil if there is one of its id, or the row was kept from being written.
    func insert(_ conversation: Conversation, tenant: String) throws -> Int64? {
        let metadata = StoredMetadata(conversation.metadata)
        try database.run(Self.sql.insert) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(conversation.id.rawValue, at: Column.id.parameter)
            try statement.bind(conversation.title, at: Column.title.parameter)
            try statement.bind(conversation.createdAt, at: Column.createdAt.parameter)
            try statement.bind(conversation.updatedAt, at: Column.updatedAt.parameter)
            try statement.bind(conversation.lastSequence, at: Column.lastSequence.parameter)
            try statement.bind(Int64(conversation.messageCount), at: Column.messageCount.parameter)
            try statement.bind(conversation.head, at: Column.head.parameter)
            try statement.bind(conversation.clearedThrough, at: Column.clearedThrough.parameter)
            try statement.bind(conversation.isBranched ? 1 : 0, at: Column.isBranched.parameter)
            try statement.bind(conversation.readThrough, at: Column.readThrough.parameter)
            try statement.bind(StoredJSON.text(of: conversation.labels), at: Column.labels.parameter)
            try statement.bind(metadata.inRow, at: Column.metadata.parameter)
            _ = try statement.step()
        }
        guard database.changedRows > 0 else { return nil }
        let key = database.insertedRow
        if let text = metadata.beside { try database.metadataTable.write(text, of: key) }
        return key
    }

    /// Writes the columns that a change can set.
    ///
    /// - Parameter setsMetadata: Whether the metadata may be another than was found.
    /// - Returns: Whether the row was written.
    func update(_ found: Found, to conversation: Conversation, setsMetadata: Bool) throws -> Bool {
        let metadata = StoredMetadata(conversation.metadata)
        try database.run(Self.sql.update) { statement in
            try statement.bind(found.key, at: 1)
            try statement.bind(conversation.title, at: 2)
            try statement.bind(conversation.updatedAt, at: 3)
            try statement.bind(conversation.readThrough, at: 4)
            try statement.bind(StoredJSON.text(of: conversation.labels), at: 5)
            try statement.bind(metadata.inRow, at: 6)
            _ = try statement.step()
        }
        guard database.changedRows == 1 else { return false }
        if let text = metadata.beside {
            if setsMetadata || !found.hasMetadataBeside { try database.metadataTable.write(text, of: found.key) }
        } else if found.hasMetadataBeside {
            try database.metadataTable.delete(of: found.key)
        }
        return true
    }

    /// Deletes a conversation, and by the tables' own rule its messages, labels and long metadata.
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
    /// - Returns: The conversation after that; nil if it does not exist.
    func clear(tenant: String, _ id: ConversationID, at time: Timestamp) throws -> Place? {
        try database.run(Self.sql.clear) { statement in
            try statement.bind(tenant, id)
            try statement.bind(time, at: 3)
            return try statement.onlyRow(Place.init)
        }
    }

    /// Takes the next sequences of a conversation for an append, which may make the conversation.
    ///
    /// The head stays the newest message.
    ///
    /// - Returns: The conversation after that; nil if it does not exist, its head is not the newest message, or the
    ///   condition is not met.
    func extend(tenant: String, by new: NewMessages, at time: Timestamp) throws -> Place? {
        let condition = new.condition
        let isPlain = condition.createsConversation && condition.firstValues == nil && !new.marksRead
        let sql =
            if condition.createsConversation {
                isPlain ? Self.sql.createOrExtend : Self.sql.createOrExtendFully
            } else {
                condition.expectedVersion == nil ? Self.sql.extend : Self.sql.extendUnchanged
            }
        let metadata = condition.firstValues.map { StoredMetadata($0.metadata) }
        // The written row does not say whether it is new; an old one keeps its own metadata.
        let isNew = try metadata?.beside != nil && find(tenant: tenant, new.conversationID) == nil
        let place = try database.run(sql) { statement in
            try statement.bind(tenant, new.conversationID)
            try statement.bind(Int64(new.messages.count), at: 3)
            try statement.bind(time, at: 4)
            if !isPlain { try statement.bind(new.marksRead ? 1 : 0, at: 5) }
            if let version = condition.expectedVersion {
                try statement.bind(version.createdAt, at: 6)
                try statement.bind(version.lastSequence, at: 7)
                try statement.bind(version.clearedThrough, at: 8)
            }
            if let first = condition.firstValues {
                try statement.bind(first.title, at: 6)
                try statement.bind(StoredJSON.text(of: first.labels), at: 7)
                try statement.bind(metadata?.inRow, at: 8)
            }
            return try statement.onlyRow(Place.init)
        }
        if isNew, let place, let text = metadata?.beside { try database.metadataTable.write(text, of: place.key) }
        return place
    }

    /// Takes the next sequences of a conversation for an append to any place.
    ///
    /// - Returns: The conversation after that; nil if the row was kept from being written.
    func extend(
        _ tree: ConversationTree, by new: NewMessages, at time: Timestamp, head: Int64?, isBranched: Bool
    ) throws -> Place? {
        try database.run(Self.sql.extendTree) { statement in
            try statement.bind(tree.conversation, at: 1)
            try statement.bind(Int64(new.messages.count), at: 2)
            try statement.bind(time, at: 3)
            try statement.bind(new.marksRead ? 1 : 0, at: 4)
            try statement.bind(head, at: 5)
            try statement.bind(isBranched ? 1 : 0, at: 6)
            var place = try statement.onlyRow(Place.init)
            place?.head = head
            return place
        }
    }

    /// Notes that some of a conversation's messages are removed.
    ///
    /// - Returns: The conversation after that; nil if the row was kept from being written.
    func shrink(_ tree: ConversationTree, by count: Int, at time: Timestamp) throws -> Place? {
        try database.run(Self.sql.shrink) { statement in
            try statement.bind(tree.conversation, at: 1)
            try statement.bind(Int64(count), at: 2)
            try statement.bind(time, at: 3)
            return try statement.onlyRow(Place.init)
        }
    }

    // MARK: Rows

    /// The number that messages refer to a row's conversation by.
    static func key(in row: Statement) -> Int64 { row.int64(Column.key.rawValue) }

    static func labels(in row: Statement) throws -> Set<Label> {
        guard let text = try row.rareText(Column.labels.rawValue) else { return [] }
        return try StoredJSON.labels(text)
    }

    /// The metadata of a row's conversation, which may be beside it.
    func metadata(
        of id: ConversationID, tenant: String, in row: Statement, _ budget: inout ReadBudget
    ) throws -> Metadata {
        guard var text = try row.rareText(Column.metadata.rawValue) else { return Metadata() }
        if StoredMetadata.isBeside(text) { text = try database.metadataTable.text(tenant: tenant, id) }
        try budget.take(bytes: text.utf8.count)
        return try StoredJSON.metadata(text)
    }

    /// Where the head of a row's conversation is, and whether it has branched.
    static func branches(in row: Statement) throws -> (head: Int64?, isBranched: Bool) {
        guard let head = row.optionalInt64(Column.head.rawValue) else { return (nil, false) }
        guard head >= -1 else { throw ConversationTree.damaged("a conversation's head is negative") }
        return (head < 0 ? nil : head, true)
    }

    private func conversation(
        _ id: ConversationID, tenant: String, in row: Statement, withMetadata: Bool = true
    ) throws -> Conversation {
        var budget = database.readBudget
        return try Self.conversation(
            id, in: row, labels: Self.labels(in: row),
            metadata: withMetadata ? metadata(of: id, tenant: tenant, in: row, &budget) : Metadata())
    }

    /// What a deletion looks at, and no more: damage elsewhere in the row does not prevent it.
    static func conversationToDelete(
        _ id: ConversationID, in row: Statement, labels: Set<Label> = []
    ) throws -> Conversation {
        let updatedAt = try row.timestamp(Column.updatedAt.rawValue)
        return Conversation(
            id: id, title: nil, createdAt: updatedAt, updatedAt: updatedAt, lastSequence: 0,
            messageCount: Int(row.int64(Column.messageCount.rawValue)), labels: labels)
    }

    static func conversation(
        _ id: ConversationID, in row: Statement, labels: Set<Label>, metadata: Metadata
    ) throws -> Conversation {
        let (head, isBranched) = try branches(in: row)
        var conversation = Conversation(
            plain: id, title: try row.optionalText(Column.title.rawValue),
            createdAt: try row.timestamp(Column.createdAt.rawValue),
            updatedAt: try row.timestamp(Column.updatedAt.rawValue),
            lastSequence: row.int64(Column.lastSequence.rawValue),
            messageCount: Int(row.int64(Column.messageCount.rawValue)),
            readThrough: row.int64(Column.readThrough.rawValue),
            clearedThrough: row.int64(Column.clearedThrough.rawValue))
        if !labels.isEmpty { conversation.labels = labels }
        if !metadata.isEmpty { conversation.metadata = metadata }
        if isBranched { conversation.setBranches(head: head, isBranched: true) }
        guard conversation.hasPossibleCounts else {
            throw ChatStorageError(.damaged, "a stored conversation's counts are not what a backend writes")
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
