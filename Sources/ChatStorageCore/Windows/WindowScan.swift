/// Decides where a window of a conversation begins; it takes the messages from the newest back.
///
/// A window can begin at a user's message that separates no result from its call. It should begin at the same one while
/// the conversation grows. No state remembers that one, so the scan chooses by the messages' sequences, which do not
/// change: a user's message ranks by the highest bit in which its sequence differs from that of the user's
/// message before it. In any stretch of a conversation one ranks highest, and those that rank high are far apart, as on
/// a ruler. The window begins at the highest rank among those that leave it more than half full. So it moves forward
/// only, and by a quarter of the budget or more on average.
struct WindowScan {
    /// A message that the window can begin at.
    private struct Start {
        /// How many messages the window has with it.
        let messages: Int
        /// How many tokens these have.
        let tokens: Int
        let sequence: Int64
        /// The highest bit in which its sequence differs from that of the user's message before it; nil before that is
        /// known, and for the first.
        var rank: Int?
    }

    private let window: HistoryWindow
    /// Where the window can begin, the newest first.
    private var starts: [Start] = []
    private var results = OpenResults()
    private var messages = 0
    private var tokens = 0
    /// Whether what was taken is more than the window has room for.
    private var isOver = false

    init(_ window: HistoryWindow) {
        self.window = window
    }

    /// Whether messages before those that were taken can matter.
    ///
    /// The oldest of several starts gets its rank from the user's message before it.
    var needsMore: Bool { !isOver || (starts.count > 1 && starts[starts.count - 1].rank == nil) }

    /// Takes the message before those that were taken, in any state.
    mutating func take(_ message: Message) {
        guard needsMore else { return }
        guard message.isInHistory else {
            // A result of its calls is not separated from them by a window, since no window has them.
            if !isOver { results.precede(withCallsOf: message.body) }
            return
        }
        let isUsers = message.role == .user
        if isUsers, let last = starts.indices.last, starts[last].rank == nil {
            starts[last].rank = 64 - (starts[last].sequence ^ message.sequence).leadingZeroBitCount
        }
        guard !isOver else { return }
        messages += 1
        tokens = tokens.adding(count(message))
        isOver = !fits(messages, tokens, beside: (0, 0))
        guard !isOver else { return }
        results.precede(with: message.body)
        if isUsers, results.isEmpty {
            starts.append(Start(messages: messages, tokens: tokens, sequence: message.sequence))
        }
    }

    /// What the window shows, oldest first.
    ///
    /// - Parameters:
    ///   - newestFirst: The messages of the history that were taken, all if they are the whole conversation.
    ///   - leading: The instructions at the beginning, which the window keeps.
    func history(_ newestFirst: [Message], leading: ArraySlice<Message>) -> [ChatMessage] {
        if !isOver { return ChatMessage.history(newestFirst.reversed()) }
        guard let length = length(beside: leading) else { return [] }
        return (leading + newestFirst.prefix(length).reversed()).map(\.chatMessage)
    }

    /// How many of the newest messages the window has beside the instructions; nil if not even these fit.
    private func length(beside leading: ArraySlice<Message>) -> Int? {
        let kept = (messages: leading.count, tokens: leading.reduce(0) { $0.adding(count($1)) })
        guard fits(0, 0, beside: kept) else { return nil }
        let fitting = starts.filter { fits($0.messages, $0.tokens, beside: kept) }
        let fullest = fitting.filter { !fits(twice($0.messages), twice($0.tokens), beside: kept) }
        // Among equals the oldest wins, which is the last.
        let best = fullest.reversed().max { ($0.rank ?? 0) < ($1.rank ?? 0) }
        return (best ?? fitting.last)?.messages ?? 0
    }

    private func count(_ message: Message) -> Int {
        window.tokens == nil ? 0 : max(window.counter(message.chatMessage), 0)
    }

    private func twice(_ count: Int) -> Int { count.adding(count) }

    private func fits(_ messages: Int, _ tokens: Int, beside kept: (messages: Int, tokens: Int)) -> Bool {
        messages.adding(kept.messages) <= window.messages ?? .max && tokens.adding(kept.tokens) <= window.tokens ?? .max
    }
}

extension Message {
    /// Whether a history has it: not while it is being written, nor if that failed.
    var isInHistory: Bool { MessageStates.finished.contains(state) }
}

extension Int {
    /// The sum of two counts, or the highest number.
    fileprivate func adding(_ other: Int) -> Int {
        let (sum, isTooHigh) = addingReportingOverflow(other)
        return isTooHigh ? .max : sum
    }
}
