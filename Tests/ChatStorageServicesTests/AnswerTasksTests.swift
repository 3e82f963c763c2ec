import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStorageServices

@Suite(.timeLimit(.minutes(5))) struct AnswerTasksTests {
    private let answers = AnswerTasks()
    private let clock = ManualClock()

    @Test func tasksAreCountedUntilTheyEnd() async throws {
        let (gates, gate) = AsyncStream.makeStream(of: Void.self)
        let task = try answers.start {
            for await _ in gates {}
            return 7
        }
        #expect(answers.count == 1)
        gate.finish()
        #expect(try await task.value == 7)
        try await waitUntil { answers.count == 0 }
    }

    @Test func aTaskThatThrowsIsCountedOff() async throws {
        let task = try answers.start { throw ChatStorageError.outOfReach }
        await #expect(throws: ChatStorageError.self) { try await task.value }
        try await waitUntil { answers.count == 0 }
    }

    @Test func whatEndsWithinTheGraceIsNotCancelled() async throws {
        let (gates, gate) = AsyncStream.makeStream(of: Void.self)
        let task = try answers.start {
            for await _ in gates {}
            return Task.isCancelled
        }
        async let stopped = answers.finish(within: .seconds(20), clock: clock)
        try await waitUntil { clock.waits == [.seconds(20)] }
        #expect(throws: ChatStorageError.self) { try answers.start {} }
        gate.finish()
        #expect(await stopped == 0)
        #expect(try await task.value == false)
    }

    @Test func whatIsLeftAfterTheGraceIsCancelled() async throws {
        let task = try answers.start {
            for await _ in AsyncStream<Void>.makeStream().stream {}
            return Task.isCancelled
        }
        async let stopped = answers.finish(within: .seconds(20), clock: clock)
        try await waitUntil { !clock.waits.isEmpty }
        clock.advance(by: .seconds(19))
        #expect(clock.waits == [.seconds(1)])
        clock.advance(by: .seconds(1))
        #expect(await stopped == 1)
        #expect(try await task.value)
    }

    @Test func withoutTasksNothingIsWaitedFor() async {
        #expect(await answers.finish(within: .seconds(20), clock: clock) == 0)
        #expect(clock.sleeps == 0)
    }

    @Test func aTaskHasTheTaskLocalsOfItsRequest() async throws {
        let task = try RequestID.$current.withValue("r1") { try answers.start { RequestID.current } }
        #expect(try await task.value == "r1")
    }
}

private enum RequestID {
    @TaskLocal static var current = ""
}
