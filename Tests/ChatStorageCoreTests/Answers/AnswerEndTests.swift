import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import TestSupport
import Testing

/// How an answer under way ends.
@Suite(.timeLimit(.minutes(10))) struct AnswerEndTests {
    private struct Overloaded: Error {}

    @Test func aBodyThatReturnsMakesACompleteMessage() async throws {
        let bench = try await AnswerBench()
        let done = try await bench.chats.append(
            streaming: .assistant, to: "c", key: "k", metadata: ["by": "me"], checkpoints: bench.options
        ) { draft in
            let stored = try #require(try await bench.answer())
            #expect(stored.state == .streaming && stored.content.isEmpty && stored.sequence == 2)
            #expect(draft.message == stored)
            draft.body = .assistant([.reasoning("Hm."), .text("Good")])
            draft.append(" day")
            #expect(draft.message.parts == [.reasoning("Hm."), .text("Good day")])
            #expect(draft.message.sequence == 2 && draft.message.metadata == ["by": "me"])
        }
        #expect(done.state == .complete && done.sequence == 2 && done.key == "k" && done.metadata == ["by": "me"])
        #expect(done.parts == [.reasoning("Hm."), .text("Good day")])
        #expect(try await bench.base.messages(of: "c").last == done)
    }

    @Test func aBodyThatSaysNothingMakesAnEmptyMessage() async throws {
        let bench = try await AnswerBench()
        let done = try await bench.chats.append(
            streaming: .assistant, to: "c", checkpoints: bench.options
        ) { _ in }
        #expect(done.state == .complete && done.content.isEmpty && bench.interceptor.revisions.count == 1)
    }

    @Test func aBodyThatThrowsMakesAFailedMessageOfWhatCame() async throws {
        let bench = try await AnswerBench()
        let (say, finish, task) = bench.begin()
        say("Once")
        try await bench.waitForText("Once")
        say(" upon")
        finish(Overloaded())
        await #expect(throws: Overloaded.self) { try await task.outcome }
        let stored = try #require(try await bench.answer())
        #expect(stored.state == .failed && stored.content == "Once upon")
        #expect(try await bench.base.history(of: "c") == [.user("Hello?")])
    }

    @Test func aCancelledTaskMakesAStoppedMessageOfAllThatCame() async throws {
        for throwsItself in [false, true] {
            let bench = try await AnswerBench()
            let saidAll = Mutex(false)
            let task = Task {
                try await bench.chats.append(streaming: .assistant, to: "c", checkpoints: bench.options) { draft in
                    for piece in 1...1_000 { draft.append("\(piece) ") }
                    saidAll.withLock { $0 = true }
                    try? await bench.clock.sleep(until: .init(sinceStart: .seconds(9_999)))
                    draft.append("last")
                    if throwsItself { throw Overloaded() }
                }
            }
            try await waitUntil { saidAll.withLock(\.self) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.outcome }
            let stored = try #require(try await bench.answer())
            #expect(stored.state == .stopped)
            #expect(stored.content == (1...1_000).map { "\($0) " }.joined() + "last")
        }
    }

    @Test func closingRightAfterTheCancellationWaitsForTheEnd() async throws {
        let bench = try await AnswerBench()
        let (say, _, task) = bench.begin()
        say("Once")
        try await bench.waitForText("Once")
        bench.interceptor.fates.withLock { $0 = [.isHeld] }
        say(" upon")
        let isClosed = Mutex(false)
        let closing = Task {
            task.cancel()
            try await bench.chats.close()
            isClosed.withLock { $0 = true }
        }
        try await waitUntil { bench.interceptor.heldCount == 1 }
        #expect(!isClosed.withLock { $0 })
        #expect(try await bench.answer()?.state == .streaming)
        bench.interceptor.letGo()
        // A store that had not waited would have refused the end.
        await #expect(throws: CancellationError.self) { try await task.outcome }
        try await closing.outcome
        #expect(bench.interceptor.revisions.last?.revision.state == .stopped)
        #expect(bench.interceptor.revisions.last?.text == "Once upon")
    }

    @Test func closingEndsAnAnswerAsFailedWithAllThatCame() async throws {
        let bench = try await AnswerBench()
        let hasSaid = Mutex(false)
        let task = Task {
            try await bench.chats.append(streaming: .assistant, to: "c", checkpoints: bench.options) { draft in
                draft.append("Once upon")
                hasSaid.withLock { $0 = true }
                try await bench.clock.sleep(until: .init(sinceStart: .seconds(9_999)))
            }
        }
        try await waitUntil { hasSaid.withLock(\.self) }
        try await bench.chats.close()
        await expectError(.closed) { try await task.outcome }
        #expect(bench.interceptor.revisions.last?.revision.state == .failed)
        #expect(bench.interceptor.revisions.compactMap(\.text).last == "Once upon")
    }

    @Test func closingDoesNotWaitForABodyThatDoesNotEnd() async throws {
        let bench = try await AnswerBench()
        let (waiting, isWaiting) = AsyncStream<CheckedContinuation<Void, Never>>.makeStream()
        let task = Task {
            try await bench.chats.append(streaming: .assistant, to: "c", checkpoints: bench.options) { draft in
                draft.append("Once")
                await withCheckedContinuation { _ = isWaiting.yield($0) }
                draft.append(" upon")
            }
        }
        var bodies = waiting.makeAsyncIterator()
        let body = try #require(await bodies.next())
        try await bench.chats.close()
        #expect(bench.interceptor.revisions.last?.revision.state == .failed)
        #expect(bench.interceptor.revisions.compactMap(\.text).last == "Once")
        body.resume()
        await expectError(.closed) { try await task.outcome }
    }

    @Test func closingEndsAnAnswerThatIsStillBeingAppended() async throws {
        let bench = try await AnswerBench()
        bench.interceptor.appendFates.withLock { $0 = [.isHeld] }
        let (_, _, task) = bench.begin()
        try await waitUntil { bench.interceptor.heldCount == 1 }
        let closing = Task { try await bench.chats.close() }
        for _ in 0..<20 { await Task.yield() }
        bench.interceptor.letGo()
        try await closing.outcome
        await expectError(.closed) { try await task.outcome }
        #expect(bench.interceptor.revisions.map(\.revision.state) == [.failed])
    }

    @Test func closingEndsTheAttemptsToAppendAnAnswer() async throws {
        let bench = try await AnswerBench()
        bench.interceptor.appendFates.withLock { $0 = [.fails(AnswerBench.notApplied)] }
        let (_, _, task) = bench.begin()
        try await waitUntil { !bench.clock.deadlines.isEmpty }
        try await bench.chats.close()
        await expectError(.closed) { try await task.outcome }
        #expect(bench.interceptor.appends == 1 && bench.interceptor.revisions.isEmpty)
    }

    @Test func noAnswerBeginsInAStoreThatCloses() async throws {
        let bench = try await AnswerBench()
        let (say, _, task) = bench.begin()
        say("Once")
        try await bench.waitForText("Once")
        bench.interceptor.fates.withLock { $0 = [.isHeld] }
        let closing = Task { try await bench.chats.close() }
        try await waitUntil { bench.interceptor.heldCount == 1 }
        await expectError(.closed) { try await bench.begin().task.outcome }
        #expect(bench.interceptor.appends == 1)
        bench.interceptor.letGo()
        try await closing.outcome
        await expectError(.closed) { try await task.outcome }
        #expect(bench.interceptor.revisions.last?.revision.state == .failed)
    }

    @Test func anEndThatFailsIsTriedAgainAndWrittenOnce() async throws {
        let bench = try await AnswerBench()
        bench.interceptor.fates.withLock {
            $0 = [.fails(AnswerBench.notApplied), .isLost(AnswerBench.unknown), .fails(AnswerBench.notApplied)]
        }
        let (_, finish, task) = bench.begin()
        finish(nil)
        for attempt in 1...3 {
            try await waitUntil { bench.interceptor.revisions.count == attempt }
            try await waitUntil { !bench.clock.deadlines.isEmpty }
            bench.clock.advance(by: .seconds(5))
        }
        let done = try await task.outcome
        #expect(done.state == .complete && done.revision == 2)
        #expect(bench.interceptor.revisions.count == 4)
    }

    @Test func anEndThatCannotBeWrittenThrowsItsLastError() async throws {
        let bench = try await AnswerBench { $0.retrying = RetryPolicy(attempts: 3, firstDelay: .zero) }
        bench.interceptor.fates.withLock {
            $0 = [.fails(AnswerBench.notApplied), .isLost(AnswerBench.unknown), .fails(AnswerBench.notApplied)]
        }
        let error = await #expect(throws: ChatStorageError.self) {
            try await bench.chats.append(streaming: .assistant, to: "c", checkpoints: bench.options) { _ in }
        }
        #expect(error?.code == .unavailable && error?.writeOutcome == .unknown)
        #expect(bench.interceptor.revisions.count == 3)
    }

    @Test func whatCannotBeStoredEndsAsFailedWithWhatCan() async throws {
        let bench = try await AnswerBench()
        let half = JSONValue.string(String(repeating: "x", count: Limits.metadataBytes * 2 / 3))
        var error = await #expect(throws: ChatStorageError.self) {
            try await bench.chats.append(
                streaming: .assistant, to: "c", metadata: ["one": half], checkpoints: bench.options
            ) { draft in
                draft.body = .assistant("Once")
                draft.body.metadata["two"] = half
            }
        }
        #expect(error?.code == .metadataTooLarge)
        var stored = try #require(try await bench.answer())
        #expect(stored.state == .failed && stored.content == "Once" && stored.metadata == ["one": half])

        error = await #expect(throws: ChatStorageError.self) {
            try await bench.chats.append(streaming: .assistant, to: "c", checkpoints: bench.options) { draft in
                draft.body = .assistant("Once")
                try await bench.waitForText("Once")
                draft.body = .assistant("\0")
            }
        }
        #expect(error?.code == .invalidArgument)
        stored = try #require(try await bench.answer())
        #expect(stored.state == .failed && stored.content == "Once")
    }

    @Test func badRequestsStoreNothing() async throws {
        let bench = try await AnswerBench()
        let before = try await bench.base.messages(of: "c")
        for options in [
            AnswerCheckpoints(interval: .seconds(-1)), AnswerCheckpoints(bytesPerSecond: 0),
            AnswerCheckpoints(keepAlive: .zero), AnswerCheckpoints(look: .zero),
        ] {
            let error = await #expect(throws: ChatStorageError.self) {
                try await bench.chats.append(streaming: .assistant, to: "c", checkpoints: options) { _ in
                    Issue.record("the body ran")
                }
            }
            #expect(error?.code == .invalidArgument)
        }
        var error = await #expect(throws: ChatStorageError.self) {
            try await bench.chats.append(streaming: Role(rawValue: "nobody"), to: "c") { _ in
                Issue.record("the body ran")
            }
        }
        #expect(error?.code == .invalidRole)
        error = await #expect(throws: ChatStorageError.self) {
            try await bench.chats.append(streaming: .assistant, to: "none") { _ in Issue.record("the body ran") }
        }
        #expect(error?.code == .conversationNotFound)
        error = await #expect(throws: ChatStorageError.self) {
            try await bench.chats.append(streaming: .assistant, to: "c", .insteadOf(9)) { _ in
                Issue.record("the body ran")
            }
        }
        #expect(error?.code == .messageNotFound)
        #expect(try await bench.base.messages(of: "c") == before)
        #expect(try await bench.base.conversation("none") == nil)
    }
}
