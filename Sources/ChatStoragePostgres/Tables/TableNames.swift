/// How statements name the tables of one schema, and the columns that the tables' keys begin with.
struct TableNames: Sendable {
    let conversations: String
    let messages: String
    /// The labels of conversations that have some, each with the conversation's place in the list.
    let labels: String
    /// The beginning of statements' names, different for each schema: a connection's prepared statements outlive a move
    /// of the tables to another schema.
    let prefix: String
    /// Whether the engine distributes the tables.
    let isDistributed: Bool
    /// The condition for a tenant's rows, with the collation `POSIX` of the indexes beside the tables' keys.
    let thisTenant: String

    /// The condition for a conversation's rows, with the collation of the tables' keys.
    static let thisConversation = "tenant = $1 AND conversation_id = $2"
    /// A conversation's id, with the collation `POSIX` of the indexes beside the tables' keys.
    static let id = "conversation_id COLLATE \"POSIX\""

    /// Makes the names.
    ///
    /// - Parameter isDistributed: Whether the engine distributes the tables, and finds a tenant's shard by the column
    ///   itself.
    init(_ schema: SchemaName, isDistributed: Bool) {
        self.isDistributed = isDistributed
        conversations = "\(schema.quoted).conversations"
        labels = "\(schema.quoted).conversation_labels"
        messages = "\(schema.quoted).chat_messages"
        prefix = "chatstorage_\(String(UInt64(bitPattern: schema.lockKey), radix: 16))"
        thisTenant = "\(isDistributed ? "tenant = $1 AND " : "")tenant COLLATE \"POSIX\" = $1"
    }

    /// The condition for a conversation's messages in a table named otherwise, with the collation of the tables' keys.
    ///
    /// - Parameter id: The conversation's id.
    func messages(of table: String, id: String = "$2") -> String {
        "\(table).tenant = $1 AND \(table).conversation_id = \(id)"
    }

    /// The condition for messages that do not follow the stored message before them, with the collation of their index.
    func jumps(of table: String, id: String = "$2") -> String {
        """
        \(isDistributed ? "\(table).tenant = $1 AND " : "")\(table).tenant COLLATE "POSIX" = $1 \
        AND \(table).conversation_id COLLATE "POSIX" = \(id) AND \(table).parent IS NOT NULL
        """
    }

    /// A statement that connections prepare.
    func statement(_ name: String, _ parameters: [ParameterType], _ sql: String) -> PreparedSQL {
        PreparedSQL("\(prefix)_\(name)", parameters, sql)
    }
}
