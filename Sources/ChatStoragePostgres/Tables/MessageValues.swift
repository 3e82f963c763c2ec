import ChatStorageCore

/// The values of messages to be stored.
///
/// The caller's task makes the JSON of parts and metadata, not the thread that drives the connections.
struct MessageValues: Sendable {
    /// The stored form of what a message has beside one text.
    struct More: Sendable {
        let parts: String?
        let metadata: String?

        init(_ message: ChatMessage) {
            parts = MessageJSON.stored(message)
            metadata = MessageTable.stored(message.metadata)
        }

        fileprivate var bytes: Int { (parts?.utf8.count ?? 0) + (metadata?.utf8.count ?? 0) }
    }

    let messages: [ChatMessage]
    /// What each has beside one text; nil where none has anything.
    private let more: [More?]?
    /// About how many bytes they have.
    let bytes: Int

    init(_ messages: [ChatMessage]) {
        self.messages = messages
        more = messages.allSatisfy(\.isPlain) ? nil : messages.map { $0.isPlain ? nil : More($0) }
        let texts = messages.reduce(0) { $0 + $1.content.utf8.count + ($1.key.map { $0.utf8.count + 16 } ?? 0) + 32 }
        bytes = texts + (more ?? []).reduce(0) { $0 + ($1?.bytes ?? 0) }
    }

    /// The messages of several appends, in order.
    init(joining values: [MessageValues]) {
        messages = values.flatMap(\.messages)
        more =
            values.allSatisfy(\.arePlain)
            ? nil : values.flatMap { $0.more ?? Array(repeating: nil, count: $0.messages.count) }
        bytes = values.reduce(0) { $0 + $1.bytes }
    }

    /// Whether all are one text each, without metadata; they may have keys.
    var arePlain: Bool { more == nil }

    /// Whether they have keys: all messages of an append have keys, or none.
    var haveKeys: Bool { messages.first?.key != nil }

    /// The stored form of their parts; NULL for one text.
    var parts: [String?] { values(\.parts) }
    /// The stored form of their metadata; NULL for none.
    var metadata: [String?] { values(\.metadata) }

    private func values(_ value: (More) -> String?) -> [String?] {
        more.map { $0.map { $0.flatMap(value) } } ?? Array(repeating: nil, count: messages.count)
    }
}
