import ChatStorageCore

/// The statements that read pages in the order of sequences, in a form for each set of states.
///
/// It is an object, so that a look into it copies nothing.
final class MessagePages: Sendable {
    /// Which states a page has.
    enum Filter: String, CaseIterable {
        /// All.
        case all = ""
        /// Those that a model gets; every history asks for them.
        case finished = "_finished"
        /// Those that the last parameter names.
        case given = "_of_states"

        init(_ states: MessageStates) {
            self = states == .all ? .all : states == .finished ? .finished : .given
        }
    }

    /// The statements for pages of one set of states.
    struct Positions: Sendable {
        let last: PreparedSQL
        let before: PreparedSQL
        let after: PreparedSQL
    }

    let all: Positions
    let finished: Positions
    let given: Positions

    /// Makes them.
    init(_ positions: (Filter) -> Positions) {
        all = positions(.all)
        finished = positions(.finished)
        given = positions(.given)
    }

    subscript(_ states: MessageStates) -> Positions {
        switch Filter(states) {
        case .all: all
        case .finished: finished
        case .given: given
        }
    }

    /// A condition on a state; NULL is complete.
    ///
    /// - Parameter states: The parameter of the states' names.
    static func condition(_ state: String, in states: String) -> String {
        "coalesce(\(state), '\(MessageState.complete.rawValue)') = ANY (\(states))"
    }

    /// The names of states, as such a condition takes them.
    static func names(_ states: MessageStates) -> [String] {
        MessageState.allCases.filter { states.contains($0) }.map(\.rawValue)
    }
}

extension MessagePages.Filter {
    /// The part of a statement's condition for it.
    ///
    /// - Parameter next: The number of the parameter of the states' names.
    fileprivate func condition(_ next: Int) -> String {
        switch self {
        case .all: ""
        case .finished: " AND (x.state IS NULL OR x.state = '\(MessageState.stopped.rawValue)')"
        case .given: " AND \(MessagePages.condition("x.state", in: "$\(next)"))"
        }
    }

    fileprivate var types: [ParameterType] { self == .given ? [.textArray] : [] }
}

extension MessageTable {
    /// Pages of all branches.
    var pagesOfAll: MessagePages {
        pages("all_") { page in "SELECT \(Self.columnList) FROM \(page)" }
    }

    /// Pages of the current path of conversations that have not branched.
    ///
    /// A branched conversation gives one row that says so in its last column, and no message; an existing conversation
    /// without messages gives a row of NULLs. Both come from the conversation's row, in the same snapshot. The messages
    /// come in the order of the index, since they are joined to that one row.
    var pagesOfCurrent: MessagePages {
        pages("") { page in
            """
            SELECT \(Self.columns.map { "m.\($0)" }.joined(separator: ", ")), nullif(c.is_branched, false)
            FROM \(names.conversations) AS c
            LEFT JOIN LATERAL (SELECT \(Self.columnList) FROM \(page)) AS m ON true
            WHERE \(names.messages(of: "c"))
            """
        } condition: {
            " AND NOT c.is_branched"
        }
    }

    private func pages(
        _ prefix: String, _ statement: (_ page: String) -> String, condition: () -> String = { "" }
    ) -> MessagePages {
        MessagePages { filter in
            func page(_ name: String, _ place: String, _ order: String) -> PreparedSQL {
                let takesBound = !place.isEmpty
                let types: [ParameterType] = [.text, .text, .bigint] + (takesBound ? [.bigint] : []) + filter.types
                return names.statement(
                    "\(prefix)\(name)\(filter.rawValue)", types,
                    statement(
                        """
                        \(names.messages) AS x
                        WHERE \(names.messages(of: "x"))\(place)\(filter.condition(takesBound ? 5 : 4))\(condition())
                        ORDER BY x.sequence\(order) LIMIT $3
                        """))
            }
            return MessagePages.Positions(
                last: page("last_messages", "", " DESC"),
                before: page("messages_before", " AND x.sequence < $4", " DESC"),
                after: page("messages_after", " AND x.sequence > $4", ""))
        }
    }

    /// Reads the messages of a page of the current path; nil if the conversation has branched.
    static func currentPage(_ result: QueryResult, of id: ConversationID) throws -> [Message]? {
        guard let first = result.rows.first else { return [] }
        if !first.isNull(Int32(columns.count)) { return nil }
        if result.rowCount == 1, first.isNull(0) { return [] }
        return try messages(result.rows, of: id)
    }

    /// Reads messages, lowest sequence first; a statement returns them in either direction.
    ///
    /// They are put in order while they are read: to copy a message retains everything that it refers to.
    static func messages(
        _ rows: some RandomAccessCollection<QueryResult.Row>, of id: ConversationID
    ) throws -> [Message] {
        guard let first = rows.first, let last = rows.last else { return [] }
        let isDescending = try first.int64(0) > last.int64(0)
        var messages: [Message] = []
        messages.reserveCapacity(rows.count)
        var highest: Int64 = 0
        var isInOrder = true
        for place in 0..<rows.count {
            let offset = isDescending ? rows.count - 1 - place : place
            let message = try message(rows[rows.index(rows.startIndex, offsetBy: offset)], of: id)
            if message.sequence <= highest { isInOrder = false }
            highest = message.sequence
            messages.append(message)
        }
        return isInOrder ? messages : messages.sorted { $0.sequence < $1.sequence }
    }
}
