import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import TestSupport
import Testing

/// Answers that another process ends, takes over or removes.
@Suite(.timeLimit(.minutes(10))) struct AnswerLossTests {
    @Test func aSilentAnswerIsLookedUpEveryTwoSeconds() async throws {
        let bench = try await AnswerBench()
        let (say, finish, task) = bench.begin()
        say("a")
        try await bench.waitForText("a")
        bench.clock.advance(by: .seconds(1))
        say("b")
        try await bench.waitForText("ab")
        // The checkpoint at one second has said that the answer is under way.
        try await bench.waitForSleeper(until: .seconds(2))
        bench.clock.advance(by: .seconds(1))
        for look in 1...3 {
            try await bench.waitForSleeper(until: .seconds(1 + 2 * look))
            #expect(bench.interceptor.looks.count == look - 1)
            bench.clock.advance(by: .seconds(look == 1 ? 1 : 2))
            try await waitUntil { bench.interceptor.looks.count == look }
        }
        finish(nil)
        #expect(try await task.outcome.state == .complete)
        #expect(bench.interceptor.looks == [3, 5, 7].map { Duration.seconds($0) })
    }

    @Test(
        "an answer that another ends is cancelled within two seconds",
        arguments: MessageState.allCases.filter { $0 != .streaming })
    func anAnswerThatAnotherEnds(state: MessageState) async throws {
        let bench = try await AnswerBench()
        let (say, _, task) = bench.begin()
        say("a")
        try await bench.waitForText("a")
        let ended = try await bench.base.endAnswer(2, of: "c", as: state)
        try await bench.waitForSleeper(until: .seconds(2))
        // The model says nothing more.
        bench.clock.advance(by: .seconds(2))
        let error = await #expect(throws: (any Error).self) { try await task.outcome }
        if state == .stopped {
            #expect(error is CancellationError)
        } else {
            #expect((error as? ChatStorageError)?.code == .conflict)
        }
        #expect(try await bench.answer() == ended)
        #expect(bench.interceptor.revisions.count == 1)
    }

    @Test func aCheckpointFindsThatAnotherStoppedTheAnswer() async throws {
        let bench = try await AnswerBench()
        let (say, _, task) = bench.begin()
        say("a")
        try await bench.waitForText("a")
        try await bench.base.endAnswer(2, of: "c")
        say("b")
        bench.clock.advance(by: .seconds(1))
        await #expect(throws: CancellationError.self) { try await task.outcome }
        #expect(try await bench.answer()?.content == "a")
        #expect(bench.interceptor.looks.count == 1)
    }

    @Test func anEndFindsThatAnotherEndedTheAnswer() async throws {
        let bench = try await AnswerBench()
        let (say, finish, task) = bench.begin()
        say("a")
        try await bench.waitForText("a")
        try await bench.base.endAnswer(2, of: "c", as: .failed)
        say("b")
        finish(nil)
        let error = await #expect(throws: ChatStorageError.self) { try await task.outcome }
        #expect(error?.code == .conflict)
        #expect(try await bench.answer()?.content == "a")
    }

    @Test func aCheckpointThatHangsDoesNotHideTheEnd() async throws {
        let bench = try await AnswerBench()
        let (say, _, task) = bench.begin()
        say("a")
        try await bench.waitForText("a")
        bench.interceptor.fates.withLock { $0 = [.isHeld] }
        bench.clock.advance(by: .seconds(1))
        say("b")
        try await waitUntil { bench.interceptor.heldCount == 1 }
        try await bench.base.endAnswer(2, of: "c")
        try await bench.waitForSleeper(until: .seconds(2))
        bench.clock.advance(by: .seconds(1))
        await #expect(throws: CancellationError.self) { try await task.outcome }
    }

    @Test func aLostAnswerIsNotWrittenIntoAnother() async throws {
        let ways: [@Sendable (InMemoryBackend) async throws -> Void] = [
            { try await $0.removeMessages([2], of: "c") },
            { try await $0.clearMessages(of: "c") },
            { try await $0.deleteConversation("c") },
            { base in
                try await base.deleteConversation("c")
                try await base.append([.user("New?"), .assistant("New.")], to: "c")
            },
            { base in
                try await base.deleteConversation("c")
                try await base.append(NewMessages([.user("New?"), .assistant("New.")], to: "c", isStreaming: true))
            },
        ]
        for (index, way) in ways.enumerated() {
            for isSilent in [true, false] {
                let bench = try await AnswerBench()
                let (say, _, task) = bench.begin()
                say("a")
                try await bench.waitForText("a")
                try await way(bench.base)
                let after = try await bench.base.messages(of: "c")
                if !isSilent { say("b") }
                bench.clock.advance(by: .seconds(2))
                let error = await #expect(throws: ChatStorageError.self, "\(index)") { try await task.outcome }
                #expect(error?.code == .messageNotFound)
                #expect(try await bench.base.messages(of: "c") == after)
            }
        }
    }

    @Test func aCancelledCallSaysThatTheAnswerIsGone() async throws {
        let bench = try await AnswerBench()
        let (say, _, task) = bench.begin()
        say("a")
        try await bench.waitForText("a")
        try await bench.base.clearMessages(of: "c")
        task.cancel()
        let error = await #expect(throws: ChatStorageError.self) { try await task.outcome }
        #expect(error?.code == .messageNotFound)
        try await bench.base.close()
    }

    @Test func aKeyOfAnAnswerThatHasEndedReturnsIt() async throws {
        for state in MessageState.allCases where state != .streaming {
            let bench = try await AnswerBench()
            try await bench.base.append(
                NewMessages([.assistant("", key: "k")], to: "c", isStreaming: true))
            let ended = try await bench.base.endAnswer(2, of: "c", as: state)
            let again = try await bench.chats.append(
                streaming: .assistant, to: "c", key: "k", checkpoints: bench.options
            ) { _ in Issue.record("the body ran") }
            #expect(again == ended)
        }
    }

    @Test func theLaterOfTwoWritersGoesOn() async throws {
        let bench = try await AnswerBench()
        let (say, _, first) = bench.begin(key: "k")
        say("first")
        try await bench.waitForText("first")
        let (sayToo, finish, second) = bench.begin(key: "k")
        try await waitUntil { bench.interceptor.appends == 2 }
        sayToo("second")
        try await bench.waitForText("second")
        say(" one")
        bench.clock.advance(by: .seconds(1))
        let error = await #expect(throws: ChatStorageError.self) { try await first.outcome }
        #expect(error?.code == .conflict)
        finish(nil)
        #expect(try await second.outcome.content == "second")
    }

    @Test("a writer that is cancelled at once leaves what the one before wrote")
    func aWriterThatIsCancelledAtOnce() async throws {
        let bench = try await AnswerBench()
        let begun = try await bench.base.append(NewMessages([.assistant("", key: "k")], to: "c", isStreaming: true))
        try await bench.base.reviseMessage(MessageRevision(of: begun.messages[0], body: .assistant("before")))
        bench.interceptor.appendFates.withLock { $0 = [.isHeld] }
        let (_, _, task) = bench.begin(key: "k")
        try await waitUntil { bench.interceptor.heldCount == 1 }
        task.cancel()
        bench.interceptor.letGo()
        await #expect(throws: CancellationError.self) { try await task.outcome }
        let stored = try await bench.answer()
        #expect(stored?.state == .stopped && stored?.content == "before")
    }

    @Test func aCancelledBeginningLeavesNoAnswerUnderWay() async throws {
        // Cancelled before it began, while it is tried again, and while its outcome is unknown.
        var bench = try await AnswerBench()
        let task = Task { [bench] in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await bench.chats.append(streaming: .assistant, to: "c", checkpoints: bench.options) { _ in }
        }
        await #expect(throws: CancellationError.self) { try await task.outcome }
        #expect(bench.interceptor.appends == 0)

        for isStored in [false, true] {
            bench = try await AnswerBench {
                $0.retrying = RetryPolicy(firstDelay: .seconds(3_600), longestDelay: .seconds(3_600))
            }
            bench.interceptor.appendFates.withLock {
                $0 = [isStored ? .isLost(AnswerBench.unknown) : .fails(AnswerBench.notApplied)]
            }
            let (_, _, task) = bench.begin()
            try await waitUntil { !bench.clock.deadlines.isEmpty }
            task.cancel()
            if isStored { bench.clock.advance(by: .seconds(3_600)) }
            await #expect(throws: CancellationError.self) { try await task.outcome }
            #expect(try await bench.answer()?.state == (isStored ? .stopped : nil))
            try await bench.base.close()
        }
    }
}
