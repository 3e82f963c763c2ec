import ChatStorageCore
import Logging

/// Prepares a store, and tries again while its database cannot be reached.
struct Preparing: Sendable {
    private static let waits = RetryPolicy(attempts: .max, firstDelay: .milliseconds(200), longestDelay: .seconds(5))

    private let backend: any ChatStorageBackend
    private let preparation: Preparation
    private let time: Duration
    private let logger: Logger
    /// Which part of the longest wait each wait takes: a random number from 0.5 to 1.
    private let fraction: @Sendable () -> Double

    init(
        _ backend: any ChatStorageBackend, _ preparation: Preparation, within time: Duration, logger: Logger,
        fraction: @escaping @Sendable () -> Double = { .random(in: 0.5...1) }
    ) {
        self.backend = backend
        self.preparation = preparation
        self.time = time
        self.logger = logger
        self.fraction = fraction
    }

    /// Prepares the store.
    ///
    /// - Throws: The last error if the next attempt would begin too late; at once, an error that waiting does not mend.
    func run<C: Clock>(clock: C) async throws where C.Duration == Duration {
        let deadline = clock.now.advanced(by: time)
        var failures = 0
        while true {
            do {
                return try await backend.prepare(preparation)
            } catch let error as ChatStorageError where canPass(error) {
                failures += 1
                let wait = Self.waits.longestWait(afterFailures: failures) * fraction()
                guard clock.now.advanced(by: wait) < deadline else { throw error }
                logger.warning(
                    "The store is not ready yet", error: error,
                    metadata: [
                        "error.type": .string(error.code.snakeCaseName), "chatstorage.attempts": "\(failures)",
                    ])
                try await clock.sleep(until: clock.now.advanced(by: wait), tolerance: nil)
            }
        }
    }

    /// Whether the error can go away: the database is out of reach, or another process must prepare it.
    private func canPass(_ error: ChatStorageError) -> Bool {
        error.isRetryable || error.code == .notPrepared && preparation == .verify
    }
}
