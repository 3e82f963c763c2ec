import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import TestSupport
import Testing

/// How often an answer under way is written while it comes.
@Suite(.timeLimit(.minutes(10))) struct AnswerCheckpointTests {
    @Test func whatComesIsWrittenAtOnceAndThenOnceASecond() async throws {
        let bench = try await AnswerBench()
        let (say, finish, task) = bench.begin()
        try await bench.waitForSleeper(until: .seconds(15))
        bench.clock.advance(by: .milliseconds(300))
        say("a")
        try await bench.waitForText("a")
        bench.clock.advance(by: .milliseconds(400))
        say("b")
        try await bench.waitForSleeper(until: .milliseconds(1_300))
        say("c")
        bench.clock.advance(by: .milliseconds(600))
        try await bench.waitForText("abc")
        say("d")
        try await bench.waitForSleeper(until: .milliseconds(2_300))
        finish(nil)
        #expect(try await task.outcome.content == "abcd")
        #expect(bench.interceptor.revisions.map(\.text) == ["a", "abc", "abcd"])
        #expect(
            bench.interceptor.revisions.map(\.time) == [.milliseconds(300), .milliseconds(1_300), .milliseconds(1_300)])
        #expect(bench.interceptor.looks.isEmpty)
    }

    @Test func theLongestTimesMeanNever() async throws {
        let chats = InMemoryBackend.prepared()
        let longest = Duration.seconds(Int64.max)
        let never = AnswerCheckpoints(interval: longest, keepAlive: longest, look: longest)
        let answer = try await chats.append(streaming: .assistant, to: "c", if: .createIfMissing, checkpoints: never) {
            $0.body = .assistant("whole")
        }
        #expect(answer.content == "whole" && answer.state == .complete)
    }

    @Test func whatIsSetButStoredAlreadyIsNotWritten() async throws {
        let bench = try await AnswerBench()
        let done = try await bench.chats.append(
            streaming: .assistant, to: "c", checkpoints: bench.options
        ) { draft in
            draft.body = .assistant("same")
            try await bench.waitForText("same")
            for second in 1...10 {
                draft.body = .user("same", key: "not looked at")
                bench.clock.advance(by: .seconds(1))
                // Once the writer sleeps until 15 seconds, when it must show that it lives, it has looked at the body.
                try await bench.waitForSleeper(until: .seconds(15))
                #expect(bench.interceptor.revisions.count == 1, "\(second)")
            }
        }
        #expect(done.role == .assistant && done.key != "not looked at")
        #expect(bench.interceptor.revisions.map(\.text) == ["same", nil])
    }

    @Test func anAnswerThatSaysNothingShowsThatItsWriterLives() async throws {
        let bench = try await AnswerBench()
        let (say, finish, task) = bench.begin()
        say("a")
        try await bench.waitForText("a")
        for minute in 1...4 {
            try await bench.waitForSleeper(until: .seconds(15 * minute))
            bench.clock.advance(by: .seconds(15))
            try await waitUntil { bench.interceptor.revisions.count == 1 + minute }
        }
        finish(nil)
        let done = try await task.outcome
        #expect(done.content == "a" && done.revision == 7)
        #expect(bench.interceptor.revisions.map(\.text) == ["a", nil, nil, nil, nil, nil])
        #expect(bench.interceptor.revisions.dropLast().allSatisfy { $0.revision.state == nil })
    }

    @Test func longMessagesAreWrittenLessOften() async throws {
        let bench = try await AnswerBench { $0.bytesPerSecond = 1_000 }
        let (say, finish, task) = bench.begin()
        let long = String(repeating: "x", count: 20_000)
        say(long)
        try await bench.waitForText(long)
        say("y")
        // At 1,000 bytes a second the next checkpoint of 20,000 bytes is due after 20 seconds, but after 15 the writer
        // shows that it lives.
        try await bench.waitForSleeper(until: .seconds(15))
        bench.clock.advance(by: .seconds(15))
        try await waitUntil { bench.interceptor.revisions.count == 2 }
        try await bench.waitForSleeper(until: .seconds(20))
        bench.clock.advance(by: .seconds(5))
        try await bench.waitForText(long + "y")
        finish(nil)
        #expect(try await task.outcome.state == .complete)
        #expect(bench.interceptor.revisions.map { $0.text?.count } == [20_000, nil, 20_001, nil])
    }

    @Test func aSlowDatabaseSlowsTheCheckpointsAndNotTheBody() async throws {
        let bench = try await AnswerBench()
        bench.interceptor.fates.withLock { $0 = [.isHeld, .isHeld, .isHeld] }
        let done = try await bench.chats.append(
            streaming: .assistant, to: "c", checkpoints: bench.options
        ) { draft in
            for round in 1...3 {
                for piece in 1...500 { draft.append("\(round):\(piece) ") }
                try await waitUntil { bench.interceptor.heldCount == 1 }
                for piece in 501...1_000 {
                    draft.append("\(round):\(piece) ")
                    bench.clock.advance(by: .milliseconds(10))
                }
                bench.interceptor.letGo()
                try await waitUntil { bench.interceptor.revisions.count > round }
            }
        }
        let pieces = (1...3).flatMap { round in (1...1_000).map { "\(round):\($0) " } }
        #expect(done.content == pieces.joined())
        let revisions = bench.interceptor.revisions
        #expect(bench.interceptor.mostAtOnce == 1 && (4...5).contains(revisions.count))
        // Each revision has the text that had come when it was sent.
        for round in 1...3 { #expect(revisions[round].text?.contains("\(round):1000 ") == true, "\(round)") }
    }

    @Test func aLostAcknowledgementIsSentAgainAsItWas() async throws {
        struct TimedOut: Error {}
        for error: any Error in [AnswerBench.unknown, TimedOut(), ChatStorageError(.damaged, "an odd reply")] {
            for isStored in [true, false] {
                let bench = try await AnswerBench { $0.retrying = RetryPolicy(attempts: 3, firstDelay: .zero) }
                bench.interceptor.fates.withLock {
                    $0 = [isStored ? .isLost(error) : .fails(error), .fails(AnswerBench.notApplied)]
                }
                let (say, finish, task) = bench.begin(metadata: ["n": 1])
                say("a")
                try await waitUntil { bench.interceptor.revisions.count == 1 }
                say("b")
                for attempt in 2...4 {
                    try await waitUntil { bench.interceptor.revisions.count == attempt - 1 }
                    try await bench.waitForSleeper(until: .seconds(attempt - 1))
                    bench.clock.advance(by: .seconds(1))
                }
                try await bench.waitForText("ab")
                let revisions = bench.interceptor.revisions.map(\.revision)
                #expect(revisions[1] == revisions[0] && revisions[2] == revisions[0] && revisions[3] != revisions[0])
                finish(nil)
                let done = try await task.outcome
                #expect(done.state == .complete && done.content == "ab" && done.revision == 4)
            }
        }
    }

    @Test func theEndWaitsForALostAcknowledgement() async throws {
        let bench = try await AnswerBench { $0.retrying = RetryPolicy(attempts: 3, firstDelay: .zero) }
        bench.interceptor.fates.withLock { $0 = [.isLost(AnswerBench.unknown), .isLost(AnswerBench.unknown)] }
        let (say, finish, task) = bench.begin()
        say("a")
        try await waitUntil { bench.interceptor.revisions.count == 1 }
        say("b")
        finish(nil)
        let done = try await task.outcome
        #expect(done.state == .complete && done.content == "ab" && done.revision == 3)
        #expect(bench.interceptor.revisions.map(\.text) == ["a", "a", "a", "ab"])
    }

    @Test func theBeginningIsAppendedOnce() async throws {
        let bench = try await AnswerBench { $0.retrying = RetryPolicy(attempts: 4, firstDelay: .zero) }
        bench.interceptor.appendFates.withLock {
            $0 = [.fails(AnswerBench.notApplied), .isLost(AnswerBench.unknown), .fails(AnswerBench.notApplied)]
        }
        try await bench.chats.append(streaming: .assistant, to: "c", checkpoints: bench.options) { $0.append("a") }
        #expect(bench.interceptor.appends == 4)
        #expect(try await bench.base.messages(of: "c").map(\.content) == ["Hello?", "a"])
    }

    @Test func checkpointsThatFailDoNotDisturbTheBody() async throws {
        let bench = try await AnswerBench { $0.retrying = RetryPolicy(attempts: 1, firstDelay: .zero) }
        bench.interceptor.fates.withLock {
            $0 = [
                .fails(ChatStorageError(.accessDenied, "no")), .fails(AnswerBench.notApplied),
                .fails(ChatStorageError(.readOnly, "a standby")), .fails(ChatStorageError(.conflict, "not really")),
            ]
        }
        let (say, finish, task) = bench.begin()
        for second in 1...4 {
            say("\(second)")
            try await waitUntil { bench.interceptor.revisions.count == second }
            try await bench.waitForSleeper(until: .seconds(second))
            bench.clock.advance(by: .seconds(1))
        }
        try await waitUntil { bench.interceptor.revisions.count == 5 }
        finish(nil)
        let done = try await task.outcome
        #expect(done.state == .complete && done.content == "1234")
    }

    @Test func whatOthersSetInTheMetadataStays() async throws {
        let bench = try await AnswerBench()
        let done = try await bench.chats.append(
            streaming: .assistant, to: "c", metadata: ["request": 7, "own": 1], checkpoints: bench.options
        ) { draft in
            draft.body = ChatMessage(role: .assistant, parts: [.text("a")], metadata: ["model": "m", "tokens": 1])
            #expect(draft.message.metadata == ["request": 7, "own": 1, "model": "m", "tokens": 1])
            try await waitUntil { try await bench.answer()?.metadata["tokens"] == 1 }
            try await bench.base.updateMetadata(of: 2, .setting("rating", to: 1).removing("own"), in: "c")
            draft.body = ChatMessage(role: .assistant, parts: [.text("a")], metadata: ["tokens": 2])
            bench.clock.advance(by: .seconds(1))
            try await waitUntil { try await bench.answer()?.metadata["tokens"] == 2 }
            #expect(try await bench.answer()?.metadata == ["request": 7, "rating": 1, "tokens": 2])
            try await bench.base.updateMetadata(of: 2, .setting("tokens", to: 9), in: "c")
            draft.append("b")
        }
        // A member that the writer did not change is another's to set.
        #expect(done.metadata == ["request": 7, "rating": 1, "tokens": 9] && done.content == "ab")
    }
}
