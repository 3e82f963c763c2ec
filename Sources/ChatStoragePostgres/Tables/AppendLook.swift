import ChatStorageCore

/// The answer of a statement that looks for keys and at the conversation, and then appends.
struct AppendLook {
    /// The kind of a row of its answer, which the row's first column names.
    private enum Row: String {
        /// A message that already has one of the given keys; then no message is added.
        case found
        /// A message that was added: its sequence, time and predecessor.
        case added
        /// The conversation before the append: its version, whether it has labels, and whether the place exists.
        case before
        /// The same after it.
        case after
    }

    private(set) var found: [Message] = []
    /// How many messages were added, their sequences and time, and the message that the first of them follows.
    private(set) var added: (count: Int, first: Int64, last: Int64, time: Timestamp, parent: Int64?)?
    /// The conversation's version as the statement's snapshot shows it; nil if there was none.
    private(set) var before: ConversationVersion?
    /// The conversation's version after messages were added.
    private(set) var after: ConversationVersion?
    /// Whether the message to follow or to replace is there.
    private(set) var hasPlace = true
    /// Whether the conversation has labels: after messages were added, or else as the statement's snapshot shows.
    var hasLabels: Bool { hadLabels.after ?? hadLabels.before ?? false }
    private var hadLabels: (before: Bool?, after: Bool?)

    init(_ result: QueryResult, of id: ConversationID) throws {
        for row in result.rows {
            // The messages' columns follow the kind.
            switch Row(rawValue: try row.text(0)) {
            case .found: found.append(try MessageTable.message(row, from: 1, of: id))
            case .added:
                let (sequence, time, parent) = try MessageTable.place(row, from: 1)
                let known = added ?? (0, sequence, sequence, time, nil)
                added = (
                    known.count + 1, min(known.first, sequence), max(known.last, sequence), time, known.parent ?? parent
                )
            case .before:
                before = try Self.version(row)
                hadLabels.before = try row.bool(Self.more + 1)
                hasPlace = try row.bool(Self.more + 3)
            case .after:
                after = try Self.version(row)
                hadLabels.after = try row.bool(Self.more + 1)
            case nil: throw Appended.damage
            }
        }
    }

    /// The first column after the messages' columns.
    private static let more = 1 + Int32(MessageTable.columns.count)

    private static func version(_ row: QueryResult.Row) throws -> ConversationVersion {
        let (sequence, time, _) = try MessageTable.place(row, from: 1)
        return ConversationVersion(
            createdAt: time, lastSequence: sequence, clearedThrough: try row.int64(more, atLeast: 0),
            head: row.isNull(more + 2) ? nil : try row.int64(more + 2, atLeast: 0))
    }

    // MARK: Its rows in SQL

    static var found: String { row(.found, MessageTable.columnList, from: "found") }

    static func added(parent: String = "NULL::bigint") -> String {
        row(.added, MessageTable.row(sequence: "sequence", createdAt: "created_at", parent: parent), from: "added")
    }

    /// - Parameters:
    ///   - hasLabels: Whether the conversation has labels.
    ///   - head: Its head.
    static func after(hasLabels: String, head: String = "NULL::bigint") -> String {
        row(.after, version, clearedThrough: "cleared_through", hasLabels: hasLabels, head: head, from: "c")
    }

    /// - Parameters:
    ///   - source: The conversation's row, and where it is.
    ///   - hasPlace: Whether the message to follow or to replace is there.
    static func before(from source: String, hasPlace: String = "true") -> String {
        row(
            .before, version, clearedThrough: "cleared_through", hasLabels: "labels IS NOT NULL", head: "head",
            hasPlace: hasPlace, from: source)
    }

    private static let version = MessageTable.row(sequence: "last_sequence", createdAt: "created_at")

    private static func row(
        _ row: Row, _ columns: String, clearedThrough: String = "NULL::bigint", hasLabels: String = "false",
        head: String = "NULL::bigint", hasPlace: String = "true", from source: String
    ) -> String {
        "SELECT '\(row.rawValue)', \(columns), \(clearedThrough), \(hasLabels), \(head), \(hasPlace) FROM \(source)"
    }
}
