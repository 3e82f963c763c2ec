public import ChatStorageCore

/// Several observers as one: each gets every report, in their order.
///
/// ```swift
/// configuration.observer = StorageObservers([
///     LoggingObserver(logger, system: .sqlite), MetricsObserver(system: .sqlite),
/// ])
/// ```
public final class StorageObservers: StorageObserver {
    private let observers: [any StorageObserver]

    /// Makes one of several.
    ///
    /// - Parameter observers: The observers.
    public init(_ observers: [any StorageObserver]) {
        self.observers = observers
    }

    /// Passes it on.
    public func callEnded(_ call: ObservedCall) {
        for observer in observers { observer.callEnded(call) }
    }

    /// Passes it on.
    public func connectionOpened(_ connection: ObservedConnection) {
        for observer in observers { observer.connectionOpened(connection) }
    }

    /// Passes it on.
    public func connectionClosed(_ connection: ObservedConnection) {
        for observer in observers { observer.connectionClosed(connection) }
    }

    /// Passes it on.
    public func connectionFailed(_ error: ChatStorageError) {
        for observer in observers { observer.connectionFailed(error) }
    }

    /// Passes it on.
    public func transactionCommitted(_ commit: ObservedCommit) {
        for observer in observers { observer.transactionCommitted(commit) }
    }

    /// Passes it on.
    public func checkpointEnded(_ checkpoint: ObservedCheckpoint) {
        for observer in observers { observer.checkpointEnded(checkpoint) }
    }
}
