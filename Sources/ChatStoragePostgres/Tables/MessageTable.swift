import ChatStorageCore

/// The table of messages: its columns as they are read and given, and the statements about it alone.
///
/// To add a column, extend these lists and the schema's next version.
struct MessageTable: Sendable {
    /// The columns that are read, in the order of ``message(_:from:of:)``.
    static let columns = [
        "sequence", "role", "content", "created_at", "message_key", "parts", "metadata", "parent", "state", "revision",
        "revised_at",
    ]
    static let columnList = columns.joined(separator: ", ")

    /// A row of NULLs in their place.
    static let nulls = columns.map { column in
        switch column {
        case "sequence", "parent", "revision": "NULL::bigint"
        case "created_at", "revised_at": "NULL::timestamptz"
        default: "NULL"
        }
    }.joined(separator: ", ")

    /// Reads a message from a statement's row.
    ///
    /// - Parameter first: The index of the first column.
    static func message(_ row: QueryResult.Row, from first: Int32 = 0, of id: ConversationID) throws
        -> Message
    {
        let body = try MessageJSON.message(
            role: try row.role(first + 1), content: try row.text(first + 2), parts: try row.optionalText(first + 5),
            metadata: try row.optionalText(first + 6), key: try row.optionalText(first + 4))
        let sequence = try row.int64(first, atLeast: 1)
        return Message(
            conversationID: id, sequence: sequence, body: body, createdAt: try row.time(first + 3),
            predecessor: row.isNull(first + 7) ? nil : try predecessor(row, first + 7, of: sequence),
            writing: row.isNull(first + 8) && row.isNull(first + 9) && row.isNull(first + 10)
                ? nil : try writing(row, first + 8))
    }

    private static func predecessor(_ row: QueryResult.Row, _ column: Int32, of sequence: Int64) throws -> Int64 {
        let predecessor = try row.int64(column, atLeast: 0)
        guard predecessor < sequence else { throw MessagePath.damage }
        return predecessor
    }

    /// Reads how the writing of an answer went.
    private static func writing(_ row: QueryResult.Row, _ first: Int32) throws -> MessageWriting {
        MessageWriting(
            state: row.isNull(first) ? .complete : try state(row, first),
            revision: try row.int64(first + 1, atLeast: 1),
            revisedAt: row.isNull(first + 2) ? nil : try row.time(first + 2))
    }

    /// Reads a state that is not NULL.
    static func state(_ row: QueryResult.Row, _ column: Int32) throws -> MessageState {
        guard let state = MessageState(rawValue: try row.text(column)) else {
            throw ChatStorageError(.damaged, "a stored message has a state that the library does not know")
        }
        return state
    }

    /// Reads the stored text of a message's metadata; nil for none.
    static func storedMetadata(_ row: QueryResult.Row) throws -> String? { try row.optionalText(6) }

    /// A state as it is stored: NULL for complete.
    static func stored(_ state: MessageState) -> String? { state == .complete ? nil : state.rawValue }

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

    let names: TableNames
    private var name: String { names.messages }

    init(_ names: TableNames) {
        self.names = names
    }

    // MARK: Statements

    var ofSequences: PreparedSQL {
        lookUp("messages_of_sequences", .bigintArray, by: "sequence", in: TableNames.thisConversation)
    }

    var ofKeys: PreparedSQL {
        lookUp(
            "messages_of_keys", .textArray, by: Self.key, in: "\(names.thisTenant) AND \(TableNames.id) = $2")
    }

    /// Looks each one up by itself: for an array, a planner that expects short conversations would read all messages.
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

    /// Changes a message's metadata, if the message and its metadata are still as they were read.
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

    /// Continues or ends an answer under way, if it is still as it was read.
    ///
    /// It locks only the message's row, and does not return what the caller gave. It compares the state in a form that
    /// keeps the planner from using the index of answers under way, and so from reading all of them.
    var reviseAnswer: PreparedSQL {
        let columns = AnswerRevision.columns
        func parameter(_ name: String) -> String { columns.parameter(name, from: 3) }
        let setsBody = parameter("sets_body")
        let returned = Self.columns.map { column in
            switch column {
            case "content": "CASE WHEN \(setsBody) THEN '' ELSE content END"
            case "parts": "CASE WHEN \(setsBody) THEN NULL ELSE parts END"
            default: column
            }
        }
        return names.statement(
            "revise_answer", [.text, .text] + columns.types,
            """
            UPDATE \(name)
            SET content = CASE WHEN \(setsBody) THEN \(parameter("content")) ELSE content END,
                parts = CASE WHEN \(setsBody) THEN \(parameter("parts")) ELSE parts END,
                metadata = CASE WHEN \(parameter("sets_metadata")) THEN \(parameter("metadata")) ELSE metadata END,
                state = \(parameter("state")), revision = revision + 1, revised_at = greatest(now(), created_at)
            WHERE \(TableNames.thisConversation) AND sequence = \(parameter("sequence"))
                AND created_at = \(parameter("created_at")) AND revision = \(parameter("revision"))
                AND coalesce(state, '') = 'streaming' AND (NOT \(parameter("sets_metadata"))
                    OR metadata IS NOT DISTINCT FROM \(parameter("old_metadata")))
            RETURNING \(returned.joined(separator: ", "))
            """)
    }

