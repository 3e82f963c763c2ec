public import ChatStorageCore
public import Logging
public import ServiceLifecycle

/// A store as a service of an app: it prepares, serves until graceful shutdown, and closes.
///
/// ```swift
/// let store = try ChatStorageService(backend, logger: logger)
/// let group = ServiceGroup(
///     services: [store, server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
/// try await group.run()
/// ```
///
/// A group shuts its services down from the last to the first, so list the store before the services that use it. At
/// its shutdown:
///
/// 1. Recovery, retention and the recording of statistics stop.
/// 2. Answers of ``answers`` have ``Configuration/grace`` to end. Then they are cancelled, and end as stopped with all
///    that came.
/// 3. The store is closed, once the ends of answers are written and calls under way have ended.
///
/// If the group is cancelled instead, the answers have no grace.
///
/// Requests that come before the store is prepared fail as `notPrepared`. A readiness probe calls
/// ``/ChatStorageCore/ChatStorageBackend/ping()``, which throws that error too.
public struct ChatStorageService: Service {
    /// How a store is prepared, maintained and closed.
    public struct Configuration: Sendable {
        /// Whether the service may change the schema; by default it makes and migrates it.
        ///
        /// With ``/ChatStorageCore/Preparation/verify`` the service waits until another process has prepared the store.
        public var preparation = Preparation.migrate
        /// For how long to retry preparing while the database cannot be reached, zero or longer; by default a minute.
        ///
        /// Zero tries once. Other errors, such as `schemaTooNew`, end the service at once.
        public var preparationTime = Duration.seconds(60)
        /// How long answers under way may take to end when the service shuts down, zero or longer; by default 20
        /// seconds.
        ///
        /// It is part of the time for the whole shutdown: Kubernetes, for example, kills a process after 30 seconds.
        public var grace = Duration.seconds(20)
        /// When and how to end answers whose writers died, by default each minute; nil leaves them.
        public var recovery: UnfinishedAnswerRecovery.Configuration? = UnfinishedAnswerRecovery.Configuration()
        /// Which old conversations are deleted; by default (nil) none.
        public var retention: ConversationRetention.Configuration?
        /// Where the store's statistics are recorded, every ``statisticsInterval``; by default (nil) nowhere.
        public var metrics: MetricsObserver?
        /// How often statistics are recorded, above zero, up to a tenth sooner or later; by default every ten seconds.
        public var statisticsInterval = Duration.seconds(10)
        /// The clock that measures all these times; by default `ContinuousClock`.
        public var clock: any Clock<Duration> = ContinuousClock()

        /// Makes a configuration with the defaults.
        public init() {}

        func check() throws {
            try preparationTime.check("preparationTime")
            try grace.check("grace")
            try statisticsInterval.check("statisticsInterval", isInterval: true)
        }
    }

    /// The tasks in which the server writes answers.
    public let answers = AnswerTasks()

    private let backend: any ChatStorageBackend
    private let configuration: Configuration
    private let recovery: UnfinishedAnswerRecovery?
    private let retention: ConversationRetention?
    private let logger: Logger

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - backend: The store, which the service prepares and closes.
    ///   - configuration: How the store is prepared, maintained and closed.
    ///   - logger: Logs what the service does at the level info, what it deleted or ended as notices, and errors as
    ///     warnings.
    /// - Throws: `ChatStorageError` with the code `invalidArgument` for a configuration out of its bounds.
    public init(
        _ backend: any ChatStorageBackend, configuration: Configuration = Configuration(), logger: Logger
    ) throws {
        try configuration.check()
        self.backend = backend
        self.configuration = configuration
        self.logger = logger
        recovery = try configuration.recovery.map {
            try UnfinishedAnswerRecovery(backend, configuration: $0, clock: configuration.clock, logger: logger)
        }
        retention = try configuration.retention.map {
            try ConversationRetention(backend, configuration: $0, clock: configuration.clock, logger: logger)
        }
    }

    /// Prepares the store, serves until graceful shutdown or cancellation, and closes it.
    ///
    /// - Throws: `ChatStorageError` of preparing or closing; `CancellationError` if the task was cancelled before the
    ///   store was ready.
    public func run() async throws {
        let preparing = Preparing(
            backend, configuration.preparation, within: configuration.preparationTime, logger: logger)
        do {
            try await cancelWhenGracefulShutdown { try await preparing.run(clock: configuration.clock) }
        } catch {
            try? await close()
            if error is CancellationError, Task.isShuttingDownGracefully { return }
            throw error
        }
        logger.info("The store is ready")
        await serve()
        logger.info("The store is being closed", metadata: ["chatstorage.answers": "\(answers.count)"])
        try await close()
        logger.info("The store is closed")
    }

    private func serve() async {
        await withTaskGroup(of: Void.self) { group in
            if let recovery { group.addTask { try? await recovery.run() } }
            if let retention { group.addTask { try? await retention.run() } }
            if let metrics = configuration.metrics { group.addTask { await record(metrics) } }
            // It throws if the task is cancelled, which ends the service too.
            try? await gracefulShutdown()
            group.cancelAll()
        }
    }

    private func record(_ metrics: MetricsObserver) async {
        let periodic = Periodic(every: configuration.statisticsInterval, clock: configuration.clock)
        await periodic.run("Reading statistics", logger: logger) { metrics.record(try await backend.statistics()) }
    }

    private func close() async throws {
        let stopped = await answers.finish(within: configuration.grace, clock: configuration.clock)
        if stopped > 0 {
            logger.warning(
                "Answers under way were stopped after their grace", metadata: ["chatstorage.answers": "\(stopped)"])
        }
        // In a task of its own, since a cancelled task could not wait for calls under way.
        try await Task { try await backend.close() }.value
    }
}
