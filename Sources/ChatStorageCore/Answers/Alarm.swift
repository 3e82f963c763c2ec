/// Wakes one task when it rings, or at a time.
///
/// A ring while nobody waits ends the next wait, so none is missed.
final class Alarm: Sendable {
    private let rings: AsyncStream<Void>
    private let ringer: AsyncStream<Void>.Continuation

    init() {
        (rings, ringer) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func ring() { ringer.yield() }

    /// Waits for a ring, a time or the task's cancellation; it can also return earlier.
    ///
    /// A cancelled task must not wait again.
    func wait<C: Clock>(until deadline: C.Instant?, _ clock: C) async {
        let timer = deadline.map { deadline in
            Task {
                try? await clock.sleep(until: deadline, tolerance: nil)
                // A timer that rings after its wait would end the next wait early, and so on.
                if !Task.isCancelled { ring() }
            }
        }
        var iterator = rings.makeAsyncIterator()
        _ = await iterator.next()
        timer?.cancel()
    }
}
