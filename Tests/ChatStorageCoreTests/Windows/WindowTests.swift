import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import Testing

/// Windows of conversations, and the pages that they read.
@Suite struct WindowTests {
    /// Notes the queries.
    private final class Queries: StorageInterceptor {
        private let noted = Mutex<[(query: MessageQuery, count: Int)]>([])
        /// What somebody else does after the first page, once.
        private let meanwhile = Mutex<(@Sendable (any ChatStorage) async throws -> Void)?>(nil)

        func afterTheFirstPage(_ change: @escaping @Sendable (any ChatStorage) async throws -> Void) {
            meanwhile.withLock { $0 = change }
        }

        var all: [(query: MessageQuery, count: Int)] { noted.withLock { $0 } }

        func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
            let reply = try await call.perform(on: base)
            if case .messages(let query) = call, case .messages(let page) = reply {
                noted.withLock { $0.append((query, page.items.count)) }
                let change = meanwhile.withLock { change in
                    defer { change = nil }
                    return change
                }
                try await change?(base)
            }
            return reply
        }
    }

    private let base = InMemoryBackend.prepared(roles: .withTools)
    private let queries = Queries()
    private var chats: InterceptedBackend { InterceptedBackend(base, interceptor: queries) }

    /// A conversation of an instruction and turns of two messages.
    private func fill(turns: Int, words: Int = 1) async throws {
        try await base.append(.system("Be brief."), to: "c")
        for turn in 0..<turns {
            try await base.append(
                [
                    .user("question \(turn)" + String(repeating: " word", count: words)),
                    .assistant("answer \(turn)" + String(repeating: " word", count: words)),
                ], to: "c")
        }
    }

    @Test func aShortConversationIsReadInOneCall() async throws {
        try await fill(turns: 3)
        for window in [HistoryWindow.messages(20), .tokens(5_000), HistoryWindow()] {
            let before = queries.all.count
            #expect(try await chats.history(of: "c", window: window) == base.history(of: "c"))
            #expect(queries.all.count == before + 1)
        }
        #expect(try await chats.history(of: "none", window: .messages(5)).isEmpty)
    }

    @Test func aWindowReadsItsPageAndTheBeginning() async throws {
        try await fill(turns: 5_000)
        let given = try await chats.history(of: "c", window: .messages(20))
        #expect(given.first == .system("Be brief.") && given[1].role == .user && (11...20).contains(given.count))
        #expect(queries.all.map(\.query.position) == [.end, .after(0)])
        #expect(queries.all.reduce(0) { $0 + $1.count } <= 40)
    }

    @Test func aWindowOfTokensReadsNoMoreThanItNeeds() async throws {
        try await fill(turns: 2_000, words: 30)
        let given = try await chats.history(of: "c", window: .tokens(10_000))
        let tokens = given.reduce(0) { $0 + HistoryWindow.estimatedTokens(of: $1) }
        #expect((5_000...10_000).contains(tokens))
        // Pages of 20, 80 and 200 messages, and the beginning.
        #expect(queries.all.map(\.query.limit) == [20, 80, 200, 4])
        #expect(queries.all.last?.query.position == .after(0))
    }

    @Test func aLongTurnIsNotReadToItsEnd() async throws {
        try await base.append(.user("Go on for ever."), to: "c")
        for step in 1...50 {
            try await base.append((1...100).map { .assistant("\(step) \($0)") }, to: "c")
        }
        #expect(try await chats.history(of: "c", window: .messages(20)).isEmpty)
        #expect(queries.all.count == 2)
    }

    @Test func manyInstructionsAreKept() async throws {
        let instructions = (1...9).map { ChatMessage(role: $0 % 2 == 0 ? .system : .developer, content: "\($0)") }
        try await base.append(instructions, to: "c")
        for turn in 1...100 { try await base.append([.user("\(turn)"), .assistant("\(turn)")], to: "c") }
        let given = try await chats.history(of: "c", window: .messages(15))
        #expect(Array(given.prefix(9)) == instructions && (13...15).contains(given.count))
        // The last turn and no more; the instructions alone; not even these.
        #expect(
            try await chats.history(of: "c", window: .messages(11)) == instructions + [.user("100"), .assistant("100")])
        #expect(try await chats.history(of: "c", window: .messages(10)) == instructions)
        #expect(try await chats.history(of: "c", window: .messages(9)) == instructions)
        #expect(try await chats.history(of: "c", window: .messages(8)).isEmpty)
    }

    @Test(arguments: [MessageState.streaming, .failed])
    func theResultsOfAnAnswerWithoutAnEndKeepNothingOut(state: MessageState) async throws {
        try await fill(turns: 50)
        let call = ChatMessage.assistant([.toolCall("f", callID: "1", input: "{}")])
        let answer = try await base.append(NewMessages([call], to: "c", isStreaming: true)).messages[0]
        if state == .failed { try await base.endAnswer(answer.sequence, of: "c", as: .failed) }
        try await base.append(.tool([.toolResult(callID: "1", output: "x")]), to: "c")
        for turns in 0...20 {
            if turns > 0 { try await base.append([.user("more"), .assistant("yes")], to: "c") }
            let given = try await chats.history(of: "c", window: .messages(40))
            #expect((21...40).contains(given.count) && given[1].role == .user, "\(turns)")
        }
    }

    @Test func aWindowOfNothingReadsNothing() async throws {
        try await fill(turns: 3)
        #expect(try await chats.history(of: "c", window: .messages(0)).isEmpty)
        #expect(queries.all.isEmpty)
        #expect(try await chats.history(of: "c", window: .tokens(0)).isEmpty)
    }

    @Test func negativeSizesAreRefused() async throws {
        for window in [HistoryWindow.messages(-1), .tokens(-1), HistoryWindow(messages: 5, tokens: .min)] {
            for before in [nil, 5] as [Int64?] {
                let error = await #expect(throws: ChatStorageError.self) {
                    if let before { return try await chats.history(of: "c", before: before, window: window) }
                    return try await chats.history(of: "c", window: window)
                }
                #expect(error?.code == .invalidArgument)
            }
        }
        #expect(queries.all.isEmpty)
    }

    @Test func extremeSizesAndCountersAreTaken() async throws {
        try await fill(turns: 60)
        let all = try await base.history(of: "c", limit: .max)
        #expect(try await chats.history(of: "c", window: HistoryWindow(messages: .max, tokens: .max)) == all)
        #expect(try await chats.history(of: "c", window: .tokens(5) { _ in -7 }) == all)
        #expect(try await chats.history(of: "c", window: .tokens(.max - 1) { _ in .max }).isEmpty)
    }

    @Test func aWindowBeforeAMessageIsOfItsBranch() async throws {
        try await fill(turns: 50)
        try await base.append(.user("edited"), to: "c", .insteadOf(90))
        try await base.append(.assistant("anew"), to: "c")
        let whole = try await base.messages(MessageQuery(of: "c", .before(92), on: .all, limit: .max)).items
            .map(\.chatMessage)
        // The path of message 92 goes past the fork; the current path does not.
        let given = try await chats.history(of: "c", before: 92, window: .messages(20))
        #expect(given.last == whole.last && given.first == whole.first && given[1].role == .user)
        #expect(Array(given.dropFirst()) == Array(whole.suffix(given.count - 1)))
        let current = try await chats.history(of: "c", window: .messages(20))
        #expect(Array(current.suffix(2)) == [.user("edited"), .assistant("anew")])
        #expect(current.first == .system("Be brief.") && current.count >= 11)
        #expect(queries.all.last?.query.path == .through(103))
    }

    @Test func allOfAWindowIsOfOnePath() async throws {
        try await fill(turns: 150)
        let window = HistoryWindow.messages(280)
        let before = try await base.history(of: "c", window: window)
        queries.afterTheFirstPage { _ = try await $0.append(.system("Be long."), to: "c", .insteadOf(1)) }
        #expect(try await chats.history(of: "c", window: window) == before)

        // A second branch: after its first page, that page's oldest message goes, and somebody shows the first branch.
        _ = try await base.updateConversation("c", .head(1))
        try await base.append((0..<300).map { .user("other \($0)") }, to: "c")
        let first = try #require(try await base.messages(of: "c", limit: 191).first)
        queries.afterTheFirstPage { chats in
            _ = try await chats.removeMessages([first.sequence], of: "c")
            _ = try await chats.updateConversation("c", .head(301))
        }
        let given = try await chats.history(of: "c", window: window)
        #expect(given.dropFirst().allSatisfy { $0.content.hasPrefix("other") } && given.count > 200)
    }

    @Test func aWindowWhoseLastMessageGoesIsReadAnew() async throws {
        try await fill(turns: 150)
        try await base.append(.user("edited"), to: "c", .insteadOf(300))
        queries.afterTheFirstPage { chats in
            _ = try await chats.removeMessages(MessageRemoval(.from(302), of: "c"))
        }
        let given = try await chats.history(of: "c", window: .messages(12))
        #expect(try await given == base.history(of: "c", window: .messages(12)))
        #expect(given.last != .user("edited"))
    }

    @Test func filesAndNativeJSONAreEstimated() throws {
        #expect(HistoryWindow.estimatedTokens(of: .user("")) == 4)
        #expect(HistoryWindow.estimatedTokens(of: .user("12345")) == 6)
        var call = MessagePart.toolCall("weather", callID: "1", input: "{}")
        #expect(HistoryWindow.estimatedTokens(of: .assistant([call, .text("1234567")])) == 8)
        call.native = NativeJSON(format: "f", json: try JSONText(#"{"a":[1,2,3]}"#))
        #expect(HistoryWindow.estimatedTokens(of: .assistant([call, .text("123")])) == 8)
    }

    @Test func aLimitedHistoryDoesNotBeginWithAResult() async throws {
        let call = ChatMessage.assistant([
            .toolCall("f", callID: "1", input: "{}"), .toolCall("f", callID: "2", input: "{}"),
        ])
        let results = ["1", "2"].map { ChatMessage.tool([.toolResult(callID: $0, output: "x")]) }
        let messages: [ChatMessage] = [.user("?"), call] + results + [.assistant("Good.")]
        try await base.append(messages, to: "c")
        #expect(try await base.history(of: "c", limit: 5) == messages)
        #expect(try await base.history(of: "c", limit: 4) == Array(messages.suffix(4)))
        for limit in 1...3 { #expect(try await base.history(of: "c", limit: limit) == [.assistant("Good.")]) }
        #expect(try await base.history(of: "c", before: 5, limit: 2).isEmpty)
        #expect(try await base.history(of: "c", before: 5, limit: 3) == Array(messages[1...3]))
        // What the provider ran has its result beside its call; a result can be a user's, or a plain text.
        let whole = ChatMessage.assistant([
            .toolCall("web", callID: "3", input: "{}"), .toolResult(callID: "3", output: "y"),
        ])
        try await base.append(whole, to: "c")
        #expect(try await base.history(of: "c", limit: 1) == [whole])
        try await base.append(.user([.toolResult(callID: "4", output: "y"), .text("Go on.")]), to: "c")
        #expect(try await base.history(of: "c", limit: 1).isEmpty)
        try await base.append([ChatMessage(role: .tool, content: "plain"), .assistant("So.")], to: "c")
        #expect(try await base.history(of: "c", limit: 2) == [.assistant("So.")])
    }
}
