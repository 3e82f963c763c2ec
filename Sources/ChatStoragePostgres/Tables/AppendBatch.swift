import ChatStorageCore

/// Appends of several callers in one statement.
struct AppendBatch: MergedWrites {
    private struct Conversation: Sendable {
        let key: ConversationKey
        var messages: Int
    }

    private let appends: [Append]
    private let statement: MessageStatement
    /// In the order of their key, by which the statement numbers them.
    private let conversations: [Conversation]
    /// For each append its conversation, and how many messages later appends add to the same one.
    private let places: [(conversation: Int, following: Int)]
    private let values: MessageValues
    private var bytes: Int { values.bytes }

    /// Merges appends, which get their sequences in this order; all must be of the statement's schema.
    init(_ appends: [Append], _ statement: MessageStatement) {
        self.appends = appends
        self.statement = statement
        var numbers: [ConversationKey: Int] = [:]
        var conversations: [Conversation] = []
        for key in Set(appends.map(\.key)).sorted() {
            numbers[key] = conversations.count
            conversations.append(Conversation(key: key, messages: 0))
        }
        var places: [(conversation: Int, following: Int)] = []
        for append in appends.reversed() {
            let number = numbers[append.key] ?? 0
            places.append((number, conversations[number].messages))
            conversations[number].messages += append.rowCount
        }
        self.conversations = conversations
        self.places = places.reversed()
        values = MessageValues(joining: appends.map(\.values))
    }

    /// The conversations, each once.
    var keys: [ConversationKey] { conversations.map(\.key) }

    /// The one statement.
    var request: Request {
        Request(
            groups: [[Request.Step(statement: statement.sql(for: values), bytes: bytes) { parameters }]],
            .write(conversations.first?.key ?? .schema))
    }

    private var parameters: Parameters {
        let ends = placesOfMessages
        return Parameters(bytes: bytes + 32 * ends.count + 128 * conversations.count + 256) { parameters in
            parameters.append(texts: conversations.lazy.map(\.key.tenant))
            parameters.append(texts: conversations.lazy.map(\.key.id.rawValue))
            parameters.append(numbers: conversations.lazy.map { Int64($0.messages) })
            parameters.append(numbers: ends.lazy.map(\.number))
            parameters.append(numbers: ends.lazy.map(\.following))
            statement.append(values, to: &parameters)
        }
    }

    /// For each message the number of its conversation, and how many messages follow it there.
    private var placesOfMessages: [(number: Int64, following: Int64)] {
        zip(appends, places).flatMap { append, place in
            append.values.messages.indices.reversed().map { later in
                (Int64(place.conversation + 1), Int64(place.following + later))
            }
        }
    }

    /// A conversation as the statement left it, or why that cannot be read.
    struct Row {
        /// Its place in the order of the key, from 1.
        let number: Int64
        /// Whether nothing was appended to it, since it has labels or a head.
        var isLeftOut = false
        let state: Result<State, any Error>
    }

    /// A conversation's last sequence, the messages' time, when the conversation was created and what was cleared.
    struct State {
        let lastSequence: Int64
        let time: Timestamp
        let createdAt: Timestamp
        let clearedThrough: Int64
    }

    /// What each append stored, in their order; nil if its conversation was left out, since it has labels or a head.
    ///
    /// - Parameters:
    ///   - rows: One for each conversation; RETURNING has no order.
    ///   - stored: How many messages were stored.
    func results(_ rows: [Row], stored: Int64) -> [Result<Appended?, any Error>] {
        var states: [Row?] = Array(repeating: nil, count: conversations.count)
        for row in rows where (1...Int64(conversations.count)).contains(row.number) {
            states[Int(row.number) - 1] = row
        }
        let expected = zip(conversations, states).reduce(0) { $0 + ($1.1?.isLeftOut == true ? 0 : $1.0.messages) }
        let isWhole = rows.count == conversations.count && stored == Int64(expected)
        return zip(appends, places).map { append, place in
            guard isWhole, let row = states[place.conversation] else { return .failure(Appended.damage) }
            if row.isLeftOut { return .success(nil) }
            return row.state.map { state in
                let last = state.lastSequence - Int64(place.following)
                return Appended(
                    firstSequence: last - Int64(append.rowCount) + 1, time: state.time,
                    conversationCreatedAt: state.createdAt, clearedThrough: state.clearedThrough)
            }
        }
    }

    /// Reads the statement's answer: an optional ``Appended`` for each append.
    func shares(of answers: [QueryResult]) -> [Result<any Sendable, any Error>] {
        do {
            guard let result = answers.first else { throw Appended.damage }
            let rows = try result.rows.map(AppendSQL.batchRow)
            return results(rows, stored: try result.rows.first.map(AppendSQL.batchCount) ?? 0).map {
                $0.map { $0 }
            }
        } catch {
            return appends.map { _ in .failure(error) }
        }
    }
}
