import ChatStorageCore
import Logging

/// Work that is done again and again until its task is cancelled.
struct Periodic: Sendable {
    /// How much of an interval chance moves each turn, so that the processes of a fleet do not come at one moment.
    private static let jitter = 0.1

    let interval: Duration
    let clock: any Clock<Duration>
    /// Where in its range chance puts a turn, from 0 to 1.
    let fraction: @Sendable () -> Double

    init(
        every interval: Duration, clock: any Clock<Duration>,
        fraction: @escaping @Sendable () -> Double = { .random(in: 0...1) }
    ) {
        self.interval = interval
        self.clock = clock
        self.fraction = fraction
    }

    /// Does the work soon, and then after each interval, a tenth of it sooner or later.
    ///
    /// - Parameters:
    ///   - purpose: What a line about an error says of the work.
    ///   - logger: Where errors are logged; the next turn comes all the same.
    ///   - body: The work. An error with the code `closed` ends everything.
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
    /// Refuses an interval that would make a loop without a pause, or a negative time.
    func check(_ name: String, isInterval: Bool = false) throws {
        guard isInterval ? self > .zero : self >= .zero else {
            throw ChatStorageError(.invalidArgument, "\(name) is \(isInterval ? "not positive" : "negative")")
        }
    }
}
