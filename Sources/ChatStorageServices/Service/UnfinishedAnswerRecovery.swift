public import ChatStorageCore
public import Logging
public import ServiceLifecycle

/// Regularly ends the answers whose writers died, of all tenants.
///
/// A process that dies while it writes an answer leaves it `streaming` for ever. Any number of processes can run this
/// on one store at once: each answer is ended once, and one that is written meanwhile goes on. A ``ChatStorageService``
/// runs it if its configuration says so; this type is for running it separately.
public struct UnfinishedAnswerRecovery: Service {
    /// When answers are ended, and how.
    public struct Configuration: Sendable {
        /// How often to search for answers, above zero, up to a tenth sooner or later; by default each minute.
        ///
        /// The first search is within the first tenth of the interval.
        public var interval = Duration.seconds(60)
        /// For how long nobody has written them, zero or longer; by default a minute.
        ///
        /// By default a live writer writes at least every 15 seconds.
        public var notRevisedFor = Duration.seconds(60)
        /// The state in which they end, any but `streaming`; by default `failed`.
        public var state = MessageState.failed

        /// Makes a configuration with the defaults.
        public init() {}

        func check() throws {
            try interval.check("recovery.interval", isInterval: true)
            try notRevisedFor.check("recovery.notRevisedFor")
            guard state != .streaming else {
                throw ChatStorageError(.invalidArgument, "streaming is not how an answer ends")
            }
        }
    }

    private let backend: any ChatStorageBackend
    private let configuration: Configuration
    private let periodic: Periodic
    private let logger: Logger

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - backend: The store, which something else prepares and closes.
    ///   - configuration: When answers are ended, and how.
    ///   - clock: The clock that measures intervals; by default `ContinuousClock`.
    ///   - logger: Logs how many were ended, at the level notice, and errors, as warnings.
    /// - Throws: `ChatStorageError` with the code `invalidArgument` for a configuration out of its bounds.
    public init(
        _ backend: any ChatStorageBackend, configuration: Configuration = Configuration(),
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) throws {
        try configuration.check()
        self.backend = backend
        self.configuration = configuration
        self.logger = logger
        periodic = Periodic(every: configuration.interval, clock: clock)
    }

    /// Runs until graceful shutdown or cancellation.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await periodic.run("Ending unfinished answers", logger: logger) {
                let count = try await backend.endUnfinishedMessages(
                    notRevisedFor: configuration.notRevisedFor, as: configuration.state)
                guard count > 0 else { return }
                logger.notice(
                    "Answers whose writers died were ended", metadata: ["chatstorage.answers": "\(count)"])
            }
        }
    }
}
