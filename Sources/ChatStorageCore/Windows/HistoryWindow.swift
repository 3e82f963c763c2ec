/// How much of a conversation a model gets: at most a number of messages, of tokens, or both.
///
/// ```swift
/// let past = try await chats.history(of: id, window: .tokens(60_000))
/// ```
///
/// <doc:Windows> says where a window begins.
public struct HistoryWindow: Sendable {
    /// How many messages at most, 0 or more; nil for any number.
    public var messages: Int?
    /// How many tokens at most, 0 or more; nil for any number.
    public var tokens: Int?
    /// Counts the tokens of a message; by default ``estimatedTokens(of:)``.
    ///
    /// It is called once for each message that is looked at.
    public var counter: @Sendable (ChatMessage) -> Int

    /// Makes a window.
    ///
    /// - Parameters:
    ///   - messages: How many messages at most, 0 or more; by default any number.
    ///   - tokens: How many tokens at most, 0 or more; by default any number.
    ///   - counter: Counts the tokens of a message, 0 or more; by default an estimate.
    public init(
        messages: Int? = nil, tokens: Int? = nil,
        counter: @escaping @Sendable (ChatMessage) -> Int = HistoryWindow.estimatedTokens
    ) {
        self.messages = messages
        self.tokens = tokens
        self.counter = counter
    }

    /// A window of at most a number of messages.
    public static func messages(_ count: Int) -> HistoryWindow { HistoryWindow(messages: count) }

    /// A window of at most a number of tokens.
    ///
    /// - Parameters:
    ///   - count: How many tokens at most, 0 or more.
    ///   - counter: Counts the tokens of a message; by default an estimate, so leave room.
    public static func tokens(
        _ count: Int, counter: @escaping @Sendable (ChatMessage) -> Int = HistoryWindow.estimatedTokens
    ) -> HistoryWindow {
        HistoryWindow(tokens: count, counter: counter)
    }

    /// Estimates the tokens of a message: a token for every four bytes of what is sent of it, and four for the message.
    ///
    /// Code, and languages other than English, can have twice as many tokens. A file that is named by its URL counts as
    /// that URL; one inside the provider's own JSON counts with all its bytes. A model's own counter is exact.
    @Sendable public static func estimatedTokens(of message: ChatMessage) -> Int {
        let bytes: Int
        if let native = message.native {
            bytes = native.json.text.utf8.count
        } else if message.isPlain {
            bytes = message.content.utf8.count
        } else {
            bytes = message.parts.reduce(0) { $0 + $1.sentBytes }
        }
        return (bytes + 3) / 4 + 4
    }

    func check() throws {
        for (name, limit) in [("messages", messages), ("tokens", tokens)] {
            if let limit, limit < 0 {
                throw ChatStorageError(.invalidArgument, "window.\(name) is \(limit); it takes 0 or more")
            }
        }
    }
}

extension MessagePart {
    /// About how many bytes of it a provider gets: its own JSON, or its texts.
    fileprivate var sentBytes: Int {
        if let native { return native.json.text.utf8.count }
        let texts = [text, name, input, output, file?.url, file?.id]
        return texts.reduce(0) { $0 + ($1?.utf8.count ?? 0) } + extra.reduce(0) { $0 + $1.json.text.utf8.count }
    }
}
