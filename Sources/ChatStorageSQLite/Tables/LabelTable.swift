import ChatStorageCore

/// The table that finds a label's conversations: a row for each label of each conversation.
///
/// It repeats the labels of the conversations' rows, and is written in the same transactions. ?1 is the conversation's
/// number.
///
/// A program that does not enforce foreign keys can leave rows behind. Reads compare rows with the conversation and so
/// ignore these; writes replace them.
struct LabelTable {
    struct Statements: Sendable {
        /// ?2 the tenant, ?3 the conversation's id, ?4 its time, ?5 the label.
        let insert = SQL(
            """
            INSERT OR REPLACE INTO conversation_labels (conversation, tenant, conversation_id, updated_at_us, label)
            VALUES (?1, ?2, ?3, ?4, ?5)
            """)
        /// ?2 the time.
        let move = SQL("UPDATE OR REPLACE conversation_labels SET updated_at_us = ?2 WHERE conversation = ?1")
        let delete = SQL("DELETE FROM conversation_labels WHERE conversation = ?1")
        /// ?2 the time that all rows should have, or NULL if there should be none.
        let other = SQL("SELECT 1 FROM conversation_labels WHERE conversation = ?1 AND updated_at_us IS NOT ?2 LIMIT 1")
    }

    static let sql = Statements()

    let database: Database

    /// Stores rows for a conversation that has none.
    func insert(_ conversation: Conversation, tenant: String, key: Int64) throws {
        for label in conversation.labels {
            try database.run(Self.sql.insert) { statement in
                try statement.bind(key, at: 1)
                try statement.bind(tenant, at: 2)
                try statement.bind(conversation.id.rawValue, at: 3)
                try statement.bind(conversation.updatedAt, at: 4)
                try statement.bind(label.rawValue, at: 5)
                _ = try statement.step()
            }
            guard database.changedRows == 1 else { throw Database.rowIgnored }
        }
    }

    /// Moves a conversation's rows to its place in the list.
    func move(_ key: Int64, to time: Timestamp) throws {
        try database.run(Self.sql.move) { statement in
            try statement.bind(key, at: 1)
            try statement.bind(time, at: 2)
            _ = try statement.step()
        }
        try refuseOtherRows(of: key, than: time)
    }

    func delete(of key: Int64) throws {
        try database.run(Self.sql.delete) { statement in
            try statement.bind(key, at: 1)
            _ = try statement.step()
        }
        try refuseOtherRows(of: key, than: nil)
    }

    /// Refuses rows that were to be moved or deleted, and were not.
    private func refuseOtherRows(of key: Int64, than time: Timestamp?) throws {
        let isThere = try database.run(Self.sql.other) { statement in
            try statement.bind(key, at: 1)
            if let time { try statement.bind(time, at: 2) }
            return try statement.step()
        }
        if isThere { throw Database.rowIgnored }
    }
}

extension Database {
    var labelTable: LabelTable { LabelTable(database: self) }
}
