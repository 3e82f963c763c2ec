import ChatStorageCore

/// The table of conversations: its columns as they are read and given, and the statements about it alone.
///
/// To add a column, extend these lists and the schema's next version.
struct ConversationTable: Sendable {
    /// The columns that are read, in the order of ``conversation(_:)``.
    static let columns = [
        "conversation_id", "title", "created_at", "updated_at", "last_sequence", "message_count", "read_through",
        "cleared_through", "labels", "metadata", "head", "is_branched",
    ]
    static let columnList = columns.joined(separator: ", ")

    /// What the caller gives for a new conversation, apart from its id.
    static let new = BoundColumns<NewConversation>([
        .init("title", .text) { $1.append($0.title) },
        .init("labels", .textArray) { $1.append(textsOrNull: stored($0.labels)) },
        .init("metadata", .text) { $1.append(MessageTable.stored($0.metadata)) },
    ])

    /// The read marks of a change.
    static let readMarks = BoundColumns<ConversationChange>([
        .init("read_through", .bigint) { $1.append($0.readThrough) },
        .init("unread_from", .bigint) { $1.append($0.unreadFrom) },
    ])

    /// The values of a restored conversation, apart from its id.
    static let restored = BoundColumns<Conversation>([
        .init("title", .text) { $1.append($0.title) },
        .init("created_at", .timestamptz) { $1.append($0.createdAt) },
        .init("updated_at", .timestamptz) { $1.append($0.updatedAt) },
        .init("last_sequence", .bigint) { $1.append($0.lastSequence) },
        .init("message_count", .bigint) { $1.append(Int64($0.messageCount)) },
        .init("read_through", .bigint) { $1.append($0.readThrough) },
        .init("cleared_through", .bigint) { $1.append($0.version.clearedThrough) },
        .init("labels", .textArray) { $1.append(textsOrNull: stored($0.labels)) },
        .init("metadata", .text) { $1.append(MessageTable.stored($0.metadata)) },
        .init("head", .bigint) { $1.append($0.head) },
        .init("is_branched", .boolean) { $1.append($0.isBranched) },
    ])

    private let names: TableNames
    var name: String { names.conversations }
    let thisConversation = TableNames.thisConversation
    /// The table that lists the labels.
    private let labels: LabelTable

    init(_ names: TableNames) {
        self.names = names
        labels = LabelTable(names)
    }

    // MARK: Statements

    /// Creates a conversation; the form for one with labels lists these too.
    func create(withLabels: Bool) -> PreparedSQL {
        names.statement(
            withLabels ? "create_with_labels" : "create", [.text, .text] + Self.new.types,
            """
            WITH c AS (
                \(creation))\(withLabels ? ", l AS (\(labels.listing))" : "")
            SELECT \(Self.columnList) FROM c
            """)
    }

    func getOrCreate(withLabels: Bool) -> PreparedSQL {
        names.statement(
            withLabels ? "get_or_create_with_labels" : "get_or_create", [.text, .text] + Self.new.types,
            """
            WITH c AS (
                \(creation))\(withLabels ? ", l AS (\(labels.listing))" : "")
            SELECT \(Self.columnList) FROM c
            UNION ALL
            SELECT \(Self.columnList) FROM \(name) WHERE \(thisConversation)
            LIMIT 1
            """)
    }

    private var creation: String {
        """
        INSERT INTO \(name) (tenant, conversation_id, \(Self.new.names), created_at, updated_at, last_sequence)
        VALUES ($1, $2, \(Self.new.parameters(from: 3)), now(), now(), 0)
        ON CONFLICT (tenant, conversation_id) DO NOTHING
        RETURNING tenant, \(Self.columnList)
        """
    }

    var get: PreparedSQL {
        names.statement(
            "conversation", [.text, .text],
            "SELECT \(Self.columnList) FROM \(name) WHERE \(thisConversation)")
    }

    var updateTitle: PreparedSQL {
        names.statement(
            "update_title", [.text, .text, .text],
            """
            WITH c AS (
                UPDATE \(name) SET title = $3, updated_at = greatest(now(), updated_at)
                WHERE \(thisConversation)
                RETURNING tenant, \(Self.columnList)),
            l AS (\(labels.listing))
            SELECT \(Self.columnList) FROM c
            """)
    }

    var markRead: PreparedSQL {
        names.statement(
            "mark_read", [.text, .text] + Self.readMarks.types,
            """
            UPDATE \(name) SET \(Self.markingRead(through: "$3", unreadFrom: "$4"))
            WHERE \(thisConversation)
            RETURNING \(Self.columnList)
            """)
    }

