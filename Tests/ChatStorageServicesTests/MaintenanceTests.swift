import ChatStorageCore
import ChatStorageInMemory
import ServiceLifecycle
import Synchronization
import TestSupport
import InMemoryLogging
import Logging
import Testing

@testable import ChatStorageServices

/// What a store takes for the time.
private final class StoreTime: Sendable {
    private let time = Mutex(Timestamp(microsecondsSinceEpoch: 1_700_000_000_000_000))

    var now: Timestamp { time.withLock { $0 } }
    func set(_ now: Timestamp) { time.withLock { $0 = now } }
    func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// Recovery and retention.
@Suite(.timeLimit(.minutes(5))) struct MaintenanceTests {
    private let clock = ManualClock()
    private let log = Log()
    private let time = StoreTime()

    private func store() throws -> InMemoryBackend {
        try InMemoryBackend(.init(clock: { time.now }))
    }

    /// Waits for the next turn, and has it come.
    private func turn(_ range: ClosedRange<Duration>) async throws {
        try await waitUntil { clock.waits.count == 1 }
        let wait = try #require(clock.waits.first)
        #expect(range.contains(wait))
        clock.advance(by: wait)
        try await waitUntil { clock.waits.count == 1 }
    }

    private func run(_ service: any Service, _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(services: [service], logger: log.logger)
        async let running: Void = group.run()
        let result = await Task.result { try await body() }
        await group.triggerGracefulShutdown()
        try await running
        try result.get()
    }

    @Test func answersOfDeadWritersAreEnded() async throws {
        let chats = try store()
        try await chats.prepare()
        let dead = try await chats.tenant("anna").append(
            NewMessages([.user("Hi"), .assistant("Half")], to: "trip", isStreaming: true)
        ).messages
        time.advance(by: .seconds(61))
        try await chats.append(NewMessages([.assistant("Young")], to: "other", isStreaming: true))
        let service = try UnfinishedAnswerRecovery(chats, clock: clock, logger: log.logger)
        try await run(service) {
            try await turn(.zero ... .seconds(6))
            #expect(try await chats.tenant("anna").messages(of: "trip").last?.state == .failed)
            #expect(try await chats.messages(of: "other").last?.state == .streaming)
            time.advance(by: .seconds(61))
            try await turn(.seconds(54) ... .seconds(66))
            #expect(try await chats.messages(of: "other").last?.state == .failed)
            try await turn(.seconds(54) ... .seconds(66))
        }
        #expect(dead.last?.state == .streaming)
        let lines = log.entries.filter { $0.level == .notice }.map(\.line)
        let line = "notice: Answers whose writers died were ended chatstorage.answers=1"
        #expect(lines == [line, line])
        #expect(clock.waits.isEmpty)
    }

    @Test func anErrorIsLoggedAndTheNextTurnComes() async throws {
        let chats = try store()
        let service = try UnfinishedAnswerRecovery(chats, clock: clock, logger: log.logger)
        try await run(service) {
            try await turn(.zero ... .seconds(6))
            #expect(
                log.entries.last?.line == "warning: Ending unfinished answers failed error.type=not_prepared")
            try await chats.prepare()
            try await chats.append(NewMessages([.assistant("Half")], to: "trip", isStreaming: true))
            time.advance(by: .seconds(60))
            try await turn(.seconds(54) ... .seconds(66))
            #expect(try await chats.messages(of: "trip").last?.state == .failed)
        }
    }

    @Test func aClosedStoreEndsTheService() async throws {
        let chats = try store()
        try await chats.prepare()
        try await chats.close()
        let service = try UnfinishedAnswerRecovery(chats, clock: clock, logger: log.logger)
        let running = Task { try await service.run() }
        try await waitUntil { clock.waits.count == 1 }
        clock.advance(by: .seconds(60))
        try await running.value
        #expect(log.entries.isEmpty)
    }

    @Test func oldConversationsAreDeleted() async throws {
        let chats = try store()
        try await chats.prepare()
        for tenant in ["anna", "ben"] {
            try await chats.tenant(tenant).append([.user("Hi"), .assistant("Hello")], to: "old")
            try await chats.tenant(tenant).createConversation(NewConversation("kept", labels: ["keep"]))
        }
        time.advance(by: .seconds(86_400))
        try await chats.tenant("anna").append(.user("Hi"), to: "new")
        var configuration = ConversationRetention.Configuration(age: .seconds(86_400))
        configuration.sparedLabels = ["keep"]
        let service = try ConversationRetention(
            chats, configuration: configuration, clock: clock, now: { time.now }, logger: log.logger)
        try await run(service) {
            try await turn(.zero ... .seconds(360))
            // Updated exactly a day ago is not before it.
            #expect(try await chats.tenant("anna").conversations().map(\.id.rawValue) == ["new", "kept", "old"])
            time.advance(by: .seconds(1))
            try await turn(.seconds(3_240) ... .seconds(3_960))
            #expect(try await chats.tenant("anna").conversations().map(\.id.rawValue) == ["new", "kept"])
            #expect(try await chats.tenant("ben").conversations().map(\.id.rawValue) == ["kept"])
        }
        #expect(
            log.entries.filter { $0.level == .notice }.map(\.line) == [
                "notice: Old conversations were deleted chatstorage.conversations=2 chatstorage.messages=4"
            ])
    }

    @Test func onlyNamedTenantsAreLookedAt() async throws {
        let chats = try store()
        try await chats.prepare()
        try await chats.append(.user("Hi"), to: "old")
        for tenant in ["anna", "ben"] { try await chats.tenant(tenant).append(.user("Hi"), to: "old") }
        time.advance(by: .seconds(100))
        var configuration = ConversationRetention.Configuration(age: .seconds(1))
        configuration.tenants = [nil, "ben"]
        let service = try ConversationRetention(
            chats, configuration: configuration, clock: clock, now: { time.now }, logger: log.logger)
        try await run(service) { try await turn(.zero ... .seconds(360)) }
        #expect(try await chats.allTenants().map(\.name) == ["anna"])
    }

    @Test func theServiceOfTheStoreRunsBoth() async throws {
        let chats = try store()
        try await chats.prepare()
        time.set(Timestamp.now() - .seconds(1_000))
        try await chats.append(.user("Hi"), to: "old")
        time.advance(by: .seconds(900))
        try await chats.append(NewMessages([.assistant("Half")], to: "trip", isStreaming: true))
        time.advance(by: .seconds(100))
        var configuration = ChatStorageService.Configuration()
        configuration.clock = clock
        configuration.retention = ConversationRetention.Configuration(age: .seconds(500))
        let service = try ChatStorageService(chats, configuration: configuration, logger: log.logger)
        try await run(service) {
            try await waitUntil { clock.waits.count == 2 }
            clock.advance(by: .seconds(360))
            try await waitUntil { try await chats.conversation("old") == nil }
            try await waitUntil { try await chats.messages(of: "trip").last?.state == .failed }
        }
    }
}

extension Task where Success == Never, Failure == Never {
    /// What a body returned or threw.
    fileprivate static func result(_ body: () async throws -> Void) async -> Result<Void, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
