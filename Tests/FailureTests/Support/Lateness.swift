/// How late a busy machine does what is due, to distinguish it from a call that hangs.
enum Lateness {
    /// By how much a call may miss its deadline in a process whose timers were late.
    static func allowed(besideTimers late: Duration) -> Duration { .seconds(2) + late * 10 }

    /// The greatest lateness of this process's timers while a body ran.
    static func ofTimers(during body: () async throws -> Void) async throws -> Duration {
        let timers = Task {
            var greatest = Duration.zero
            while !Task.isCancelled {
                let due = ContinuousClock.now + .milliseconds(20)
                try? await Task.sleep(until: due, clock: .continuous)
                greatest = max(greatest, ContinuousClock.now - due)
            }
            return greatest
        }
        defer { timers.cancel() }
        try await body()
        timers.cancel()
        return await timers.value
    }
}
