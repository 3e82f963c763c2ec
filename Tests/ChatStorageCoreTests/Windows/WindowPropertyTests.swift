import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import Testing

/// What holds of every window of every conversation; a failure names the seed.
@Suite(.timeLimit(.minutes(10))) struct WindowPropertyTests {
    private static let windows: [HistoryWindow] = [
        .messages(1), .messages(5), .messages(20), .messages(64), .tokens(300), .tokens(2_000),
        HistoryWindow(messages: 30, tokens: 1_500),
        HistoryWindow(messages: 12, tokens: 4_000) { $0.content.utf8.count },
    ]

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func everyWindowKeepsTheRules(seed: UInt64) async throws {
        let chats = InMemoryBackend.prepared(roles: .withTools)
        var conversation = RandomConversation(seed: seed, hasLateResults: seed % 3 == 0)
        for length in 1...200 {
            try await grow(chats, &conversation)
            guard length % 11 == 0 else { continue }
            let path = try await chats.allMessages(of: "c").reduce(into: [Message]()) { $0.append($1) }
            for (index, window) in Self.windows.enumerated() {
                let given = try await chats.history(of: "c", window: window)
                let place: Comment = "seed \(seed), \(length) messages, window \(index)"
                try check(given, of: path, window, place)
                #expect(given == Self.expected(path, window), place)
            }
        }
    }

    /// Appends a message, sometimes as an answer under way, as one that failed or in another's place.
    private func grow(_ chats: InMemoryBackend, _ conversation: inout RandomConversation) async throws {
        let message = conversation.next()
        if message.role == .assistant, conversation.chance(15) {
            let state = MessageState.allCases[Int(message.content.utf8.count) % 4]
            let begun = try await chats.append(NewMessages([message], to: "c", isStreaming: true)).messages[0]
            if state != .streaming { try await chats.endAnswer(begun.sequence, of: "c", as: state) }
            // Mostly it is made again. Otherwise the results of its calls may come all the same.
            if state == .failed || state == .streaming, !conversation.chance(3) {
                try await chats.append(message, to: "c")
            }
        } else {
            let stored = try await chats.append(message, to: "c")
            if message.role == .assistant, message.toolCalls.isEmpty, conversation.chance(10) {
                // The answer is made again, twice.
                for _ in 1...2 { try await chats.append(message, to: "c", .insteadOf(stored.sequence)) }
            }
        }
    }

    private func check(
        _ given: [ChatMessage], of messages: [Message], _ window: HistoryWindow, _ place: Comment
    ) throws {
        let path = messages.filter(Self.isInHistory).map(\.chatMessage)
        #expect(given.count <= window.messages ?? .max, place)
        #expect(given.reduce(0) { $0 + window.counter($1) } <= window.tokens ?? .max, place)
        guard given.count < path.count else { return }
        let leading = path.prefix { $0.role == .system || $0.role == .developer }
        guard given.count > leading.count else { return #expect(given.isEmpty || given == Array(leading), place) }
        #expect(Array(given.prefix(leading.count)) == Array(leading), place)
        let rest = Array(given.dropFirst(leading.count))
        #expect(rest == Array(path.suffix(rest.count)), place)
        #expect(rest.first?.role == .user, place)
        // No result without its call, which must be before it, in a history or in an answer that no history has.
        let histories = messages.indices.filter { Self.isInHistory(messages[$0]) }
        if let first = histories.suffix(rest.count).first { #expect(Self.isWhole(messages[first...]), place) }
        // A window does not begin with a call whose reasoning lies just before the window.
        let before = path[path.count - rest.count - 1].parts.last?.kind
        #expect(!(before == .reasoning && rest.first?.parts.first?.kind == .toolCall), place)
    }

    private static func isInHistory(_ message: Message) -> Bool {
        message.state == .complete || message.state == .stopped
    }

    /// The window by its rule, on the whole path at once.
    private static func expected(_ path: [Message], _ window: HistoryWindow) -> [ChatMessage] {
        let tokens = path.map { isInHistory($0) ? window.counter($0.chatMessage) : 0 }
        func size(_ messages: ArraySlice<Message>) -> (Int, Int) {
            (messages.count(where: isInHistory), tokens[messages.indices].reduce(0, +))
        }
        func history(_ messages: ArraySlice<Message>) -> [ChatMessage] {
            messages.filter(isInHistory).map(\.chatMessage)
        }
        func fits(_ size: (Int, Int), beside kept: (Int, Int) = (0, 0)) -> Bool {
            size.0 + kept.0 <= window.messages ?? .max && size.1 + kept.1 <= window.tokens ?? .max
        }
        if fits(size(path[...])) { return history(path[...]) }
        let leading = path.prefix { $0.role == .system || $0.role == .developer }
        let kept = size(leading)
        guard fits(kept) else { return [] }
        var best: (rank: Int, start: Int)?
        var user: Int64?
        for (index, message) in path.enumerated() where message.role == .user {
            let before = user
            user = message.sequence
            let suffix = size(path[index...])
            guard fits(suffix, beside: kept), isWhole(path[index...]) else { continue }
            let isFull = !fits((suffix.0 * 2, suffix.1 * 2), beside: kept)
            // The place of the highest binary digit in which the two differ.
            let rank = before.map { String($0 ^ message.sequence, radix: 2).count } ?? 0
            if best.map({ isFull && rank > $0.rank }) ?? true { best = (rank, index) }
        }
        let start = best?.start ?? path.count
        return history(leading + path[start...])
    }

    /// Whether all results have their calls before them.
    private static func isWhole(_ messages: ArraySlice<Message>) -> Bool {
        var calls: Set<String> = []
        for message in messages {
            for part in message.parts {
                if part.kind == .toolCall { calls.insert(part.callID ?? "") }
                if part.kind == .toolResult, !calls.contains(part.callID ?? "") { return false }
            }
        }
        return true
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func theBeginningStaysWhileAConversationGrows(seed: UInt64) async throws {
        let chats = InMemoryBackend.prepared(roles: .withTools)
        var conversation = RandomConversation(seed: seed)
        var path: [Message] = []
        var tracks = Self.windows.dropFirst().map { Track(window: $0) }
        for _ in 1...400 {
            let stored = try await chats.append(conversation.next(), to: "c")
            path.append(stored)
            let leading = path.prefix { $0.role == .system || $0.role == .developer }.count
            for index in tracks.indices {
                let given = try await chats.history(of: "c", window: tracks[index].window)
                tracks[index].grow(by: stored)
                guard given.count < path.count, given.count > leading else { continue }
                let start = path[path.count - (given.count - leading)].sequence
                #expect(start >= tracks[index].start, "seed \(seed), window \(index)")
                // What a provider has cached is the beginning of what it is given next.
                #expect(
                    start > tracks[index].start || given.starts(with: tracks[index].given),
                    "seed \(seed), window \(index)")
                tracks[index].begin(at: start, given)
            }
        }
        for (index, track) in tracks.enumerated() {
            #expect(track.step >= 0.25, "seed \(seed), window \(index)")
        }
    }

    /// Where a window began while its conversation grew.
    private struct Track {
        let window: HistoryWindow
        private(set) var start: Int64 = 0
        private(set) var given: [ChatMessage] = []
        private var grown = 0.0
        private var moves = 0

        init(window: HistoryWindow) { self.window = window }

        /// How much came between two moves on average, as a fraction of the window's size.
        var step: Double { grown / Double(max(moves, 1)) }

        mutating func grow(by message: Message) {
            guard start > 0 else { return }
            let messages = window.messages.map { 1 / Double($0) } ?? 0
            let tokens = window.tokens.map { Double(window.counter(message.chatMessage)) / Double($0) } ?? 0
            grown += max(messages, tokens)
        }

        mutating func begin(at sequence: Int64, _ given: [ChatMessage]) {
            if start > 0, sequence > start { moves += 1 }
            start = sequence
            self.given = given
        }
    }
}
