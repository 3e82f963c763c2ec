import Synchronization

/// A clock that stands still until a test moves it.
final class ManualClock: Clock {
    struct Instant: InstantProtocol {
        var sinceStart: Duration

        func advanced(by duration: Duration) -> Instant { Instant(sinceStart: sinceStart + duration) }
        func duration(to other: Instant) -> Duration { other.sinceStart - sinceStart }
        static func < (left: Instant, right: Instant) -> Bool { left.sinceStart < right.sinceStart }
    }

    private struct State {
        var now = Duration.zero
        var last = 0
        var sleepers: [Int: (deadline: Duration, waking: AsyncStream<Void>.Continuation)] = [:]
    }

    private let state = Mutex(State())

    var now: Instant { Instant(sinceStart: state.withLock { $0.now }) }
    var minimumResolution: Duration { .nanoseconds(1) }

    /// How long those that sleep still will, the shortest first.
    var waits: [Duration] {
        state.withLock { state in state.sleepers.values.map { $0.deadline - state.now }.sorted() }
    }

    func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let (wakes, waking) = AsyncStream.makeStream(of: Void.self)
        let id = state.withLock { state in
            state.last += 1
            if deadline.sinceStart <= state.now {
                waking.finish()
            } else {
                state.sleepers[state.last] = (deadline.sinceStart, waking)
            }
            return state.last
        }
        for await _ in wakes {}
        _ = state.withLock { $0.sleepers.removeValue(forKey: id) }
        try Task.checkCancellation()
    }

    /// Lets time pass.
    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now += duration
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values
        }
        for sleeper in due { sleeper.waking.finish() }
    }
}
