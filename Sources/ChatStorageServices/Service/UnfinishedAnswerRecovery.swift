public import ChatStorageCore
public import Logging
public import ServiceLifecycle

/// Ends the answers whose writers died, over all tenants, again and again.
///
/// A process that dies while it writes an answer leaves it `streaming` for ever. Any number of processes can run this
/// on one store at once: each answer is ended once, and one that moves meanwhile lives on. A ``ChatStorageService``
/// runs it if its configuration says so; here it is a service of its own.
public struct UnfinishedAnswerRecovery: Service {
    /// When answers are ended, and how.
    public struct Configuration: Sendable {
        /// How often answers are looked for, above zero, a tenth sooner or later; by default each minute.
        ///
        /// The first time is within the first tenth of it.
        public var interval = Duration.seconds(60)
        /// How long nobody has written them, zero or longer; by default a minute.
        ///
        /// A writer that lives writes every 15 seconds at least.
        public var notRevisedFor = Duration.seconds(60)
        /// How they end, not as `streaming`; by default they failed.
        public var state = MessageState.failed

        /// Makes a configuration with the defaults.
        public init() {}

        func check() throws {
            try interval.check("the interval of recovery", isInterval: true)
            try notRevisedFor.check("how long answers must not have been revised")
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
    ///   - clock: What intervals are measured by; by default `ContinuousClock`.
    ///   - logger: Where it logs how many it ended, at the level notice, and errors, as warnings.
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
