import ChatStorageCore

/// The statements that list conversations by labels or with previews, and how their answers are read.
///
/// Each walks one index in the order of the list, skips conversations without the right labels, and ends where
/// `ConversationPageBuilder` ends a page: at the page's limit, or after the most conversations that a page may examine.
/// It reads one more, which shows whether there is a next page.
struct ConversationWalk: Sendable {
    let names: TableNames
    private let newestFirst = ConversationTable.newestFirst

    init(_ names: TableNames) {
        self.names = names
    }

    // MARK: Statements

    /// Walks the list from its start.
    var first: PreparedSQL { statement("walk_first", [], from: list("", 7)) }
    /// Walks the list from a place.
    var next: PreparedSQL { statement("walk_next", Self.start, from: twoRanges(list, 7)) }
    /// Reads the first page of all conversations with previews.
    var firstWithPreviews: PreparedSQL {
        withPreviews("previews_first", [.text, .bigint, .bigint], "$3", ConversationTable(names).firstRows)
    }
    /// Reads a page of all conversations with previews from a place.
    var nextWithPreviews: PreparedSQL {
        withPreviews(
            "previews_next", [.text, .timestamptz, .text, .bigint, .bigint], "$5", ConversationTable(names).nextRows)
    }
    /// Walks a label's conversations from the newest one.
    var firstOfLabel: PreparedSQL { statement("walk_label_first", [.text], from: ofLabel("", 8)) }
    /// Walks a label's conversations from a place.
    var nextOfLabel: PreparedSQL { statement("walk_label_next", [.text] + Self.start, from: twoRanges(ofLabel, 8)) }

    /// The types of the place after which a page begins.
    private static let start: [ParameterType] = [.timestamptz, .text]

    /// The tenant, the page's limit, how many rows are read at most, the labels that all have, those that none has, and
    /// the length of previews; then those of `more`.
    ///
    /// The rows are numbered and filtered one by one as the index gives them, so the walk ends with the page. The last
    /// row that a page examines is returned whatever its labels, since the next page may begin after it.
    private func statement(_ name: String, _ more: [ParameterType], from rows: String) -> PreparedSQL {
        let columns = ConversationTable.columns
        return names.statement(
            name, [.text, .bigint, .bigint, .textArray, .textArray, .bigint] + more,
            """
            SELECT \(columns.map { "page.\($0)" }.joined(separator: ", ")), page.matches, page.has_next, page.number,
                \(Self.previewColumns)
            FROM (
                SELECT \(ConversationTable.columnList), matches, has_next, number FROM (
                    SELECT \(ConversationTable.columnList),
                        coalesce(labels, '{}') @> $4 AND NOT coalesce(labels, '{}') && $5 AS matches,
                        lead(true) OVER list IS NOT NULL AS has_next, row_number() OVER list AS number
                    FROM (
                        \(rows)) AS walked
                    WINDOW list AS (ORDER BY \(newestFirst))) AS looked_at
                WHERE number < $3 AND (matches OR number = $3 - 1)
                ORDER BY \(newestFirst) LIMIT $2) AS page
            LEFT JOIN LATERAL (
                \(preview(scalars: "$6"))) AS preview
            ON page.matches AND $6 IS NOT NULL
            ORDER BY page.updated_at DESC, page.conversation_id COLLATE "POSIX"
            """)
    }

    /// Rows of the list under a condition on their place, in its order.
    private func list(_ place: String, _: Int) -> String {
        """
        SELECT \(ConversationTable.columnList) FROM \(names.conversations)
        WHERE \(names.thisTenant)\(place) ORDER BY \(newestFirst) LIMIT $3
        """
    }

    /// Rows that have the label that the parameter before the place names.
    ///
    /// It looks up each conversation by its key: with a plain join, a planner that expects many would read them all. If
    /// a label is listed at another time than its conversation, the row gets an impossible last sequence, since pages
    /// would leave out conversations in between.
    private func ofLabel(_ place: String, _ next: Int) -> String {
        let listed = ["conversation_id", "updated_at"]
        let columns = ConversationTable.columns.map { column in
            column == "last_sequence"
                ? "CASE WHEN found.updated_at = listed.updated_at THEN found.last_sequence ELSE -1 END AS last_sequence"
                : "\(listed.contains(column) ? "listed" : "found").\(column)"
        }
        return """
            SELECT \(columns.joined(separator: ", "))
            FROM (
                SELECT conversation_id, updated_at FROM \(names.labels)
                WHERE \(names.thisTenant) AND label COLLATE "POSIX" = $\(next - 1)\(place)
                ORDER BY \(newestFirst) LIMIT $3) AS listed
            CROSS JOIN LATERAL (
                SELECT \(ConversationTable.columnList) FROM \(names.conversations) AS c
                WHERE c.tenant = $1 AND c.conversation_id = listed.conversation_id LIMIT 1) AS found
            ORDER BY listed.updated_at DESC, listed.conversation_id COLLATE "POSIX"
            """
    }

    /// Rows after a place: those updated at the same time, then the older ones; these are two ranges of one index.
    private func twoRanges(_ rows: (_ place: String, _ next: Int) -> String, _ next: Int) -> String {
        """
        SELECT \(ConversationTable.columnList) FROM (
            (\(rows(" AND updated_at = $\(next) AND \(TableNames.id) > $\(next + 1)", next)))
            UNION ALL
            (\(rows(" AND updated_at < $\(next)", next)))) AS ranges
        ORDER BY \(newestFirst) LIMIT $3
        """
    }

    // MARK: Answers

    /// The values of a statement that walks.
    ///
    /// - Parameter start: The last conversation before the page.
    static func values(
        _ query: ConversationQuery, after start: (updatedAt: Timestamp, id: ConversationID)?, tenant: String
    ) -> Parameters {
        let most = ConversationPageBuilder.mostLookedAt(query)
        return Parameters(bytes: 512) { values in
            values.append(tenant)
            values.append(Int64(clamping: query.limit))
            values.append(Int64(clamping: most == .max ? most : most + 1))
            values.append(texts: query.with.map(\.rawValue))
            values.append(texts: query.without.map(\.rawValue))
            values.append(query.preview.map { Int64($0) })
            if let label = query.with.min() { values.append(label.rawValue) }
            if let start {
                values.append(start.updatedAt)
                values.append(start.id.rawValue)
            }
        }
    }

    /// Reads a page from a statement's answer.
    static func page(_ result: QueryResult, of query: ConversationQuery, tenant: String) throws -> ConversationPage {
        let first = Int32(ConversationTable.columns.count)
        let most = ConversationPageBuilder.mostLookedAt(query)
        var items: [Conversation] = []
        for row in result.rows {
            var conversation = try ConversationTable.conversation(row, for: query)
            if try row.bool(first) {
                conversation.preview = try preview(row, first + 3)
                items.append(conversation)
            }
            if try items.count == query.limit || row.int64(first + 2) == most {
                let hasNext = try row.bool(first + 1)
                return ConversationPage(
                    items: items, next: hasNext ? ConversationCursor(after: conversation, tenant: tenant) : nil)
            }
        }
        return ConversationPage(items: items, next: nil)
    }
}
