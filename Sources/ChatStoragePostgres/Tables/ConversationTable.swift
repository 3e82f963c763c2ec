import ChatStorageCore

/// The table of conversations: its columns as they are read and given, and the statements about it alone.
///
/// A new column comes into these lists, and into the schema's next version.
struct ConversationTable: Sendable {
    /// What is read of a conversation, in the order of ``conversation(_:)``.
    private static let columns = "conversation_id, title, created_at, updated_at, last_sequence"

    /// Reads a conversation from a statement's row.
    static func conversation(_ row: QueryResult.Row) throws -> Conversation {
        Conversation(
            id: ConversationID(try row.text(0)), title: try row.optionalText(1),
            createdAt: try row.time(2),
            updatedAt: try row.time(3), lastSequence: try row.int64(4, atLeast: 0))
    }

    /// What the caller gives of a new conversation, beside its id.
    static let new = BoundColumns<NewConversation>([
        .init("title", .text) { $1.append($0.title) }
    ])

    /// What a conversation has that was elsewhere, beside its id.
    static let restored = BoundColumns<ConversationSnapshot>([
        .init("title", .text) { $1.append($0.title) },
        .init("created_at", .timestamptz) { $1.append($0.createdAt) },
        .init("updated_at", .timestamptz) { $1.append($0.updatedAt) },
        .init("last_sequence", .bigint) { $1.append($0.lastSequence) },
    ])

    private let names: TableNames
    private var name: String { names.conversations }
    private let thisConversation = TableNames.thisConversation

    init(_ names: TableNames) {
        self.names = names
    }

    // MARK: Statements

    var create: PreparedSQL {
        names.statement(
            "create", [.text, .text] + Self.new.types,
            """
            \(creation)
            RETURNING \(Self.columns)
            """)
    }

    var getOrCreate: PreparedSQL {
        names.statement(
            "get_or_create", [.text, .text] + Self.new.types,
            """
            WITH inserted AS (
                \(creation)
                RETURNING \(Self.columns))
            SELECT \(Self.columns) FROM inserted
            UNION ALL
            SELECT \(Self.columns) FROM \(name) WHERE \(thisConversation)
            LIMIT 1
            """)
    }

    private var creation: String {
        """
        INSERT INTO \(name) (tenant, conversation_id, \(Self.new.names), created_at, updated_at, last_sequence)
        VALUES ($1, $2, \(Self.new.parameters(from: 3)), now(), now(), 0)
        ON CONFLICT (tenant, conversation_id) DO NOTHING
        """
    }

    var get: PreparedSQL {
        names.statement(
            "conversation", [.text, .text],
            "SELECT \(Self.columns) FROM \(name) WHERE \(thisConversation)")
    }

    var updateTitle: PreparedSQL {
        names.statement(
            "update_title", [.text, .text, .text],
            """
            UPDATE \(name) SET title = $3, updated_at = greatest(now(), updated_at)
            WHERE \(thisConversation)
            RETURNING \(Self.columns)
            """)
    }

    var delete: PreparedSQL {
        names.statement("delete", [.text, .text], "DELETE FROM \(name) WHERE \(thisConversation)")
    }

    private var newestFirst: String { "updated_at DESC, \(TableNames.id)" }

    var firstPage: PreparedSQL {
        names.statement(
            "first_conversations", [.text, .bigint],
            """
            SELECT \(Self.columns) FROM \(name) WHERE \(names.thisTenant)
            ORDER BY \(newestFirst) LIMIT $2
            """)
    }

    /// Those updated at the same time as the last one, then the older ones: two ranges of one index.
    ///
    /// With one condition and OR, PostgreSQL would read the index from its start each time.
    var nextPage: PreparedSQL {
        names.statement(
            "next_conversations", [.text, .timestamptz, .text, .bigint],
            """
            SELECT \(Self.columns) FROM (
                (SELECT \(Self.columns) FROM \(name)
                 WHERE \(names.thisTenant) AND updated_at = $2 AND \(TableNames.id) > $3
                 ORDER BY \(newestFirst) LIMIT $4)
                UNION ALL
                (SELECT \(Self.columns) FROM \(name)
                 WHERE \(names.thisTenant) AND updated_at < $2
                 ORDER BY \(newestFirst) LIMIT $4)
            ) AS page
            ORDER BY \(newestFirst) LIMIT $4
            """)
    }

    var restore: PreparedSQL {
        names.statement(
            "restore", [.text, .text] + Self.restored.types,
            """
            INSERT INTO \(name) (tenant, conversation_id, \(Self.restored.names))
            VALUES ($1, $2, \(Self.restored.parameters(from: 3)))
            """)
    }

    /// Clearing is two statements, because the second needs a snapshot that is taken once the row is locked.
    var markCleared: PreparedSQL {
        names.statement(
            "mark_cleared", [.text, .text],
            """
            UPDATE \(name) SET cleared_through = last_sequence, updated_at = greatest(now(), updated_at)
            WHERE \(thisConversation)
            """)
    }

    /// Counts the tenants but one, over the whole store; too rare to be prepared.
    var countOtherTenants: PreparedSQL {
        PreparedSQL(text: "SELECT count(DISTINCT nullif(tenant, $1)) FROM \(name)", [.text])
    }

    // MARK: Parts of the statements that append

    /// What an append needs of the conversations that it has made longer.
    static let lengthened = "tenant, conversation_id, created_at, updated_at, last_sequence"

    /// Makes conversations longer, and creates those that do not exist.
    ///
    /// - Parameter rows: What gives their tenants, ids, two times and the number of messages.
    func lengtheningOrCreation(of rows: String) -> String {
        """
        INSERT INTO \(name) AS v (tenant, conversation_id, created_at, updated_at, last_sequence)
        \(rows)
        ON CONFLICT (tenant, conversation_id) DO UPDATE
        SET last_sequence = v.last_sequence + excluded.last_sequence,
            updated_at = greatest(excluded.updated_at, v.updated_at)
        RETURNING \(Self.lengthened)
        """
    }

    /// Makes an existing conversation longer.
    ///
    /// - Parameters:
    ///   - count: The number of messages.
    ///   - condition: What else must be true of it.
    func lengthening(by count: String, if condition: String? = nil) -> String {
        """
        UPDATE \(name) SET last_sequence = last_sequence + \(count), updated_at = greatest(now(), updated_at)
        WHERE \(thisConversation)\(condition.map { " AND \($0)" } ?? "")
        RETURNING \(Self.lengthened)
        """
    }
}
