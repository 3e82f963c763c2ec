import ChatStorageCore

/// The table of conversations: its columns, in the order in which statements name them, and its statements.
///
/// ?1 is the tenant and, unless a comment says otherwise, ?2 the conversation's id. ``ConversationList`` and
/// ``TenantList`` have the statements for pages.
struct ConversationTable {
    /// A conversation's columns except its tenant, beginning with those that every conversation has.
    ///
    /// A row without details has nothing in the columns between its id and its key. Short statements read neither these
    /// columns nor the key; if there are details, a statement with all columns reads the row again.
    enum Column: Int32, CaseIterable {
        case title, createdAt, updatedAt, lastSequence, details
        /// A short statement whose caller knows the id does not read the id either.
        case id
        case removedCount, clearedThrough, readThrough, head, labels, metadata
        /// The number that messages refer to their conversation by.
        case key

        var name: SQLText {
            switch self {
            case .id: "conversation_id"
            case .title: "title"
            case .createdAt: "created_at_us"
            case .updatedAt: "updated_at_us"
            case .lastSequence: "last_sequence"
            case .details: "details"
            case .removedCount: "removed_count"
            case .clearedThrough: "cleared_through"
            case .readThrough: "read_through"
            case .head: "head"
            case .labels: "labels"
            case .metadata: "metadata"
            case .key: "conversation"
            }
        }

        /// Its number in the INSERT of a conversation.
        var parameter: Int32 { self == .id ? 2 : rawValue + 3 }

        /// How many columns a row of ``list`` has.
        static let count = Int32(allCases.count)
        static let list = SQLText(list: allCases.map { "c.\($0.name)" })
        static let lean = SQLText(list: allCases.filter { $0.rawValue <= id.rawValue }.map { "c.\($0.name)" })
        static let leanWithoutID = SQLText(list: allCases.filter { $0.rawValue < id.rawValue }.map { "c.\($0.name)" })
        private static let given = allCases.filter { $0 != .key }
        static let givenList = SQLText(list: given.map(\.name))
        static let parameters = SQLText(list: given.map { "?\($0.parameter)" })
    }

    /// What an append needs to know of its conversation.
    struct Place {
        /// The number that messages refer to their conversation by.
        let key: Int64
        let createdAt: Timestamp
        fileprivate(set) var updatedAt: Timestamp
        fileprivate(set) var lastSequence: Int64
        let clearedThrough: Int64
        /// The head, nil for the newest message.
        var head: Int64?
        /// Whether there are rows of labels, which move with the conversation.
        let hasLabels: Bool

        var version: ConversationVersion {
            ConversationVersion(
                createdAt: createdAt, lastSequence: lastSequence, clearedThrough: clearedThrough, head: head)
        }

        fileprivate static let list: SQLText =
            "conversation, created_at_us, updated_at_us, last_sequence, cleared_through, labels IS NOT NULL"

