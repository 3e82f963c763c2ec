/// The conversations whose messages are so large that a few of them make a long answer.
///
/// A page's limit bounds the messages, not the bytes; answers teach how large the messages are. Only conversations that
/// had a long answer are remembered, in bounded memory.
struct AnswerSizes {
    /// An answer of this many bytes is long: sending it takes as long as about a hundred short ones.
    static let longAnswer = 256 << 10
    /// At most this many conversations are remembered; the most recent half of them always stays.
    static let limit = 1_024

    /// About how many bytes a message of each conversation has: in conversations read lately, and in older ones.
    private var recent: [ConversationKey: Int] = [:]
    private var older: [ConversationKey: Int] = [:]

    /// How many conversations are remembered; some twice.
    var count: Int { recent.count + older.count }

    /// Whether a page's answer will be long.
    func isLong(_ page: Request.Page) -> Bool {
        guard count > 0, page.limit > 0, let bytes = bytesPerMessage(page.key) else { return false }
        return bytes >= Self.longAnswer / page.limit
    }

    /// Notes an answer.
    ///
    /// - Parameters:
    ///   - messages: How many messages the page had.
    ///   - bytes: How many bytes they took.
    mutating func note(_ page: Request.Page, messages: Int, bytes: Int) {
        guard messages > 0, bytes >= Self.longAnswer || count > 0 else { return }
        let (key, latest) = (page.key, bytes / messages)
        let known = bytesPerMessage(key)
        guard known != nil || bytes >= Self.longAnswer else { return }
        // Expects large messages again at once, but small ones only after several pages of them.
        recent[key] = max(latest, ((known ?? 0) + latest) / 2)
        if recent.count >= Self.limit / 2 {
            older = recent
            recent = [:]
        }
    }

    private func bytesPerMessage(_ key: ConversationKey) -> Int? { recent[key] ?? older[key] }
}
