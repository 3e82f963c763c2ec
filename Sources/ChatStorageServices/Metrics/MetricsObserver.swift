public import ChatStorageCore
public import CoreMetrics

/// Counts and times what a store does, with names after OpenTelemetry's conventions for databases.
///
/// ```swift
/// let metrics = MetricsObserver(system: .sqlite)
/// configuration.observer = metrics
/// ```
///
/// ``Names`` lists the metrics. Dimensions are the kind of database, the operation, the error's code and the like, but
/// never a tenant or a conversation, so there are at most a few hundred series. Metrics are made once and kept. Times
/// are timers, which swift-metrics records in nanoseconds; the factory gets a hint to show them in seconds.
///
/// Counts of the present moment come from the store's statistics, see ``record(_:)``; ``ChatStorageService`` records
/// them.
public final class MetricsObserver: StorageObserver {
    /// The names that it uses.
    public let names: Names

    private let operations: OperationMetrics
    private let connections: ConnectionMetrics
    private let commitDuration: Timer?
    /// The timers of checkpoints that moved the whole log, and of others.
    private let checkpointDurations: (complete: Timer?, incomplete: Timer?)

    /// Makes an observer.
    ///
    /// - Parameters:
    ///   - system: The kind of database.
    ///   - store: The store's name in metrics of its connections, if an app has several; by default `chatstorage`.
    ///   - names: The names of metrics, and which to make; by default all.
    ///   - factory: What makes the metrics; by default the one that the app has bootstrapped, or that the task has.
    public init(
        system: DatabaseSystem, store: String = "chatstorage", names: Names = Names(),
        factory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.names = names
        let maker = MetricsMaker(factory: factory, dimensions: [(names.system, system.name)])
        operations = OperationMetrics(maker, names)
        connections = ConnectionMetrics(maker, names, store: store)
        commitDuration = maker.timer(names.commitDuration)
        checkpointDurations = (
            maker.timer(names.checkpointDuration, (names.isComplete, "true")),
            maker.timer(names.checkpointDuration, (names.isComplete, "false"))
        )
    }

    /// Times the call and its parts.
    public func callEnded(_ call: ObservedCall) { operations.note(call) }

    /// Counts it.
    public func connectionOpened(_ connection: ObservedConnection) { connections.noteOpened(connection) }

    /// Counts it if it was lost.
    public func connectionClosed(_ connection: ObservedConnection) { connections.noteClosed(connection) }

    /// Counts it.
    public func connectionFailed(_ error: ChatStorageError) { connections.noteFailed(error) }

    /// Times it.
    public func transactionCommitted(_ commit: ObservedCommit) { commitDuration?.record(commit.duration) }

    /// Times it.
    public func checkpointEnded(_ checkpoint: ObservedCheckpoint) {
        (checkpoint.isComplete ? checkpointDurations.complete : checkpointDurations.incomplete)?
            .record(checkpoint.duration)
    }

    /// Sets the meters of connections, of waiting calls and of the log.
    ///
    /// - Parameter statistics: What `ChatStorageBackend.statistics()` returned; call it every few seconds.
    public func record(_ statistics: StorageStatistics) { connections.record(statistics) }
}
