/// A call to be measured, as one of many callers makes it.
///
/// Concrete types rather than closures, so that the loops below cost nothing beside calls of under a microsecond.
protocol Operation: Sendable {
    func call(_ load: inout Load) async throws
}

/// How calls are counted.
enum Rate {
    /// Calls between two looks at the clock, which costs as much as a call in memory.
    static let callsPerLook = 8

    /// The calls a second of some callers, each of which makes its next call when it has the answer to its last.
    static func measure(callers: Int, seconds: Double, _ operation: some Operation) async throws -> Double {
        guard callers > 1 else {
            var load = Load(caller: 0)
            let start = ContinuousClock.now
            let calls = try await loop(until: start + .seconds(seconds), &load, operation)
            return Double(calls) / start.secondsSince
        }
        let loads = (0..<callers).map(Load.init)
        let start = ContinuousClock.now
        let deadline = start + .seconds(seconds)
        let calls = try await withThrowingTaskGroup(of: Int.self) { group in
            for load in loads {
                group.addTask {
                    var load = load
                    return try await loop(until: deadline, &load, operation)
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(calls) / start.secondsSince
    }

    /// Calls a second of one caller that never waits: a body makes some calls and returns how many.
    static func measure(seconds: Double, _ body: (inout Load) throws -> Int) rethrows -> Double {
        var load = Load(caller: 0)
        let start = ContinuousClock.now
        let deadline = start + .seconds(seconds)
        var calls = 0
        while ContinuousClock.now < deadline {
            for _ in 0..<callsPerLook { calls += try body(&load) }
        }
        return Double(calls) / start.secondsSince
    }

    private static func loop(
        until deadline: ContinuousClock.Instant, _ load: inout Load, _ operation: some Operation
    ) async throws -> Int {
        var calls = 0
        while ContinuousClock.now < deadline {
            for _ in 0..<callsPerLook { try await operation.call(&load) }
            calls += callsPerLook
        }
        return calls
    }
}

extension ContinuousClock.Instant {
    var secondsSince: Double { (ContinuousClock.now - self) / .seconds(1) }
}
