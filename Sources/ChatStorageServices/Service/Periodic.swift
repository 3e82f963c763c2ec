import ChatStorageCore
import Logging

/// Work that is repeated until its task is cancelled.
struct Periodic: Sendable {
    /// The part of an interval by which each turn is moved at random, so that many processes do not work at the same
    /// moment.
    private static let jitter = 0.1

    let interval: Duration
    let clock: any Clock<Duration>
    /// The random position of a turn in its range, from 0 to 1.
    let fraction: @Sendable () -> Double

    init(
        every interval: Duration, clock: any Clock<Duration>,
        fraction: @escaping @Sendable () -> Double = { .random(in: 0...1) }
    ) {
        self.interval = interval
        self.clock = clock
        self.fraction = fraction
    }

    /// Does the work soon, and then after each interval, up to a tenth sooner or later.
    ///
    /// - Parameters:
    ///   - purpose: The work's name in a log line about an error.
    ///   - logger: Logs errors; the next turn comes anyway.
    ///   - body: The work. An error with the code `closed` ends the repetition.
    func run(_ purpose: String, logger: Logger, _ body: () async throws -> Void) async {
        var wait = interval * (Self.jitter * fraction())
        while true {
            do {
                try await clock.sleep(for: wait)
                try await body()
            } catch {
                let code = (error as? ChatStorageError)?.code
                if Task.isCancelled || code == .closed { return }
                logger.warning(
                    "\(purpose) failed", error: error, metadata: ["error.type": "\(code?.snakeCaseName ?? "_OTHER")"])
            }
            wait = interval * (1 - Self.jitter + 2 * Self.jitter * fraction())
        }
    }
}

extension Duration {
    /// Refuses a negative time, and an interval of zero, which would make a loop without a pause.
    func check(_ name: String, isInterval: Bool = false) throws {
        guard isInterval ? self > .zero : self >= .zero else {
            throw ChatStorageError(.invalidArgument, "\(name) is \(isInterval ? "not positive" : "negative")")
        }
    }
}
