import ChatStorageCore

/// The statements that append messages, and how their answers are read.
///
/// Each locks the conversation's row first, so that sequences follow the order of commits.
struct AppendSQL: Sendable {
    let names: TableNames
    let conversations: ConversationTable
    private let messages: MessageTable

    init(_ names: TableNames) {
        self.names = names
        conversations = ConversationTable(names)
        messages = MessageTable(names)
    }

    /// The parameter of the first message column: it follows the tenant and the conversation.
    static let first = 3
    static let count = "cardinality($\(first))"

    private static let oneConversation = "VALUES ($1, $2, now(), now(), \(count))"

    func insertion(of shape: BoundColumns<[ChatMessage]>) -> String {
        messages.insertion(
            of: shape, to: "c", at: "c.last_sequence - \(Self.count) + added.number",
            from: """
                c, unnest(\(shape.parameters(from: Self.first))) WITH ORDINALITY AS added (\(shape.names), number)
                """)
    }

    // MARK: Plain messages

    var append: PreparedSQL {
        plain("append", conversations.lengtheningOrCreation(of: Self.oneConversation))
    }
    var appendIfExists: PreparedSQL {
        plain("append_if_exists", conversations.lengthening(by: Self.count))
    }

    private func plain(_ name: String, _ lengthening: String) -> PreparedSQL {
        names.statement(
            name, [.text, .text] + MessageTable.lean.types,
            """
            WITH c AS (
                \(lengthening))
            \(insertion(of: MessageTable.lean))
            RETURNING sequence, created_at, (SELECT created_at FROM c)
            """)
    }

    /// Reads what one append of plain messages answered; RETURNING has no order.
    ///
    /// - Parameter count: How many messages were given.
    static func appended(_ result: QueryResult, _ count: Int) throws -> Appended {
        var (first, last) = (Int64.max, Int64.min)
        for row in result.rows {
            let sequence = try row.int64(0, atLeast: 1)
            (first, last) = (min(first, sequence), max(last, sequence))
        }
        guard let row = result.rows.first, result.rowCount == count, last - first == count - 1 else {
            throw Appended.damage
        }
        return Appended(
            firstSequence: first, time: try row.time(1), conversationCreatedAt: try row.time(2))
    }

    // MARK: Plain messages of several callers

    /// The rows are locked in the order of their key, so that two such statements do not wait for each other.
    ///
    /// The conversations are numbered in that order: messages find their conversation by its number, and callers
    /// theirs.
    var batch: PreparedSQL {
        let rows = """
            SELECT given.tenant, given.conversation_id, now(), now(), given.messages
            FROM unnest($1, $2, $3) AS given (tenant, conversation_id, messages)
            ORDER BY given.tenant COLLATE "C", given.conversation_id COLLATE "C"
            """
        let insertion = messages.insertion(
            of: MessageTable.lean, to: "numbered", at: "numbered.last_sequence - added.following",
            from: """
                numbered JOIN unnest($4, $5, \(MessageTable.lean.parameters(from: 6)))
                AS added (number, following, \(MessageTable.lean.names)) USING (number)
                """)
        return names.statement(
            "merged_append",
            [.textArray, .textArray, .bigintArray, .bigintArray, .bigintArray] + MessageTable.lean.types,
            """
            WITH c AS (
                \(conversations.lengtheningOrCreation(of: rows))),
            numbered AS (
                SELECT \(ConversationTable.lengthened), row_number() OVER (ORDER BY tenant, conversation_id) AS number
                FROM c),
            m AS (
                \(insertion)
                RETURNING 1)
            SELECT number, last_sequence, updated_at, created_at, (SELECT count(*) FROM m) FROM numbered
            """)
    }

    /// Reads a conversation of ``batch``.
    static func batchRow(_ row: QueryResult.Row) throws -> AppendBatch.Row {
        AppendBatch.Row(
            number: try row.int64(0),
            state: Result {
                AppendBatch.State(
                    lastSequence: try row.int64(1, atLeast: 1), time: try row.time(2),
                    createdAt: try row.time(3))
            })
    }

    /// Reads how many messages ``batch`` stored.
    static func batchCount(_ row: QueryResult.Row) throws -> Int64 { try row.int64(4) }
}
