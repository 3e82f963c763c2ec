import ChatStorageCore

/// Metadata as it is stored: in its conversation's row, or beside it in ``MetadataTable``.
struct StoredMetadata {
    /// How many bytes of JSON are in the row at most.
    ///
    /// With 1 to 3 KiB an append takes 1% longer than without metadata, with 8 KiB 6% and with 64 KiB 29%. A list reads
    /// the rows, so they are kept short.
    static let bytesInRow = 1_024
    /// The row's value for metadata that is beside it: an empty text, which no JSON is.
    private static let isBeside = ""

    /// The row's value.
    let inRow: String?
    /// The text beside the row; nil for none.
    let beside: String?

    init(_ metadata: Metadata) {
        let text = StoredJSON.text(of: metadata)
        let isLong = text.map { $0.utf8.count > Self.bytesInRow } ?? false
        (inRow, beside) = isLong ? (Self.isBeside, text) : (text, nil)
    }

    /// Whether a row says that its metadata is beside it.
    static func isBeside(_ inRow: String) -> Bool { inRow.isEmpty }
}

/// The table of metadata that is too long for its conversation's row, which every append writes anew.
///
/// A row here counts only if the conversation's row says so. Both are written in one transaction, and read while one
/// open statement keeps the state that both see. ?1 is the conversation's number.
struct MetadataTable {
    struct Statements: Sendable {
        /// ?1 the tenant, ?2 the conversation's id.
        let find = SQL(
            """
            SELECT b.metadata FROM conversations AS c CROSS JOIN conversation_metadata AS b
            WHERE c.tenant = ?1 AND c.conversation_id = ?2 AND b.conversation = c.conversation
            """)
        /// ?2 the metadata; another program can have left a row under the number.
        let write = SQL("INSERT OR REPLACE INTO conversation_metadata (conversation, metadata) VALUES (?1, ?2)")
        let delete = SQL("DELETE FROM conversation_metadata WHERE conversation = ?1")
        let deleteUnused = SQL(
            """
            DELETE FROM conversation_metadata WHERE conversation = ?1
                AND NOT EXISTS (SELECT 1 FROM conversations WHERE conversation = ?1 AND metadata = '')
            """)
    }

    static let sql = Statements()

    let database: Database

    /// Reads the metadata of a conversation whose row says that it is here.
    func text(tenant: String, _ id: ConversationID) throws -> String {
        try database.run(Self.sql.find) { statement in
            try statement.bind(tenant, id)
            guard try statement.step() else {
                throw ChatStorageError(.damaged, "a stored conversation's metadata is not where its row says")
            }
            return try statement.text(0)
        }
    }

    func write(_ metadata: String, of key: Int64) throws {
        try database.run(Self.sql.write) { statement in
            try statement.bind(key, at: 1)
            try statement.bind(metadata, at: 2)
            _ = try statement.step()
        }
        guard database.changedRows == 1 else { throw Database.rowIgnored }
    }

    func delete(of key: Int64) throws { try run(Self.sql.delete, key) }

    /// Deletes the row under a conversation's number if the conversation does not say that it is there.
    func deleteUnused(of key: Int64) throws { try run(Self.sql.deleteUnused, key) }

    private func run(_ sql: SQL, _ key: Int64) throws {
        try database.run(sql) { statement in
            try statement.bind(key, at: 1)
            _ = try statement.step()
        }
    }
}

extension Database {
    var metadataTable: MetadataTable { MetadataTable(database: self) }
}