    /// Reads a page of all tenants' answers under way that nobody has written for a number of microseconds.
    ///
    /// It is too rare to be prepared. The time that it compares with is never before the first that the library takes.
    var unfinished: PreparedSQL {
        let place = "tenant COLLATE \"POSIX\", conversation_id COLLATE \"POSIX\", sequence"
        return PreparedSQL(
            text: """
                SELECT \(Self.columnList), tenant, conversation_id FROM \(name)
                WHERE state = 'streaming' AND (\(place)) > ($1, $2, $3) AND coalesce(revised_at, created_at)
                    <= greatest(now() - $4::double precision * interval '1 microsecond', '0001-01-01 00:00:00+00')
                ORDER BY \(place) LIMIT $5
                """, [.text, .text, .bigint, .bigint, .bigint])
    }

    /// Reads a row of ``unfinished``.
    static func unfinished(_ row: QueryResult.Row) throws -> UnfinishedMessage {
        let first = Int32(columns.count)
        let tenant = try row.text(first)
        return UnfinishedMessage(
            tenant: tenant.isEmpty ? nil : tenant,
            message: try message(row, of: ConversationID(try row.text(first + 1))))
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
        names.statement(
            "restore_messages", [.text, .text] + Self.restored.types + Self.full.types,
            """
            INSERT INTO \(name) (tenant, conversation_id, \(Self.restored.names), \(Self.full.names))
            SELECT $1, $2, \(Self.restored.names), \(Self.full.names)
            FROM unnest(\(Self.restored.parameters(from: 3)), \(Self.full.parameters(from: 3 + Self.restored.count)))
                AS added (\(Self.restored.names), \(Self.full.names))
            """)
    }

    /// The columns of restored messages, beside those of an append.
    private static let restored = BoundColumns<ArraySlice<Message>>([
        .init("sequence", .bigintArray) { $1.append(numbers: $0.lazy.map(\.sequence)) },
        .init("created_at", .timestamptzArray) { $1.append(times: $0.lazy.map(\.createdAt)) },
        .init("parent", .bigintArray) { $1.append(numbersOrNulls: $0.lazy.map(\.predecessor)) },
        .init("state", .textArray) { $1.append(texts: $0.lazy.map { stored($0.state) }) },
        .init("revision", .bigintArray) {
            $1.append(numbersOrNulls: $0.lazy.map { $0.writing == .none ? nil : $0.revision })
        },
        .init("revised_at", .timestamptzArray) { $1.append(timesOrNulls: $0.lazy.map(\.revisedAt)) },
    ])

    /// Appends the values of messages that were elsewhere, as ``restore`` takes them.
    static func append(_ messages: ArraySlice<Message>, to values: inout Parameters) {
        restored.append(messages, to: &values)
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
    ///   - more: Other columns, and what they get.
    func insertion(
        of shape: BoundColumns<MessageValues>, to conversation: String, at sequence: String,
        from source: String, more: [(column: String, value: String)] = []
    ) -> String {
        """
        INSERT INTO \(name) (tenant, conversation_id, sequence, created_at, \(shape.names)\(
            more.map { ", \($0.column)" }.joined()))
        SELECT \(conversation).tenant, \(conversation).conversation_id, \(sequence), \(conversation).updated_at,
            \(shape.names(in: "added"))\(more.map { ", \($0.value)" }.joined())
        FROM \(source)
        """
    }

    /// A row of the columns that are read, with a sequence, a time and a parent, and NULL for the others.
    static func row(sequence: String, createdAt: String, parent: String = "NULL") -> String {
        columns.map { column in
            ["sequence": sequence, "created_at": createdAt, "parent": parent][column] ?? "NULL"
        }.joined(separator: ", ")
    }

    /// Reads a row that ``row(sequence:createdAt:parent:)`` made.
    static func place(_ row: QueryResult.Row, from first: Int32) throws -> (
        sequence: Int64, time: Timestamp, parent: Int64?
    ) {
        (
            try row.int64(first, atLeast: 0), try row.time(first + 3),
            row.isNull(first + 7) ? nil : try row.int64(first + 7)
        )
    }
}
