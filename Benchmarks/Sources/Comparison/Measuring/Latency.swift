/// How single calls are timed.
enum Latency {
    /// Makes calls, at least one, for some seconds, and returns how many seconds each took.
    @discardableResult
    static func repeatedly(for seconds: Double, _ call: () async throws -> Void) async throws -> [Double] {
        var latencies: [Double] = []
        var now = ContinuousClock.now
        let deadline = now + .seconds(seconds)
        repeat {
            try await call()
            let end = ContinuousClock.now
            latencies.append((end - now) / .seconds(1))
            now = end
        } while now < deadline
        return latencies
    }
}
