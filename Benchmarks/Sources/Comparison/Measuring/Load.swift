import ChatStorageCore

/// What one caller makes its calls with: messages of 330 bytes, and conversations at random.
struct Load: Sendable {
    static let contentBytes = 330
    /// The ids are numbers of six digits, which pgbench can draw too.
    static let firstNumber = 100_000
    static let conversations = 100
    static let ids = (0..<conversations).map { ConversationID("\(firstNumber + $0)") }
    /// How many messages each conversation has before anything is measured.
    static let storedMessages = 200

    private let messages: [ChatMessage]
    private var random: SplitMix64
    private var next = 0
    /// Grows with every result, so that none can be optimised away.
    var seen = 0

    init(caller: Int) {
        random = SplitMix64(state: UInt64(caller))
        // Texts of its own: callers that shared one would contend for its reference count.
        messages = (0..<64).map { .user(Self.content(caller * 64 + $0)) }
    }

    /// A text of 330 bytes that no other number has.
    static func content(_ number: Int, bytes: Int = contentBytes) -> String {
        let words = "The weather in Kyoto is mild in spring, and the gardens are at their best early in the morning. "
        let start = "\(number) "
        let text = start + String(repeating: words, count: bytes / words.utf8.count + 1)
        return String(text.prefix(bytes))
    }

    /// The messages that the conversation at an index has before anything is measured.
    static func stored(_ index: Int) -> [ChatMessage] {
        (0..<storedMessages).map { number in
            let content = content(index * storedMessages + number)
            return number % 2 == 0 ? .user(content) : .assistant(content)
        }
    }

    mutating func id() -> ConversationID { Self.ids[index()] }

    /// The place of a conversation at random.
    mutating func index() -> Int { Int(random.next() % UInt64(Self.conversations)) }

    mutating func message() -> ChatMessage {
        next = (next + 1) & 63
        return messages[next]
    }
}

/// A small generator of random numbers, which costs nothing beside any call.
struct SplitMix64: RandomNumberGenerator, Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}
