import ChatStorageCore

/// The statements that append messages, and how their answers are read.
///
/// Each locks the conversation's row first, so that sequences follow the order of commits. Unless noted otherwise, they
/// leave out conversations that have labels, see ``LabelTable``, and those whose head is not the newest message: there
/// an append must read the messages first, see ``placedAppend``.
struct AppendSQL: Sendable {
    let names: TableNames
    let conversations: ConversationTable
    let labels: LabelTable
    let messages: MessageTable

    init(_ names: TableNames) {
        self.names = names
        conversations = ConversationTable(names)
        labels = LabelTable(names)
        messages = MessageTable(names)
    }

    /// The parameter of the first message column: it follows the tenant and the conversation.
    static let first = 3
    static let count = "cardinality($\(first))"

    private static let oneConversation = "VALUES ($1, $2, now(), now(), \(count), \(count))"

    /// - Parameter more: Other columns, and what they get.
    func insertion(of shape: BoundColumns<MessageValues>, more: [(column: String, value: String)] = []) -> String {
        messages.insertion(
            of: shape, to: "c", at: "c.last_sequence - \(Self.count) + added.number",
            from: """
                c, unnest(\(shape.parameters(from: Self.first))) WITH ORDINALITY AS added (\(shape.names), number)
                """, more: more)
    }

    // MARK: Messages without keys

    var append: MessageStatement {
        plain("append", conversations.lengtheningOrCreation(of: Self.oneConversation))
    }
    var appendIfExists: MessageStatement {
        plain("append_if_exists", conversations.lengthening(by: Self.count))
    }

    private func plain(_ name: String, _ lengthening: String) -> MessageStatement {
        MessageStatement { suffix, shape in
            names.statement(
                name + suffix, [.text, .text] + shape.types,
                """
                WITH c AS (
                    \(lengthening))
                \(insertion(of: shape))
                RETURNING sequence, created_at, (SELECT created_at FROM c), (SELECT cleared_through FROM c)
                """)
        }
    }

    /// Reads the answer of one append of messages without keys; RETURNING has no order.
    ///
    /// - Parameter count: How many messages were given.
    /// - Returns: Nil if the conversation was left out, since it has labels or a head, or is not there.
    static func appended(_ result: QueryResult, _ count: Int) throws -> Appended? {
        if result.rowCount == 0 { return nil }
        var (first, last) = (Int64.max, Int64.min)
        for row in result.rows {
            let sequence = try row.int64(0, atLeast: 1)
            (first, last) = (min(first, sequence), max(last, sequence))
        }
        guard let row = result.rows.first, result.rowCount == count, last - first == count - 1 else {
            throw Appended.damage
        }
        return Appended(
            firstSequence: first, time: try row.time(1), conversationCreatedAt: try row.time(2),
            clearedThrough: try row.int64(3, atLeast: 0))
    }

    // MARK: Messages of several callers

    /// The rows are locked in the order of their key, so that two such statements do not wait for each other.
    ///
    /// The conversations are numbered in that order, including those that are left out: messages and callers find
    /// theirs by its number.
    var batch: MessageStatement {
        let rows = """
            SELECT given.tenant, given.conversation_id, now(), now(), given.messages, given.messages
            FROM unnest($1, $2, $3) AS given (tenant, conversation_id, messages)
            ORDER BY given.tenant COLLATE "C", given.conversation_id COLLATE "C"
            """
        return MessageStatement { suffix, shape in
            let insertion = messages.insertion(
                of: shape, to: "numbered", at: "numbered.last_sequence - added.following",
                from: """
                    numbered JOIN unnest($4, $5, \(shape.parameters(from: 6)))
                    AS added (number, following, \(shape.names)) USING (number)
                    WHERE NOT numbered.is_left_out
                    """)
            return names.statement(
                "merged_append" + suffix,
                [.textArray, .textArray, .bigintArray, .bigintArray, .bigintArray] + shape.types,
                """
                WITH c AS (
                    \(conversations.lengtheningIfPlain(of: rows))),
                numbered AS (
                    SELECT \(ConversationTable.lengthened), is_left_out,
                        row_number() OVER (ORDER BY tenant, conversation_id) AS number
                    FROM c),
                m AS (
                    \(insertion)
                    RETURNING 1)
                SELECT number, last_sequence, updated_at, created_at, cleared_through, is_left_out,
                    (SELECT count(*) FROM m)
                FROM numbered
                """)
        }
    }

    /// Reads a conversation of ``batch``.
    static func batchRow(_ row: QueryResult.Row) throws -> AppendBatch.Row {
        AppendBatch.Row(
            number: try row.int64(0), isLeftOut: try row.bool(5),
            state: Result {
                AppendBatch.State(
                    lastSequence: try row.int64(1, atLeast: 0), time: try row.time(2),
                    createdAt: try row.time(3), clearedThrough: try row.int64(4, atLeast: 0))
            })
    }

    /// Reads how many messages ``batch`` stored.
    static func batchCount(_ row: QueryResult.Row) throws -> Int64 { try row.int64(6) }
}
