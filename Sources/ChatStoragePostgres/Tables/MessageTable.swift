import ChatStorageCore

/// The table of messages: its columns as they are read and given, and the statements about it alone.
///
/// A new column comes into these lists, and into the schema's next version.
struct MessageTable: Sendable {
    /// What is read of a message, in the order of ``message(_:from:of:)``.
    static let columns = ["sequence", "role", "content", "created_at", "message_key", "parts", "metadata"]
    static let columnList = columns.joined(separator: ", ")

    /// Reads a message from a statement's row.
    ///
    /// - Parameter first: The place of the first column.
    static func message(_ row: QueryResult.Row, from first: Int32 = 0, of id: ConversationID) throws
        -> Message
    {
        let body = try MessageJSON.message(
            role: try row.role(first + 1), content: try row.text(first + 2), parts: try row.optionalText(first + 5),
            metadata: try row.optionalText(first + 6), key: try row.optionalText(first + 4))
        return Message(
            conversationID: id, sequence: try row.int64(first, atLeast: 1), body: body,
            createdAt: try row.time(first + 3))
    }

    /// Reads the stored text of a message's metadata; nil for none.
    static func storedMetadata(_ row: QueryResult.Row) throws -> String? { try row.optionalText(6) }

    /// What plain messages have: a role and a text.
    static let lean = BoundColumns<MessageValues>([
        .init("role", .textArray) { $1.append(texts: $0.messages.lazy.map(\.role.rawValue)) },
        .init("content", .textArray) { $1.append(texts: $0.messages.lazy.map(\.content)) },
    ])

    /// What plain messages with keys have.
    static let keyed = BoundColumns<MessageValues>(
        lean.columns + [.init(key, .textArray) { $1.append(texts: $0.messages.lazy.map(\.key)) }])

    /// What messages without keys have.
    static let rich = BoundColumns<MessageValues>(lean.columns + more)

    /// All that messages have.
    static let full = BoundColumns<MessageValues>(keyed.columns + more)

    private static let more: [BoundColumns<MessageValues>.Column] = [
        .init("parts", .textArray) { $1.append(texts: $0.parts) },
        .init("metadata", .textArray) { $1.append(texts: $0.metadata) },
    ]

    /// The column of messages' keys.
    static let key = "message_key"

    /// Metadata as it is stored: compact JSON, or NULL for none.
    static func stored(_ metadata: Metadata) -> String? { metadata.isEmpty ? nil : metadata.text }

    private let names: TableNames
    private var name: String { names.messages }

    init(_ names: TableNames) {
        self.names = names
    }

    // MARK: Statements

    var lastPage: PreparedSQL {
        names.statement(
            "last_messages", [.text, .text, .bigint],
            """
            SELECT \(Self.columnList) FROM \(name) WHERE \(TableNames.thisConversation)
            ORDER BY sequence DESC LIMIT $3
            """)
    }

    var pageBefore: PreparedSQL {
        names.statement(
            "messages_before", [.text, .text, .bigint, .bigint],
            """
            SELECT \(Self.columnList) FROM \(name) WHERE \(TableNames.thisConversation) AND sequence < $4
            ORDER BY sequence DESC LIMIT $3
            """)
    }

    var pageAfter: PreparedSQL {
        names.statement(
            "messages_after", [.text, .text, .bigint, .bigint],
            """
            SELECT \(Self.columnList) FROM \(name) WHERE \(TableNames.thisConversation) AND sequence > $4
            ORDER BY sequence LIMIT $3
            """)
    }

    var ofSequences: PreparedSQL {
        lookUp("messages_of_sequences", .bigintArray, by: "sequence", in: TableNames.thisConversation)
    }

    var ofKeys: PreparedSQL {
        lookUp(
            "messages_of_keys", .textArray, by: Self.key, in: "\(names.thisTenant) AND \(TableNames.id) = $2")
    }

    /// Each is looked up by itself: for an array, a planner that expects short conversations would read all messages.
    private func lookUp(_ statement: String, _ type: ParameterType, by column: String, in conversation: String)
        -> PreparedSQL
    {
        names.statement(
            statement, [.text, .text, type],
            """
            SELECT \(Self.columns.map { "found.\($0)" }.joined(separator: ", "))
            FROM (SELECT DISTINCT value FROM unnest($3) AS given (value)) AS given CROSS JOIN LATERAL (
                SELECT \(Self.columnList) FROM \(name) WHERE \(conversation) AND \(column) = given.value
                LIMIT 1) AS found
            ORDER BY found.sequence
            """)
    }

    /// Changes a message's metadata if it is still what was read, of a message that is still the one that was.
    var revise: PreparedSQL {
        names.statement(
            "revise_message", [.text, .text, .bigint, .timestamptz, .text, .text],
            """
            UPDATE \(name) SET metadata = $6
            WHERE \(TableNames.thisConversation) AND sequence = $3 AND created_at = $4
                AND metadata IS NOT DISTINCT FROM $5
            RETURNING \(Self.columnList)
            """)
    }

    /// Removes what a clear has marked.
    ///
    /// If the clear found no conversation, another session may create one before this statement. Its mark is then 0, or
    /// the sequence up to which a clear of its own has removed messages.
    var deleteCleared: PreparedSQL {
        names.statement(
            "delete_cleared", [.text, .text],
            """
            DELETE FROM \(name) WHERE \(TableNames.thisConversation) AND sequence <= (
                SELECT cleared_through FROM \(names.conversations) WHERE \(TableNames.thisConversation))
            """)
    }

    var restore: PreparedSQL {
        let columns = "sequence, created_at, \(Self.full.names)"
        return names.statement(
            "restore_messages", [.text, .text, .bigintArray, .timestamptzArray] + Self.full.types,
            """
            INSERT INTO \(name) (tenant, conversation_id, \(columns))
            SELECT $1, $2, \(columns) FROM unnest($3, $4, \(Self.full.parameters(from: 5))) AS added (\(columns))
            """)
    }

    /// Appends the values of messages that were elsewhere, as ``restore`` takes them.
    static func append(
        _ messages: some Collection<ConversationSnapshot.Message>, to values: inout Parameters
    ) {
        values.append(numbers: messages.lazy.map(\.sequence))
        values.append(times: messages.lazy.map(\.createdAt))
        full.append(MessageValues(messages.map(\.body)), to: &values)
    }

    // MARK: Parts of the statements that append

    /// Adds messages to conversations that an append has made longer.
    ///
    /// - Parameters:
    ///   - shape: The columns that messages are given by, in rows named `added`.
    ///   - conversation: The name of the conversations' rows.
    ///   - sequence: Each message's sequence.
    ///   - source: The rows of both.
    func insertion(
        of shape: BoundColumns<MessageValues>, to conversation: String, at sequence: String,
        from source: String
    ) -> String {
        """
        INSERT INTO \(name) (tenant, conversation_id, sequence, created_at, \(shape.names))
        SELECT \(conversation).tenant, \(conversation).conversation_id, \(sequence), \(conversation).updated_at,
            \(shape.names(in: "added"))
        FROM \(source)
        """
    }

    /// A row of the columns that are read, with a sequence and a time, and NULL for the others.
    static func row(sequence: String, createdAt: String) -> String {
        columns.map { ["sequence": sequence, "created_at": createdAt][$0] ?? "NULL" }.joined(
            separator: ", ")
    }

    /// Reads such a row.
    static func place(_ row: QueryResult.Row, from first: Int32) throws -> (
        sequence: Int64, time: Timestamp
    ) {
        (try row.int64(first, atLeast: 0), try row.time(first + 3))
    }
}
