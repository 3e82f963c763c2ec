import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import Testing

/// Appends that are made again until the database takes them.
@Suite struct AppendRetryingTests {
    /// Fails the first appends, some after they were stored.
    private final class Outage: StorageInterceptor {
        private let failures: Mutex<[(ChatStorageError, stores: Bool)]>
        private let attempts = Mutex(0)

        var count: Int { attempts.withLock(\.self) }

        init(_ failures: [(ChatStorageError, stores: Bool)]) {
            self.failures = Mutex(failures)
        }

        func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
            guard case .append = call else { return try await call.perform(on: base) }
            attempts.withLock { $0 += 1 }
            let failure = failures.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            guard let failure else { return try await call.perform(on: base) }
            if failure.stores { try await call.perform(on: base) }
            throw failure.0
        }
    }

    /// A clock whose sleeps end at once, and which remembers how long each would have lasted.
    private final class Waits: Clock {
        typealias Instant = ContinuousClock.Instant

        private let start = ContinuousClock.now
        private let waits = Mutex<[Duration]>([])
        private let onSleep: @Sendable () -> Void

        init(onSleep: @escaping @Sendable () -> Void = {}) {
            self.onSleep = onSleep
        }

        var all: [Duration] { waits.withLock(\.self) }
        var now: Instant { start }
        var minimumResolution: Duration { .nanoseconds(1) }

        func sleep(until deadline: Instant, tolerance: Duration?) async throws {
            waits.withLock { $0.append(deadline - start) }
            onSleep()
            try Task.checkCancellation()
        }
    }

    private static let unknown = ChatStorageError(.unavailable, "the connection was lost", writeOutcome: .unknown)
    private static let notApplied = ChatStorageError(.unavailable, "there is none", writeOutcome: .notApplied)
    private static let standby = ChatStorageError(.readOnly, "a standby")

    private func append(
        _ messages: [ChatMessage], if condition: AppendCondition = .createIfMissing, through outage: Outage,
        to base: InMemoryBackend, policy: RetryPolicy = .standard, clock: Waits = Waits()
    ) async throws -> [Message] {
        // Each wait is as long as it can be.
        try await InterceptedBackend(base, interceptor: outage).append(
            messages, to: "c", if: condition, retrying: policy, clock: clock, fraction: { 1 })
    }

    private func preparedBackend() async throws -> InMemoryBackend {
        let base = InMemoryBackend()
        try await base.prepare()
        return base
    }

    @Test func whatWasStoredBeforeTheErrorIsStoredOnce() async throws {
        let base = try await preparedBackend()
        let outage = Outage([(Self.notApplied, false), (Self.unknown, true), (Self.standby, false)])
        let stored = try await append(
            [.user("one", key: "mine"), .assistant("two", key: "too")], through: outage, to: base)
        #expect(outage.count == 4)
        #expect(try await base.messages(of: "c") == stored)
        #expect(stored.map(\.content) == ["one", "two"])
        #expect(stored.map(\.key) == ["mine", "too"])
        #expect(
            try await append([.user("one", key: "mine"), .assistant("two", key: "too")], through: Outage([]), to: base)
                == stored)
    }

    @Test func anUnknownOutcomeIsNotForgottenForALaterOne() async throws {
        let base = try await preparedBackend()
        let outage = Outage([(Self.notApplied, false), (Self.unknown, true), (Self.notApplied, false)])
        await #expect {
            try await append(
                [.user("one")], through: outage, to: base, policy: RetryPolicy(attempts: 3))
        } throws: {
            ($0 as? ChatStorageError)?.writeOutcome == .unknown
        }
        #expect(try await base.messages(of: "c").map(\.content) == ["one"])
    }

    @Test func theConditionHoldsForTheAttemptThatStores() async throws {
        let base = try await preparedBackend()
        let before = try await base.createConversation("c")
        let stored = try await append(
            [.user("one")], if: .unchanged(since: before), through: Outage([(Self.unknown, true)]), to: base)
        #expect(try await base.messages(of: "c") == stored)
        await #expect(throws: ChatStorageError.self) {
            try await append(
                [.user("two")], if: .unchanged(since: before), through: Outage([(Self.unknown, false)]), to: base)
        }
        #expect(try await base.messages(of: "c") == stored)
    }

    @Test func twoAppendsOfTheSameTextAreTwo() async throws {
        let base = try await preparedBackend()
        for _ in 1...2 {
            try await base.append(.user("again"), to: "c", retrying: .standard)
        }
        #expect(try await base.messages(of: "c").count == 2)
    }

    @Test func theWaitsDoubleUpToTheLongest() async throws {
        let base = try await preparedBackend()
        let outage = Outage(Array(repeating: (Self.notApplied, false), count: 9))
        let clock = Waits()
        let policy = RetryPolicy(attempts: 6, firstDelay: .seconds(1), longestDelay: .seconds(5))
        await #expect(throws: ChatStorageError.self) {
            try await append([.user("one")], through: outage, to: base, policy: policy, clock: clock)
        }
        #expect(outage.count == 6)
        #expect(clock.all == [.seconds(1), .seconds(2), .seconds(4), .seconds(5), .seconds(5)])
        #expect(try await base.messages(of: "c").isEmpty)
    }

    @Test(arguments: [0, -1, 1])
    func aPolicyWithoutRepeatsCallsOnce(attempts: Int) async throws {
        let base = try await preparedBackend()
        let outage = Outage([(Self.notApplied, false)])
        await #expect(throws: ChatStorageError.self) {
            try await append([.user("one")], through: outage, to: base, policy: RetryPolicy(attempts: attempts))
        }
        #expect(outage.count == 1)
    }

    @Test func extremePoliciesWaitWithinTheirBounds() {
        let negative = RetryPolicy(attempts: 5, firstDelay: .seconds(-1), longestDelay: .seconds(5))
        #expect(negative.longestWait(afterFailures: 4) == .zero)
        let none = RetryPolicy(attempts: 5, firstDelay: .zero, longestDelay: .zero)
        #expect(none.longestWait(afterFailures: .max) == .zero)
        #expect(RetryPolicy.standard.longestWait(afterFailures: .max) == .seconds(5))
        let long = RetryPolicy(attempts: 5, firstDelay: .seconds(9), longestDelay: .seconds(5))
        #expect(long.longestWait(afterFailures: 1) == .seconds(5))
    }

    @Test func otherErrorsEndItAtOnce() async throws {
        let base = try await preparedBackend()
        for code in [ChatStorageError.Code.conflict, .accessDenied, .damaged, .closed, .idempotencyMismatch] {
            let outage = Outage([(ChatStorageError(code, "no"), false)])
            let clock = Waits()
            await #expect(throws: ChatStorageError.self) {
                try await append([.user("one")], through: outage, to: base, clock: clock)
            }
            #expect(outage.count == 1 && clock.all.isEmpty)
        }
    }

    @Test func theErrorOfOneMessageNamesItsFieldAlone() async throws {
        let backend = InMemoryBackend()
        try await backend.prepare()
        let message = ChatMessage(role: Role(rawValue: "nobody"), content: "x")
        for policy in [nil, RetryPolicy.standard] {
            let error = await #expect(throws: ChatStorageError.self) {
                if let policy { return try await backend.append(message, to: "c", retrying: policy) }
                return try await backend.append(message, to: "c")
            }
            #expect(error?.code == .invalidRole && error?.message.hasPrefix("role is not one") == true)
        }
    }

    @Test func cancellingEndsAWaitAtOnce() async throws {
        let base = try await preparedBackend()
        let outage = Outage(Array(repeating: (Self.notApplied, false), count: 9))
        let task = Mutex<Task<[Message], any Error>?>(nil)
        let clock = Waits { task.withLock { $0?.cancel() } }
        let (started, start) = AsyncStream<Void>.makeStream()
        let appending = Task {
            for await _ in started {}
            return try await append([.user("one")], through: outage, to: base, clock: clock)
        }
        task.withLock { $0 = appending }
        start.finish()
        await #expect(throws: CancellationError.self) { try await appending.value }
        #expect(outage.count == 1)
    }
}