    /// The read mark, clamped by the row's values under the lock.
    private static func markingRead(through sequence: String, unreadFrom first: String) -> String {
        """
        read_through = CASE
            WHEN \(sequence) IS NOT NULL THEN greatest(read_through, least(\(sequence), last_sequence))
            WHEN \(first) IS NOT NULL THEN least(read_through, greatest(\(first) - 1, 0))
            ELSE read_through END
        """
    }

    /// Writes the merged values if the conversation is still as it was read.
    var change: PreparedSQL {
        names.statement(
            "change_conversation", [.text, .text] + MergedChange.columns.types,
            """
            WITH c AS (
                UPDATE \(name)
                SET \(changes())
                WHERE \(thisConversation) AND \(isUnchanged)
                RETURNING tenant, \(Self.columnList)),
            l AS (\(labels.listing))
            SELECT \(Self.columnList) FROM c
            """)
    }

    /// Also sets a head, in a transaction that has locked the row: its snapshot shows the current messages.
    ///
    /// It returns one row if the conversation exists: the conversation, if it was changed, and whether the message
    /// exists.
    var changeHead: PreparedSQL {
        let branches = BranchSQL(names: names)
        let columns = HeadChange.columns
        func parameter(_ name: String) -> String { columns.parameter(name, from: 3 + MergedChange.columns.count) }
        let (head, branch) = (parameter("head"), parameter("branch"))
        let isMerged = "(\(MergedChange.columns.parameter("old_created_at", from: 3)) IS NOT NULL)"
        return names.statement(
            "change_head", [.text, .text] + MergedChange.columns.types + columns.types,
            """
            WITH RECURSIVE \(branches.descendants(of: branch)),
            look AS (SELECT \(BranchSQL.looked.joined(separator: ", ")) FROM \(name) WHERE \(thisConversation)),
            h AS (
                SELECT CASE WHEN \(head) = 0 THEN 0 WHEN \(head) IS NOT NULL
                        THEN (SELECT f.sequence FROM \(branches.message(head)) AS f)
                        ELSE (SELECT CASE WHEN last.high IS NULL THEN \(branches.newest)
                                ELSE \(branches.before("last.high")) END
                            FROM (SELECT high FROM d ORDER BY low DESC LIMIT 1) AS last) END AS head,
                    coalesce(\(branches.newest), 0) AS newest
                FROM look),
            c AS (
                UPDATE \(name) AS v
                SET \(changes(isMerged: isMerged)), head = nullif(h.head, h.newest),
                    is_branched = h.head <> h.newest OR \(branches.hasJumps)
                FROM h
                WHERE \(names.messages(of: "v")) AND h.head IS NOT NULL
                    AND EXISTS (SELECT FROM look WHERE \(BranchSQL.isAsLooked("v", "look")))
                    AND (\(isMerged) IS NOT TRUE OR \(isUnchanged))
                RETURNING v.tenant, \(Self.columns.map { "v.\($0)" }.joined(separator: ", "))),
            l AS (\(labels.listing))
            SELECT \(Self.columns.map { "c.\($0)" }.joined(separator: ", ")), h.head IS NOT NULL
            FROM h LEFT JOIN c ON true
            """)
    }

    /// The assignments of a change.
    ///
    /// - Parameter isMerged: Whether it was merged with values that were read; a change of the head alone reads nothing
    ///   before.
    private func changes(isMerged: String? = nil) -> String {
        func parameter(_ name: String) -> String { MergedChange.columns.parameter(name, from: 3) }
        let merged = ["title", "labels", "metadata"].map { column in
            let value = parameter(column)
            return "\(column) = \(isMerged.map { "CASE WHEN \($0) THEN \(value) ELSE v.\(column) END" } ?? value)"
        }
        return """
            \(merged.joined(separator: ", ")),
                    updated_at = CASE WHEN \(parameter("moves")) THEN greatest(now(), updated_at)
                        ELSE updated_at END,
                    \(Self.markingRead(through: parameter("read_through"), unreadFrom: parameter("unread_from")))
            """
    }

    /// Whether the conversation is still as it was read.
    private var isUnchanged: String {
        func parameter(_ name: String) -> String { MergedChange.columns.parameter(name, from: 3) }
        return """
            created_at = \(parameter("old_created_at"))
                    AND title IS NOT DISTINCT FROM \(parameter("old_title"))
                    AND labels IS NOT DISTINCT FROM \(parameter("old_labels"))
                    AND metadata IS NOT DISTINCT FROM \(parameter("old_metadata"))
            """
    }

