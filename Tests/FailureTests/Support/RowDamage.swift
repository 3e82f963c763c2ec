import ChatStorageCore

/// A change of a stored row that the library would not make.
struct RowDamage: Sendable, CustomStringConvertible {
    /// Where it is.
    enum Place: Sendable {
        case conversation, message, label
    }

    /// What reads of the row must return.
    enum Answer: Sendable {
        /// Nothing: no backend writes such a value, so they throw `damaged`.
        case damaged
        /// What they returned before: the value says the same in other words.
        case same
        /// What is stored now, which a backend could have written.
        case asStored
        /// What is stored now, which no backend would have written; to check it would cost every read.
        case unchecked
    }

    let place: Place
    let answer: Answer
    /// What makes it, in the engine's language.
    let sql: String

    /// Whether PostgreSQL itself finds no label in the row: its list by label does not have to decode the rows that it
    /// skips.
    var hidesLabels: Bool { place == .conversation && sql.contains("NULL}'") }

    var description: String { sql.count > 300 ? "\(sql.prefix(300))..." : sql }

    /// The conversation with the rows.
    static let victim = ConversationID("victim")

    /// The conversation as it is before: with all that a row can have.
    static var snapshot: ConversationSnapshot {
        var snapshot = ConversationSnapshot(
            id: victim, title: "title", createdAt: .distantPast, updatedAt: .distantPast,
            messages: [
                .init(sequence: 1, body: .user("first", key: "key 1"), createdAt: .distantPast),
                .init(
                    sequence: 2,
                    body: ChatMessage(
                        role: .assistant,
                        parts: [.text("\u{e9}1"), .toolCall("f", callID: "1", input: "{}"), .text("two")],
                        metadata: ["rating": 1], key: "key 2",
                        native: (try? JSONText("[1]")).map { NativeJSON(format: "some.api", json: $0) }),
                    createdAt: .distantPast),
                .init(sequence: 3, body: .user("last", key: "key 3"), createdAt: .distantPast),
            ])
        snapshot.labels = ["one", "two"]
        snapshot.metadata = ["a": 1]
        snapshot.readThrough = 2
        return snapshot
    }

    /// All of them on an engine.
    static func all(of kind: TestedStore.Kind) -> [RowDamage] {
        let engine = RowDamages(isPostgres: kind == .postgres)
        return engine.counts + engine.labels + engine.metadata("conversations", .conversation)
            + engine.metadata("chat_messages", .message) + engine.parts + engine.listedLabels
    }
}

extension Timestamp {
    fileprivate static let distantPast = Timestamp(microsecondsSinceEpoch: 946_684_800_000_000)
}
