import ChatStorageCore
import Synchronization
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// First calls that come together.
@Suite(.timeLimit(.minutes(5))) struct SharedInspectionTests {
    private static let schema = SchemaName(name: "s")

    @Test func callsThatComeTogetherShareOne() async throws {
        let shared = SharedInspection(limit: 1_000)
        let inspections = Inspections(.present(Self.schema, isDistributed: false))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await shared.location { try await inspections.look() } } }
            try await waitUntil { shared.waitingCount == 50 }
            inspections.open()
            try await group.waitForAll()
        }
        #expect(inspections.begun == 1)
    }

    /// Whoever comes later may know that the tables have been made since it began.
    @Test func whatIsNotThereIsLookedAtAgainByThoseThatCameLater() async throws {
        let shared = SharedInspection(limit: 1_000)
        let inspections = Inspections(.absent(Self.schema, exists: true, lookedThrough: []))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await shared.location { try await inspections.look() } } }
            try await waitUntil { shared.waitingCount == 50 }
            inspections.open()
            try await group.waitForAll()
        }
        #expect(inspections.begun >= 2)
    }

    @Test func aCancelledCallDisturbsNoOther() async throws {
        let shared = SharedInspection(limit: 1_000)
        let inspections = Inspections(.present(Self.schema, isDistributed: false))
        func call() -> Task<Void, any Error> { Task { _ = try await shared.location { try await inspections.look() } } }
        let first = call()
        try await waitUntil { shared.waitingCount == 1 }
        let second = call()
        try await waitUntil { shared.waitingCount == 2 }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        inspections.open()
        try await second.value
        #expect(inspections.begun == 1)
    }

    @Test func nobodyLooksForCallsThatWereAllCancelled() async throws {
        let shared = SharedInspection(limit: 2)
        let inspections = Inspections(.present(Self.schema, isDistributed: false))
        func call() -> Task<Void, any Error> { Task { _ = try await shared.location { try await inspections.look() } } }
        let calls = [call(), call()]
        try await waitUntil { shared.waitingCount == 2 }
        await #expect(throws: ChatStorageError.self) { try await call().value }
        for call in calls { call.cancel() }
        // Nobody opens the gate: the inspection was cancelled too.
        try await waitUntil { inspections.begun == inspections.ended }
        #expect(shared.waitingCount == 0)
        inspections.open()
        try await call().value
    }
}

/// Inspections that wait until they may end.
private final class Inspections: Sendable {
    private let state = Mutex((begun: 0, ended: 0, isOpen: false))
    private let location: SchemaInspection.Location

    init(_ location: SchemaInspection.Location) {
        self.location = location
    }

    var begun: Int { state.withLock(\.begun) }
    var ended: Int { state.withLock(\.ended) }

    func open() { state.withLock { $0.isOpen = true } }

    func look() async throws -> SchemaInspection.Location {
        state.withLock { $0.begun += 1 }
        defer { state.withLock { $0.ended += 1 } }
        try await waitUntil { state.withLock(\.isOpen) }
        return location
    }
}
