import ChatStorageCore
import ChatStorageInMemory
import ChatStorageTransfer
import Synchronization
import Testing

@Suite("Importing")
struct ImporterTests {
    private let time = Timestamp(microsecondsSinceEpoch: 1_000_000)

    @Test("conversations are stored whole: sequences, times, titles; a second import adds nothing")
    func twice() async throws {
        let backend = try await prepared()
        let conversations = (1...100).map { number in
            ArchivedConversation(
                id: ConversationID("c\(number)"), title: number % 2 == 0 ? "t\(number)" : nil,
                messages: (0..<(number % 5)).map { index in
                    .init(
                        role: index % 2 == 0 ? .user : .assistant, content: "\(number).\(index)",
                        createdAt: index == 1 ? nil : Timestamp(microsecondsSinceEpoch: Int64(number + index)))
                })
        }
        let first = try await Importer(storage: backend).run(entries(conversations))
        #expect(first.imported == 100)
        #expect(first.messages == 200)
        for conversation in conversations {
            let snapshot = conversation.snapshot(importTime: time)
            let stored = try #require(try await backend.conversation(conversation.id))
            #expect(stored.title == conversation.title)
            #expect(stored.lastSequence == Int64(conversation.messages.count))
            if !conversation.messages.isEmpty {
                #expect(stored.createdAt == snapshot.createdAt && stored.updatedAt == snapshot.updatedAt)
            }
            #expect(
                try await backend.messages(of: conversation.id, limit: .max)
                    == snapshot.messages.map {
                        Message(
                            conversationID: conversation.id, sequence: $0.sequence, role: $0.role, content: $0.content,
                            createdAt: $0.createdAt)
                    })
        }
        let second = try await Importer(storage: backend).run(entries(conversations))
        #expect((second.imported, second.messages, second.unchanged, second.different) == (0, 0, 100, 0))
    }

    @Test("what is there with other messages is different and stays as it is")
    func different() async throws {
        let backend = try await prepared()
        let original = conversation("c", ["a", "é"])
        try await Importer(storage: backend).run(entries([original]))
        let before = try await backend.messages(of: "c")
        var outcomes: [ImportOutcome] = []
        for changed in [
            conversation("c", ["a"]), conversation("c", ["a", "é", "b"]), conversation("c", ["a", "e\u{301}"]),
            conversation("c", ["a", "é"], role: .assistant), conversation("c", ["a", "é"], time: time),
            conversation("c", []), original, conversation("c", ["a", "é"], time: before[0].createdAt),
            conversation("c", ["a", "é"], title: "x"),
        ] {
            outcomes += try await run([changed], into: backend).outcomes
        }
        #expect(outcomes == Array(repeating: .different, count: 6) + Array(repeating: .unchanged, count: 3))
        #expect(try await backend.messages(of: "c") == before)
    }

    @Test("the same id twice in a file is handled in the file's order")
    func sameIDTwice() async throws {
        let backend = try await prepared()
        let slow = SlowRestores { snapshot in
            guard snapshot.messages.first?.content == "first" else { return }
            for _ in 0..<1000 { await Task.yield() }
        }
        let storage = InterceptedStorage(backend.defaultTenant, interceptor: slow)
        let result = try await run(
            [
                conversation("c", ["first"]), conversation("other", []), conversation("c", ["second"]),
                conversation("c", ["first"]),
            ], into: storage)
        #expect(result.byLine == [1: .imported(messages: 1), 2: .imported(messages: 0), 3: .different, 4: .unchanged])
        #expect(try await backend.history(of: "c") == [.user("first")])
    }

    @Test("what cannot be stored is reported with its line and the limit, and costs no other conversation")
    func invalid() async throws {
        let backend = try await prepared()
        let result = try await run(
            [
                conversation("good", ["a"]), conversation("", ["a"]),
                conversation("long", title: String(repeating: "t", count: 201)), conversation("nul", ["secret\0"]),
                conversation("role", ["secret"], role: Role(rawValue: "tool")),
                ArchivedConversation(
                    id: "back",
                    messages: [
                        .init(role: .user, content: "secret", createdAt: Timestamp(microsecondsSinceEpoch: 2)),
                        .init(role: .user, content: "secret", createdAt: Timestamp(microsecondsSinceEpoch: 1)),
                    ]),
            ], into: backend)
        #expect(result.summary.imported == 1)
        #expect(result.summary.invalid == 5)
        for line in 2...6 {
            guard case .invalid(let reason) = result.byLine[line] else {
                Issue.record("line \(line) is \(String(describing: result.byLine[line]))")
                continue
            }
            #expect(!reason.contains("secret") && !reason.contains("ttt"))
        }
        #expect(try await backend.conversations(limit: 10).map(\.id) == ["good"])
    }

    @Test("an entry without a conversation is reported")
    func invalidEntry() async throws {
        let backend = try await prepared()
        let events = Recorder()
        let (stream, continuation) = AsyncStream.makeStream(of: ChatFile.Entry.self)
        continuation.yield(.init(line: 3, content: .invalid(reason: "is bad"), bytesRead: 10))
        continuation.finish()
        let summary = try await Importer(storage: backend).run(stream) { events.add($0) }
        #expect(summary.invalid == 1)
        #expect(events.outcomes == [.invalid(reason: "is bad")])
    }

    @Test("everything is reported in the file's order, whichever is stored first")
    func order() async throws {
        let backend = try await prepared()
        let slow = SlowRestores { snapshot in
            guard snapshot.id == "slow" else { return }
            for _ in 0..<1000 { await Task.yield() }
        }
        let storage = InterceptedStorage(backend.defaultTenant, interceptor: slow)
        let (stream, continuation) = AsyncStream.makeStream(of: ChatFile.Entry.self)
        for line in 1...20 {
            let content: ChatFile.Entry.Content =
                switch line {
                case 2, 9: .conversation(conversation("slow", ["\(line)"]))
                case let line where line % 3 == 0: .invalid(reason: "\(line)")
                case 20: .fileDamaged(reason: "\(line)")
                default: .conversation(conversation(ConversationID("c\(line)"), ["a"]))
                }
            continuation.yield(.init(line: line, content: content, bytesRead: Int64(line)))
        }
        continuation.finish()
        let events = Recorder()
        let summary = try await Importer(storage: storage).run(stream) { events.add($0) }
        #expect(events.lines == Array(1...20))
        #expect(events.byLine[9] == .different && events.byLine[20] == .fileDamaged(reason: "20"))
        #expect((summary.imported, summary.invalid, summary.damagedFiles, summary.different) == (13, 6, 1, 1))
    }

    @Test("entries that wait for a slow conversation are no more than a thousand")
    func orderIsBounded() async throws {
        let backend = try await prepared()
        let (goOn, continuation) = AsyncStream.makeStream(of: Void.self)
        let restores = SlowRestores { _ in for await _ in goOn { break } }
        let storage = InterceptedStorage(backend.defaultTenant, interceptor: restores)
        let read = Mutex(0)
        let slow = ChatFile.Entry(line: 1, content: .conversation(conversation("slow", ["a"])), bytesRead: 1)
        let entries = AsyncStream<ChatFile.Entry> {
            let number = read.withLock { count in
                count += 1
                return count
            }
            // Whoever reads this far without waiting has all in memory.
            if number == 1_500 { continuation.finish() }
            return number == 1
                ? slow : number > 3_000 ? nil : .init(line: number, content: .invalid(reason: "x"), bytesRead: 1)
        }
        async let summary = Importer(storage: storage).run(entries)
        // It reads a thousand more and waits; only the slow conversation's end can make it read on.
        while read.withLock({ $0 }) < 1_001 { await Task.yield() }
        for _ in 0..<1_000 { await Task.yield() }
        #expect(read.withLock { $0 } <= 1_001)
        continuation.finish()
        let done = try await summary
        #expect((done.imported, done.invalid) == (1, 2_999))
    }

    @Test(
        "a conversation that the store cannot write or compare is failed, and the others go on",
        arguments: [ChatStorageError.Code.damaged, .schemaMismatch, .conflict])
    func failedConversation(code: ChatStorageError.Code) async throws {
        let backend = try await prepared()
        let error = ChatStorageError(code, "the row is bad", cause: .init(engine: "SQLite", code: "11"))
        let storage = InterceptedStorage(
            backend.defaultTenant, interceptor: DamagedConversation(id: "bad", error: error))
        let result = try await run(
            [conversation("a", ["x"]), conversation("bad", ["x"]), conversation("b", ["x"])], into: storage)
        #expect(
            result.outcomes
                == [.imported(messages: 1), .failed(reason: "the row is bad (SQLite 11)"), .imported(messages: 1)])
        #expect((result.summary.imported, result.summary.failed, result.summary.invalid) == (2, 1, 0))
        // One that is there, and whose messages cannot be read.
        try await Importer(storage: backend.defaultTenant).run(entries([conversation("bad", ["x"])]))
        let again = try await run([conversation("bad", ["x"]), conversation("c", ["x"])], into: storage)
        #expect(again.outcomes == [.failed(reason: "the row is bad (SQLite 11)"), .imported(messages: 1)])
    }

    @Test("what is left out is counted once for a conversation that is in the store, and a hundred names at most")
    func leftOut() async throws {
        let backend = try await prepared()
        func entry(_ id: ConversationID, _ names: Set<String>, role: Role = .user) -> ArchivedConversation {
            var entry = conversation(id, ["x"], role: role)
            entry.leftOut = names
            return entry
        }
        let some = [entry("a", ["x", "y"]), entry("b", ["x"]), entry("c", ["z"], role: Role(rawValue: "tool"))]
        let first = try await run(some, into: backend)
        #expect(first.summary.leftOut == ["x": 2, "y": 1])
        #expect(try await run(some, into: backend).summary.leftOut == ["x": 2, "y": 1])
        #expect((first.summary + first.summary).leftOut == ["x": 4, "y": 2])
        let many = (0..<300).map { entry(ConversationID("m\($0)"), ["name\($0)"]) }
        let summary = try await run(many, into: backend).summary
        #expect(summary.leftOut.count == 101 && summary.leftOut["others"] == 200)
    }

    @Test("an error that is not about one conversation ends the import with it", arguments: [0, 5])
    func failure(successes: Int) async throws {
        let backend = try await prepared()
        let disk = FullDisk(after: successes)
        let storage = InterceptedStorage(backend.defaultTenant, interceptor: disk)
        let conversations = (1...1000).map { conversation(ConversationID("c\($0)"), ["x"]) }
        let error = await #expect(throws: ChatStorageError.self) {
            try await Importer(storage: storage).run(entries(conversations))
        }
        #expect(error?.code == .unavailable)
        #expect(disk.attempts < 100)
        #expect(try await backend.conversations(limit: 1000).count == successes)
    }

    @Test("conversations and bytes under way are bounded as configured, and more than one is under way")
    func bounds() async throws {
        let backend = try await prepared()
        let restores = CountedRestores()
        let storage = InterceptedStorage(backend.defaultTenant, interceptor: restores)
        var configuration = Importer.Configuration()
        configuration.concurrentConversations = 4
        configuration.concurrentBytes = 10_000
        let long = String(repeating: "x", count: 20_000)
        let conversations = (1...50).map { conversation(ConversationID("c\($0)"), [$0 % 10 == 0 ? long : "short"]) }
        let summary = try await Importer(storage: storage, configuration: configuration).run(entries(conversations))
        #expect(summary.imported == 50)
        #expect((2...4).contains(restores.mostAtOnce))
        #expect(restores.mostBytesAtOnce < 30_000)
    }

    @Test("a cancelled import ends with whole conversations, all of which it has reported")
    func cancelled() async throws {
        let backend = try await prepared()
        let isCancelled = Mutex(false)
        let slow = SlowRestores { snapshot in
            guard snapshot.title != nil else { return }
            while !isCancelled.withLock({ $0 }) { await Task.yield() }
        }
        let storage = InterceptedStorage(backend.defaultTenant, interceptor: slow)
        let events = Recorder()
        let (stream, continuation) = AsyncStream.makeStream(of: ChatFile.Entry.self)
        let task = Task {
            try await Importer(storage: storage).run(stream) { events.add($0) }
        }
        for number in 1...40 {
            let entry = conversation(
                ConversationID("c\(number)"), (1...50).map { "m\($0)" }, title: number > 5 ? "waits" : nil)
            continuation.yield(.init(line: number, content: .conversation(entry), bytesRead: Int64(number)))
        }
        // Those that wait fill all places then, and the stream has more.
        while events.outcomes.count < 5 { await Task.yield() }
        task.cancel()
        isCancelled.withLock { $0 = true }
        await #expect(throws: CancellationError.self) { try await task.value }
        let stored = try await backend.conversations(limit: 100)
        #expect(stored.count == events.outcomes.count && stored.count < 40)
        for conversation in stored {
            #expect(try await backend.messages(of: conversation.id, limit: 100).count == 50)
        }
        continuation.finish()
    }

    private func prepared() async throws -> InMemoryBackend {
        let backend = InMemoryBackend()
        try await backend.prepare()
        return backend
    }

    private func conversation(
        _ id: ConversationID, _ contents: [String] = [], role: Role = .user, time: Timestamp? = nil,
        title: String? = nil
    ) -> ArchivedConversation {
        ArchivedConversation(
            id: id, title: title, messages: contents.map { .init(role: role, content: $0, createdAt: time) })
    }

    private func entries(_ conversations: [ArchivedConversation]) -> AsyncStream<ChatFile.Entry> {
        let entries = conversations.enumerated().map { index, conversation in
            ChatFile.Entry(line: index + 1, content: .conversation(conversation), bytesRead: Int64(index + 1))
        }
        return AsyncStream { continuation in
            for entry in entries { continuation.yield(entry) }
            continuation.finish()
        }
    }

    private func run(
        _ conversations: [ArchivedConversation], into storage: any ChatStorage
    ) async throws -> (summary: ImportSummary, outcomes: [ImportOutcome], byLine: [Int: ImportOutcome]) {
        let events = Recorder()
        let summary = try await Importer(storage: storage).run(entries(conversations)) { events.add($0) }
        return (summary, events.outcomes, events.byLine)
    }
}

/// Keeps the events of an import.
private final class Recorder: Sendable {
    private let events = Mutex<[ImportEvent]>([])

    func add(_ event: ImportEvent) {
        events.withLock { $0.append(event) }
    }

    var lines: [Int] { events.withLock { $0.map(\.line) } }

    var outcomes: [ImportOutcome] { events.withLock { $0.map(\.outcome) } }

    var byLine: [Int: ImportOutcome] {
        events.withLock { Dictionary($0.map { ($0.line, $0.outcome) }, uniquingKeysWith: { first, _ in first }) }
    }
}