        /// A conversation that was made by an append, without rows of labels that would move.
        init(_ conversation: Conversation, key: Int64) {
            self.key = key
            createdAt = conversation.createdAt
            updatedAt = conversation.updatedAt
            lastSequence = conversation.lastSequence
            clearedThrough = 0
            head = conversation.head
            hasLabels = false
        }

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
            "SELECT \(Column.leanWithoutID) FROM conversations AS c WHERE tenant = ?1 AND conversation_id = ?2")
        let findFully = SQL(
            "SELECT \(Column.list) FROM conversations AS c WHERE tenant = ?1 AND conversation_id = ?2")
        let insert = SQL(
            """
            INSERT INTO conversations (tenant, \(Column.givenList)) VALUES (?1, \(Column.parameters))
            ON CONFLICT (tenant, conversation_id) DO NOTHING
            """)
        /// ?1 the conversation's number, ?2 to ?7 its new values.
        ///
        /// Another program can have written 0 instead of NULL.
        let update = SQL(
            """
            UPDATE conversations SET title = ?2, updated_at_us = ?3, read_through = ?4, labels = ?5, metadata = ?6,
                details = ?7, removed_count = nullif(removed_count, 0), cleared_through = nullif(cleared_through, 0)
            WHERE conversation = ?1
            """)
        let delete = SQL("DELETE FROM conversations WHERE tenant = ?1 AND conversation_id = ?2 RETURNING conversation")
        /// ?3 the time.
        let clear = SQL(
            """
            UPDATE conversations SET cleared_through = nullif(last_sequence, 0),
                read_through = nullif(last_sequence, 0), removed_count = nullif(last_sequence, 0), head = NULL,
                details = iif(last_sequence, 0, details), updated_at_us = max(updated_at_us, ?3)
            WHERE tenant = ?1 AND conversation_id = ?2 RETURNING \(Place.list)
            """)
        /// What an append needs to know before it.
        ///
        /// This and an UPDATE by the number take less than half the time of an INSERT that becomes an UPDATE and
        /// returns the row.
        let place = SQL(
            "SELECT \(Place.list), head FROM conversations WHERE tenant = ?1 AND conversation_id = ?2")
        /// ?1 the conversation's number, ?2 the last sequence, ?3 the time.
        let extend = SQL("UPDATE conversations SET last_sequence = ?2, updated_at_us = ?3 WHERE conversation = ?1")
        /// The same, and marks everything as read.
        let extendRead = SQL(
            """
            UPDATE conversations SET last_sequence = ?2, updated_at_us = ?3, details = coalesce(details, 0),
                read_through = ?2
            WHERE conversation = ?1
            """)
        /// For other places than the end; ?1 the conversation's number, ?2 how many messages, ?3 the time, ?4 whether
        /// to mark everything as read, ?5 the head, ?6 whether it is branched.
        let extendTree = SQL(
            """
            UPDATE conversations SET last_sequence = last_sequence + ?2, updated_at_us = max(updated_at_us, ?3),
                read_through = iif(?4, last_sequence + ?2, read_through), head = ?5,
                details = CASE WHEN ?6 THEN 1 WHEN ?4 THEN 0 ELSE \(Self.unbranchedDetails) END
            WHERE conversation = ?1 RETURNING \(Place.list)
            """)
        /// For a removal; ?1 the conversation's number, ?2 how many messages, ?3 the time.
        let shrink = SQL(
            """
            UPDATE conversations SET details = coalesce(details, 0), removed_count = coalesce(removed_count, 0) + ?2,
                updated_at_us = max(updated_at_us, ?3)
            WHERE conversation = ?1 RETURNING \(Place.list)
            """)
        /// The details of a conversation that has not branched, computed from its row.
        static let unbranchedDetails: SQLText =
            "iif(coalesce(removed_count, cleared_through, read_through, labels, metadata) IS NULL, NULL, 0)"
    }

    static let sql = Statements()

    let database: Database

    func find(tenant: String, _ id: ConversationID) throws -> Conversation? {
        try database.run(Self.sql.find) { statement in
            try statement.bind(tenant, id)
            guard try statement.step() else { return nil }
            if Self.hasDetails(statement) { return try findFully(tenant: tenant, id) }
            return try Self.conversation(id, in: statement)
        }
    }

    private func findFully(tenant: String, _ id: ConversationID) throws -> Conversation? {
        try database.run(Self.sql.findFully) { statement in
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
        try database.run(Self.sql.findFully) { statement in
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
        try database.run(Self.sql.findFully) { statement in
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
            try statement.bind(Self.details(of: conversation), at: Column.details.parameter)
            try statement.bind(orNull: conversation.removedCount, at: Column.removedCount.parameter)
            try statement.bind(orNull: conversation.clearedThrough, at: Column.clearedThrough.parameter)
            try statement.bind(orNull: conversation.readThrough, at: Column.readThrough.parameter)
            try statement.bind(conversation.head, at: Column.head.parameter)
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
            try statement.bind(orNull: conversation.readThrough, at: 4)
            try statement.bind(StoredJSON.text(of: conversation.labels), at: 5)
            try statement.bind(metadata.inRow, at: 6)
            try statement.bind(Self.details(of: conversation), at: 7)
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

    /// Deletes a conversation; the foreign keys delete its messages, labels and long metadata.
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

    /// Finds a conversation to append to.
    func place(tenant: String, _ id: ConversationID) throws -> Place? {
        try database.run(Self.sql.place) { statement in
            try statement.bind(tenant, id)
            guard try statement.step() else { return nil }
            var place = try Place(statement)
            place.head = statement.optionalInt64(6)
            return place
        }
    }

    /// Takes the next sequences of a conversation for an append to its newest message, which is its head.
    ///
    /// - Returns: The conversation after that; nil if the row was kept from being written.
    func extend(_ place: Place, by new: NewMessages, at time: Timestamp) throws -> Place? {
        let (last, isOverflow) = place.lastSequence.addingReportingOverflow(Int64(new.messages.count))
        if isOverflow {
            throw ChatStorageError(.damaged, "a stored conversation's last sequence is higher than a backend writes")
        }
        var extended = place
        extended.lastSequence = last
        extended.updatedAt = max(place.updatedAt, time)
        try database.run(new.marksRead ? Self.sql.extendRead : Self.sql.extend) { statement in
            try statement.bind(place.key, at: 1)
            try statement.bind(last, at: 2)
            try statement.bind(extended.updatedAt, at: 3)
            _ = try statement.step()
        }
        return database.changedRows == 1 ? extended : nil
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
