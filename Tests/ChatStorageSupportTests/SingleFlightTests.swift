import ChatStorageSupport
import Dispatch
import Synchronization
import TestSupport
import Testing

/// Callers that share a run.
@Suite(.timeLimit(.minutes(5))) struct SingleFlightTests {
    private let runs = Runs()

    private func flight(limit: Int = 1_000) -> SingleFlight<Int> {
        SingleFlight(limit: limit, waitingFor: "a value")
    }

    private func call(_ flight: SingleFlight<Int>, isFinal: Bool = true) -> Task<Int, any Error> {
        Task { [runs] in try await flight.value(acceptingEarlier: { _ in isFinal }, by: { try await runs.run() }) }
    }

    @Test func callsThatComeTogetherShareOne() async throws {
        let flight = flight()
        let calls = (0..<50).map { _ in call(flight) }
        try await waitUntil { flight.waitingCount == 50 }
        runs.open()
        for call in calls { #expect(try await call.value == 1) }
        #expect(runs.begun == 1)
    }

    /// Those that come later may know that the value has changed since it began.
    @Test func whatIsNotFinalIsLookedAtAgainByThoseThatCameLater() async throws {
        let flight = flight()
        let first = call(flight, isFinal: false)
        try await waitUntil { flight.waitingCount == 1 }
        let calls = (0..<50).map { _ in call(flight, isFinal: false) }
        try await waitUntil { flight.waitingCount == 51 }
        runs.open()
        #expect(try await first.value == 1)
        for call in calls { #expect(try await call.value >= 2) }
        #expect(runs.begun >= 2)
    }

    @Test func nothingIsKept() async throws {
        let flight = flight()
        runs.open()
        struct Failure: Error {}
        await #expect(throws: Failure.self) {
            try await flight.value(acceptingEarlier: { _ in true }, by: { throw Failure() })
        }
        #expect(try await call(flight).value == 1)
        #expect(try await call(flight).value == 2)
    }

    @Test func aCancelledCallDisturbsNoOther() async throws {
        let flight = flight()
        let first = call(flight)
        try await waitUntil { flight.waitingCount == 1 }
        let second = call(flight)
        try await waitUntil { flight.waitingCount == 2 }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        runs.open()
        #expect(try await second.value == 1)
        #expect(runs.begun == 1)
    }

    @Test func nobodyLooksForCallsThatWereAllCancelled() async throws {
        let flight = flight(limit: 2)
        let calls = [call(flight), call(flight)]
        try await waitUntil { flight.waitingCount == 2 }
        await #expect(throws: QueueRefusal.full(limit: 2, purpose: "a value")) { try await call(flight).value }
        for call in calls { call.cancel() }
        // Nobody opens the gate: the run was cancelled too.
        try await waitUntil { runs.begun == runs.ended }
        #expect(flight.waitingCount == 0)
        runs.open()
        #expect(try await call(flight).value == 2)
    }

    /// Otherwise each caller that gives up would leave a run behind, such as on a thread that is blocked.
    @Test func aRunThatGoesOnAfterAllHaveLeftIsTheOnlyOne() async throws {
        let flight = flight()
        let gate = Gate()
        let stubborn = Task { try await flight.value(acceptingEarlier: { _ in true }, by: gate.run) }
        try await waitUntil { flight.waitingCount == 1 }
        stubborn.cancel()
        await #expect(throws: CancellationError.self) { try await stubborn.value }
        runs.open()
        for _ in 0..<10 {
            let late = call(flight)
            try await waitUntil { flight.waitingCount == 1 }
            late.cancel()
            await #expect(throws: CancellationError.self) { try await late.value }
        }
        let last = call(flight, isFinal: false)
        try await waitUntil { flight.waitingCount == 1 }
        #expect(runs.begun == 0)
        gate.open()
        #expect(try await last.value == 1)
    }

    @Test func closingEndsTheCallsAndWaitsForTheRun() async throws {
        let flight = flight()
        let gate = Gate()
        let waiting = Task { try await flight.value(acceptingEarlier: { _ in true }, by: gate.run) }
        try await waitUntil { flight.waitingCount == 1 }
        let isClosed = Mutex(false)
        let closing = Task {
            await flight.close()
            isClosed.withLock { $0 = true }
        }
        await #expect(throws: QueueRefusal.closed) { try await waiting.value }
        await #expect(throws: QueueRefusal.closed) { try await call(flight).value }
        for _ in 0..<100 { await Task.yield() }
        #expect(!isClosed.withLock { $0 })
        gate.open()
        await closing.value
        await flight.close()
        #expect(runs.begun == 0)
    }

    @Test func aThreadGoesOnWithWhatItsCallerHasLeft() async throws {
        let thread = SerialThread()
        #expect(try await thread.run { 7 } == 7)
        let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
        let mayEnd = DispatchSemaphore(value: 0)
        let task = Task {
            try await thread.run {
                beginning.finish()
                mayEnd.wait()
                return 8
            }
        }
        for await _ in begun {}
        task.cancel()
        mayEnd.signal()
        #expect(try await task.value == 8)
    }
}

/// Runs that wait until they may end; each returns its number.
private final class Runs: Sendable {
    private let state = Mutex((begun: 0, ended: 0, isOpen: false))

    var begun: Int { state.withLock(\.begun) }
    var ended: Int { state.withLock(\.ended) }

    func open() { state.withLock { $0.isOpen = true } }

    func run() async throws -> Int {
        let number = state.withLock { state in
            state.begun += 1
            return state.begun
        }
        defer { state.withLock { $0.ended += 1 } }
        try await waitUntil { state.withLock(\.isOpen) }
        return number
    }
}

/// A run that goes on although it was cancelled, until it may end.
private final class Gate: Sendable {
    private let isOpen = Mutex(false)

    func open() { isOpen.withLock { $0 = true } }

    @Sendable func run() async -> Int {
        while !isOpen.withLock({ $0 }) { await Task.yield() }
        return -1
    }
}
