import ChatStorageConformance
import ChatStorageCore

/// Messages of a conversation with tools, as an agent would have it, one after the other.
struct RandomConversation {
    private var numbers: SplitMix64
    /// What is left of the turn.
    private var turn: [ChatMessage] = []
    private var calls = 0
    /// Results that come a turn later.
    private var late: [MessagePart] = []
    let hasLateResults: Bool

    init(seed: UInt64, hasLateResults: Bool = false) {
        numbers = SplitMix64(seed: seed)
        self.hasLateResults = hasLateResults
        for _ in 0..<Int.random(in: 0...3, using: &numbers) {
            turn.append(Bool.random(using: &numbers) ? .system(text(20)) : .developer(text(20)))
        }
        // Some conversations begin with a greeting.
        if chance(5) { turn.append(.assistant(text(10))) }
    }

    mutating func next() -> ChatMessage {
        if turn.isEmpty { beginTurn() }
        return turn.removeFirst()
    }

    private mutating func beginTurn() {
        turn.append(.user(text(chance(10) ? 400 : 60)))
        if chance(10) { turn.append(.user(text(10))) }
        if !late.isEmpty {
            turn.append(.tool(late))
            late = []
        }
        for _ in 0..<(chance(3) ? Int.random(in: 0...6, using: &numbers) : 0) { step() }
        turn.append(.assistant(text(120)))
    }

    /// A step of an agent: what it thought, its calls, and their results in some form.
    private mutating func step() {
        let count = Int.random(in: 1...3, using: &numbers)
        // Some models number the calls of each answer anew.
        let first = chance(2) ? 0 : calls
        calls += count
        let parts = (0..<count).map { MessagePart.toolCall("f", callID: "call_\(first + $0)", input: text(20)) }
        if chance(3) {
            turn.append(.assistant([.reasoning(text(30))]))
            turn.append(.assistant(parts))
        } else {
            turn.append(.assistant([.reasoning(text(30)), .text(text(10))] + parts))
        }
        var results = parts.map { MessagePart.toolResult(callID: $0.callID ?? "", output: text(60)) }
        if hasLateResults, chance(6) { late = [results.removeLast()] }
        // A person writes while the tools are at work.
        if chance(8) { turn.append(.user(text(5))) }
        if results.isEmpty || chance(12) { return }
        switch Int.random(in: 0..<3, using: &numbers) {
        case 0: turn += results.map { .tool([$0]) }
        case 1: turn.append(.tool(results + [.file(MessageFile(url: "https://example.com"))]))
        // As Anthropic's API has them.
        default: turn.append(.user(results + [.text(text(3))]))
        }
    }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &numbers) == 0 }

    private mutating func text(_ words: Int) -> String {
        String(repeating: "word ", count: Int.random(in: 0...words, using: &numbers))
    }
}
