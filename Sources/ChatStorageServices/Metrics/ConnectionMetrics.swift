import ChatStorageCore
import CoreMetrics

/// The metrics of connections, and of what a store is doing at a moment.
final class ConnectionMetrics: Sendable {
    private struct Loss: Hashable {
        /// Nil for an attempt to connect that failed.
        let purpose: ObservedConnection.Purpose?
        let code: ChatStorageError.Code
    }

    private let maker: MetricsMaker
    private let names: MetricsObserver.Names
    private let opened = MetricCache<ObservedConnection.Purpose, Counter>()
    private let losses = MetricCache<Loss, Counter>()
    private let used: Meter?
    private let idle: Meter?
    private let limit: Meter?
    private let pending: Meter?
    private let logSize: Meter?

    init(_ maker: MetricsMaker, _ names: MetricsObserver.Names, store: String) {
        self.maker = maker
        self.names = names
        let pool = (names.pool, store)
        used = maker.meter(names.connectionCount, pool, (names.connectionState, "used"))
        idle = maker.meter(names.connectionCount, pool, (names.connectionState, "idle"))
        limit = maker.meter(names.connectionLimit, pool)
        pending = maker.meter(names.pendingRequests, pool)
        logSize = maker.meter(names.logSize, pool)
    }

    func noteOpened(_ connection: ObservedConnection) {
        opened.metric(connection.purpose) {
            maker.counter(names.connectionsOpened, (names.connectionPurpose, connection.purpose.rawValue))
        }?.increment()
    }

    func noteClosed(_ connection: ObservedConnection) {
        guard let error = connection.error else { return }
        losses.metric(Loss(purpose: connection.purpose, code: error.code)) {
            maker.counter(
                names.connectionsLost, (names.connectionPurpose, connection.purpose.rawValue),
                (names.errorType, error.code.snakeCaseName))
        }?.increment()
    }

    func noteFailed(_ error: ChatStorageError) {
        losses.metric(Loss(purpose: nil, code: error.code)) {
            maker.counter(names.connectionsFailed, (names.errorType, error.code.snakeCaseName))
        }?.increment()
    }

    func record(_ statistics: StorageStatistics) {
        used?.set(statistics.busyConnections)
        idle?.set(max(0, statistics.openConnections - statistics.busyConnections))
        limit?.set(statistics.connectionLimit)
        pending?.set(statistics.waitingCalls)
        if let bytes = statistics.logBytes { logSize?.set(bytes) }
    }
}