    var delete: PreparedSQL {
        names.statement("delete", [.text, .text], "DELETE FROM \(name) WHERE \(thisConversation)")
    }

    /// Deletes a conversation if nothing spares it; after waiting for its lock, PostgreSQL rechecks that on the new
    /// row.
    var deleteIf: PreparedSQL {
        names.statement(
            "delete_if", [.text, .text, .timestamptz, .textArray],
            """
            DELETE FROM \(name) WHERE \(thisConversation) AND ($3 IS NULL OR updated_at < $3)
                AND (labels IS NULL OR NOT labels && $4)
            """)
    }

    /// The order of the list.
    static let newestFirst = "updated_at DESC, \(TableNames.id)"

    var firstPage: PreparedSQL {
        names.statement("first_conversations", [.text, .bigint], firstRows)
    }

    var firstRows: String {
        """
        SELECT \(Self.columnList) FROM \(name) WHERE \(names.thisTenant)
        ORDER BY \(Self.newestFirst) LIMIT $2
        """
    }

    var nextPage: PreparedSQL {
        names.statement("next_conversations", [.text, .timestamptz, .text, .bigint], nextRows)
    }

    /// The conversations updated at the same time as the last one, then the older ones: two ranges of one index.
    ///
    /// With one condition and OR, PostgreSQL would read the index from its start each time.
    var nextRows: String {
        """
        SELECT \(Self.columnList) FROM (
            (SELECT \(Self.columnList) FROM \(name)
             WHERE \(names.thisTenant) AND updated_at = $2 AND \(TableNames.id) > $3
             ORDER BY \(Self.newestFirst) LIMIT $4)
            UNION ALL
            (SELECT \(Self.columnList) FROM \(name)
             WHERE \(names.thisTenant) AND updated_at < $2
             ORDER BY \(Self.newestFirst) LIMIT $4)
        ) AS page
        ORDER BY \(Self.newestFirst) LIMIT $4
        """
    }

    var restore: PreparedSQL {
        names.statement(
            "restore", [.text, .text] + Self.restored.types,
            """
            WITH c AS (
                INSERT INTO \(name) (tenant, conversation_id, \(Self.restored.names))
                VALUES ($1, $2, \(Self.restored.parameters(from: 3)))
                RETURNING tenant, \(Self.columnList))
            \(labels.listing)
            """)
    }

    /// Clearing is two statements, because the second needs a snapshot that is taken once the row is locked.
    var markCleared: PreparedSQL {
        names.statement(
            "mark_cleared", [.text, .text],
            """
            WITH c AS (
                UPDATE \(name)
                SET cleared_through = last_sequence, message_count = 0, read_through = last_sequence, head = NULL,
                    is_branched = false, updated_at = greatest(now(), updated_at)
                WHERE \(thisConversation)
                RETURNING tenant, \(Self.columnList))
            \(labels.listing)
            """)
    }

    /// Reads a page of tenants with their counts; too rare to be prepared.
    ///
    /// It finds each tenant by the key of the one before; a distributed engine allows no such recursion over its
    /// servers.
    var tenants: PreparedSQL {
        let counts = "count(*), coalesce(sum(message_count), 0)::bigint"
        if names.isDistributed {
            return PreparedSQL(
                text: "SELECT tenant, \(counts) FROM \(name) WHERE tenant >= $1 GROUP BY 1 ORDER BY 1 LIMIT $2",
                [.text, .bigint])
        }
        return PreparedSQL(
            text: """
                WITH RECURSIVE t AS (
                    (SELECT tenant FROM \(name) WHERE tenant >= $1 ORDER BY tenant LIMIT 1)
                    UNION ALL
                    SELECT (SELECT tenant FROM \(name) AS c WHERE c.tenant > t.tenant ORDER BY c.tenant LIMIT 1)
                    FROM t WHERE t.tenant IS NOT NULL)
                SELECT page.tenant, counted.*
                FROM (SELECT tenant FROM t WHERE tenant IS NOT NULL LIMIT $2) AS page CROSS JOIN LATERAL (
                    SELECT \(counts) FROM \(name) AS c WHERE c.tenant = page.tenant) AS counted
                ORDER BY page.tenant
                """, [.text, .bigint])
    }
}
