import ChatStorageCore
import ChatStorageInMemory
import MetricsTestKit
import ServiceLifecycle
import Synchronization
import TestSupport
import InMemoryLogging
import Logging
import Testing

@testable import ChatStorageServices

@Suite(.timeLimit(.minutes(5))) struct ChatStorageServiceTests {
    private let clock = ManualClock()
    private let log = Log()

    private func configuration(
        _ change: (inout ChatStorageService.Configuration) -> Void = { _ in }
    ) -> ChatStorageService.Configuration {
        var configuration = ChatStorageService.Configuration()
        configuration.clock = clock
        configuration.recovery = nil
        change(&configuration)
        return configuration
    }

    /// Runs services in a group, and shuts it down gracefully after the body.
    private func run(_ services: [any Service], _ body: (ServiceGroup) async throws -> Void) async throws {
        let group = ServiceGroup(services: services, logger: log.logger)
        async let running: Void = group.run()
        do {
            try await body(group)
        } catch {
            await group.triggerGracefulShutdown()
            try? await running
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running
    }

    @Test func itPreparesServesAndCloses() async throws {
        let stub = StubBackend()
        let service = try ChatStorageService(stub.backend, configuration: configuration(), logger: log.logger)
        try await run([service]) { _ in
            try await waitUntil { (try? await stub.backend.ping()) != nil }
            try await stub.backend.append(.user("Hi"), to: "trip")
            #expect(stub.events == ["prepare"])
        }
        #expect(stub.events == ["prepare", "close"])
        #expect(await #expect(throws: ChatStorageError.self) { try await stub.backend.ping() }?.code == .closed)
        #expect(
            log.entries.filter { $0.level == .info }.map(\.line) == [
                "info: The store is ready", "info: The store is being closed chatstorage.answers=0",
                "info: The store is closed",
            ])
    }

    @Test func preparingIsTriedAgainUntilTheDatabaseIsThere() async throws {
        let stub = StubBackend(preparations: [.outOfReach, ChatStorageError(.readOnly, "standby"), .outOfReach])
        let service = try ChatStorageService(stub.backend, configuration: configuration(), logger: log.logger)
        try await run([service]) { _ in
            for attempt in 1...3 {
                try await waitUntil { stub.events.count == attempt && !clock.waits.isEmpty }
                // The bounds of the waits are 0.2, 0.4 and 0.8 seconds; each wait is half of its bound or more.
                let bound = Duration.milliseconds(100 << attempt)
                let wait = try #require(clock.waits.first)
                #expect(wait >= bound / 2 && wait <= bound)
                let error = await #expect(throws: ChatStorageError.self) { try await stub.memory.ping() }
                #expect(error?.code == .notPrepared)
                clock.advance(by: wait)
            }
            try await waitUntil { (try? await stub.backend.ping()) != nil }
        }
        #expect(
            log.entries.filter { $0.level == .warning }.map(\.line) == [
                "warning: The store is not ready yet chatstorage.attempts=1 error.type=unavailable",
                "warning: The store is not ready yet chatstorage.attempts=2 error.type=read_only",
                "warning: The store is not ready yet chatstorage.attempts=3 error.type=unavailable",
            ])
    }

    @Test func preparingIsGivenUpWhenItsTimeIsOver() async throws {
        let stub = StubBackend(preparations: Array(repeating: .outOfReach, count: 100))
        let service = try ChatStorageService(
            stub.backend, configuration: configuration { $0.preparationTime = .seconds(10) }, logger: log.logger)
        let running = Task { try await service.run() }
        while stub.events.last != "close" {
            if let wait = clock.waits.first { clock.advance(by: wait) }
            await Task.yield()
        }
        await #expect(throws: ChatStorageError.self) { try await running.value }
        #expect(clock.now.sinceStart < .seconds(10))
        #expect(clock.now.sinceStart > .seconds(4))
    }

    @Test func whatWaitingDoesNotMendEndsTheServiceAtOnce() async throws {
        let stub = StubBackend(preparations: [ChatStorageError(.schemaTooNew, "of version 99")])
        let service = try ChatStorageService(stub.backend, configuration: configuration(), logger: log.logger)
        let error = await #expect(throws: ChatStorageError.self) { try await service.run() }
        #expect(error?.code == .schemaTooNew)
        #expect(stub.events == ["prepare", "close"])
    }

    @Test func aStoreThatAnotherProcessPreparesIsWaitedFor() async throws {
        let missing = ChatStorageError(.notPrepared, "no schema")
        let stub = StubBackend(preparations: [missing])
        let service = try ChatStorageService(
            stub.backend, configuration: configuration { $0.preparation = .verify }, logger: log.logger)
        try await run([service]) { _ in
            try await waitUntil { !clock.waits.isEmpty }
            clock.advance(by: .seconds(1))
            try await waitUntil { (try? await stub.backend.ping()) != nil }
        }
        let migrating = StubBackend(preparations: [missing])
        let other = try ChatStorageService(migrating.backend, configuration: configuration(), logger: log.logger)
        await #expect(throws: ChatStorageError.self) { try await other.run() }
    }

    @Test func shutdownEndsThePreparing() async throws {
        let stub = StubBackend(preparations: [.outOfReach])
        let service = try ChatStorageService(stub.backend, configuration: configuration(), logger: log.logger)
        try await run([service]) { _ in try await waitUntil { !clock.waits.isEmpty } }
        #expect(stub.events == ["prepare", "close"])
    }

    /// Starts an answer that says something, and then nothing until its gate opens or it is cancelled.
    private func answer(
        _ service: ChatStorageService, _ chats: any ChatStorage, _ gates: AsyncStream<Void>
    ) async throws -> Task<Message, any Error> {
        try await waitUntil { (try? await chats.append(.user("Hi"), to: "trip")) != nil }
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        let task = try service.answers.start {
            try await chats.append(streaming: .assistant, to: "trip") { draft in
                draft.append("Half an")
                start.finish()
                for await _ in gates {}
                try Task.checkCancellation()
                draft.append(" answer, and the rest")
            }
        }
        for await _ in starts {}
        return task
    }

    @Test func anAnswerUnderWayIsWrittenToItsEnd() async throws {
        let memory = InMemoryBackend()
        let stub = StubBackend(memory)
        let service = try ChatStorageService(stub.backend, configuration: configuration(), logger: log.logger)
        let (gates, gate) = AsyncStream.makeStream(of: Void.self)
        let writing = Mutex<Task<Message, any Error>?>(nil)
        try await run([service]) { group in
            let task = try await answer(service, stub.backend, gates)
            writing.withLock { $0 = task }
            await group.triggerGracefulShutdown()
            try await waitUntil { clock.waits.contains(.seconds(20)) }
            #expect(stub.events == ["prepare"])
            gate.finish()
        }
        let task = try #require(writing.withLock { $0 })
        let message = try await task.value
        #expect(message.state == .complete && message.content == "Half an answer, and the rest")
        #expect(stub.events == ["prepare", "close"])
    }

    @Test func anAnswerThatTakesLongerIsStoppedAndStored() async throws {
        // What is stored is looked at when the store closes.
        let looking = ClosingLook()
        let service = try ChatStorageService(looking.backend, configuration: configuration(), logger: log.logger)
        let (gates, _) = AsyncStream.makeStream(of: Void.self)
        try await run([service]) { group in
            _ = try await answer(service, looking.backend, gates)
            await group.triggerGracefulShutdown()
            try await waitUntil { clock.waits.contains(.seconds(20)) }
            clock.advance(by: .seconds(20))
        }
        let last = try #require(looking.messages.last)
        #expect(last.state == .stopped && last.content == "Half an")
        #expect(
            log.entries.contains {
                $0.line == "warning: Answers under way were stopped after their grace chatstorage.answers=1"
            })
    }

    @Test func aCancelledServiceGivesNoGrace() async throws {
        let looking = ClosingLook()
        let service = try ChatStorageService(looking.backend, configuration: configuration(), logger: log.logger)
        let running = Task { try await service.run() }
        _ = try await answer(service, looking.backend, AsyncStream<Void>.makeStream().stream)
        running.cancel()
        try await running.value
        #expect(looking.messages.last?.state == .stopped)
    }

    @Test func theStoreClosesAfterTheServicesThatUseIt() async throws {
        let stub = StubBackend()
        let service = try ChatStorageService(stub.backend, configuration: configuration(), logger: log.logger)
        try await run([service, UsingService(stub: stub)]) { _ in
            try await waitUntil { (try? await stub.backend.ping()) != nil }
        }
        #expect(stub.events == ["prepare", "last request", "close"])
    }

    @Test func statisticsAreRecorded() async throws {
        let metrics = TestMetrics()
        let stub = StubBackend()
        let service = try ChatStorageService(
            stub.backend,
            configuration: configuration { $0.metrics = MetricsObserver(system: .memory, factory: metrics) },
            logger: log.logger)
        try await run([service]) { _ in
            for turn in 1...3 {
                try await waitUntil { clock.waits.count == 1 }
                let wait = try #require(clock.waits.first)
                #expect(turn == 1 ? wait <= .seconds(1) : wait >= .seconds(9) && wait <= .seconds(11))
                clock.advance(by: wait)
                try await waitUntil {
                    metrics.meters(label: "db.client.connection.max").first?.values.count == turn
                }
            }
        }
    }

    @Test func optionsOutOfTheirBoundsAreRefused() throws {
        func recovery(
            _ change: @escaping (inout UnfinishedAnswerRecovery.Configuration) -> Void
        ) -> (inout ChatStorageService.Configuration) -> Void {
            return { configuration in
                var recovery = UnfinishedAnswerRecovery.Configuration()
                change(&recovery)
                configuration.recovery = recovery
            }
        }
        let bad: [(name: String, change: (inout ChatStorageService.Configuration) -> Void)] = [
            ("grace", { $0.grace = .seconds(-1) }), ("preparationTime", { $0.preparationTime = .seconds(-1) }),
            ("statisticsInterval", { $0.statisticsInterval = .zero }),
            ("retention.age", { $0.retention = .init(age: .zero) }),
            (
                "retention.interval",
                {
                    $0.retention = .init(age: .seconds(1))
                    $0.retention?.interval = .zero
                }
            ),
            ("recovery.interval", recovery { $0.interval = .zero }),
            ("recovery.notRevisedFor", recovery { $0.notRevisedFor = .seconds(-1) }),
            ("streaming", recovery { $0.state = .streaming }),
        ]
        for (name, change) in bad {
            let error = #expect(throws: ChatStorageError.self) {
                try ChatStorageService(
                    InMemoryBackend(), configuration: configuration(change), logger: log.logger)
            }
            #expect(error?.code == .invalidArgument && error?.message.contains(name) == true, "\(name)")
        }
    }
}

/// A service that makes a last call when it shuts down.
private struct UsingService: Service {
    let stub: StubBackend

    func run() async throws {
        try await gracefulShutdown()
        try await stub.backend.append(.user("Bye"), to: "trip")
        stub.note("last request")
    }
}

/// A store that notes what it holds just before it closes.
private final class ClosingLook: StorageInterceptor {
    private let memory = InMemoryBackend()
    private let found = Mutex<[Message]>([])

    var backend: InterceptedBackend { InterceptedBackend(memory, interceptor: self) }
    var messages: [Message] { found.withLock { $0 } }

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        try await call.perform(on: base)
    }

    func close(_ base: any ChatStorageBackend) async throws {
        await memory.endingAnswers.wait()
        let messages = try await memory.messages(of: "trip")
        found.withLock { $0 = messages }
        try await base.close()
    }
}
