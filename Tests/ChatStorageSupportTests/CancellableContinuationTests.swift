import ChatStorageSupport
import Synchronization
import Testing

/// A caller that waits for work elsewhere, and stops waiting when it is cancelled.
@Suite struct CancellableContinuationTests {
    private struct Failure: Error {}

    /// Holds the call of a waiting task for the test.
    private final class Submitted: Sendable {
        private let calls = AsyncStream.makeStream(of: CancellableContinuation<Int>.self)

        func submit(_ call: CancellableContinuation<Int>) { calls.continuation.yield(call) }

        func next() async throws -> CancellableContinuation<Int> {
            var iterator = calls.stream.makeAsyncIterator()
            return try #require(await iterator.next())
        }
    }

    @Test func theResultReachesTheCaller() async throws {
        let value = try await CancellableContinuation<Int>.wait { call in
            #expect(call.begin())
            call.end(.success(7))
        }
        #expect(value == 7)
        await #expect(throws: Failure.self) {
            try await CancellableContinuation<Int>.wait { $0.end(.failure(Failure())) }
        }
    }

    @Test func onlyTheFirstResultCounts() async throws {
        let value = try await CancellableContinuation<Int>.wait { call in
            call.end(.success(1))
            call.end(.success(2))
            call.end(.failure(Failure()))
        }
        #expect(value == 1)
    }

    @Test func aCallerThatWasCancelledBeforeSubmitsNothing() async throws {
        let submitted = Mutex(false)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await CancellableContinuation<Int>.wait { call in
                submitted.withLock { $0 = true }
                call.end(.success(1))
            }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!submitted.withLock { $0 })
    }

    @Test func aCallThatHasNotBegunIsTakenBack() async throws {
        let submitted = Submitted()
        let task = Task { try await CancellableContinuation<Int>.wait { submitted.submit($0) } }
        let call = try await submitted.next()
        #expect(call.isWanted)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!call.isWanted)
        #expect(!call.begin(), "work that nobody wants must not begin")
    }

    @Test func aCallThatHasBegunGoesOnWithoutItsCaller() async throws {
        let submitted = Submitted()
        let task = Task { try await CancellableContinuation<Int>.wait { submitted.submit($0) } }
        let call = try await submitted.next()
        #expect(call.begin())
        #expect(!call.begin(), "work begins once")
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!call.isWanted)
        call.end(.success(1))
    }

    @Test func cancellationAndResultsRaceWithoutHarm() async throws {
        for _ in 0..<500 {
            let submitted = Submitted()
            let task = Task { try await CancellableContinuation<Int>.wait { submitted.submit($0) } }
            let call = try await submitted.next()
            async let end: Void = { call.end(.success(1)) }()
            task.cancel()
            await end
            switch await task.result {
            case .success(let value): #expect(value == 1)
            case .failure(let error): #expect(error is CancellationError)
            }
        }
    }
}
