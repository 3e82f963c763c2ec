/// A PostgreSQL schema's name, and how SQL text contains it.
struct SchemaName: Sendable, Hashable {
    let name: String

    /// The name as a quoted identifier; a quotation mark in it is doubled.
    var quoted: String { "\"\(name.replacing("\"", with: "\"\""))\"" }

    /// Whether the name is reserved for the server's own schemas.
    var isReserved: Bool { name.hasPrefix("pg_") }

    /// The key of the advisory lock under which the schema is made: FNV-1a of a fixed text and the name.
    var lockKey: Int64 {
        let hash = "chatstorage schema \(name)".utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, byte in
            (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return Int64(bitPattern: hash)
    }
}
