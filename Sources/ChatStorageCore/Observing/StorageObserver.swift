/// Receives a backend's reports of its own work: for logs, metrics and dashboards.
///
/// A backend's configuration takes one. Without one nothing is measured, and calls cost nothing extra.
///
/// ```swift
/// final class SlowCalls: StorageObserver {
///     let count = Atomic(0)
///
///     func callEnded(_ call: ObservedCall) {
///         if call.duration > .seconds(1) { count.add(1, ordering: .relaxed) }
///     }
/// }
///
/// var configuration = SQLiteBackend.Configuration(path: "chat.db")
/// configuration.observer = SlowCalls()
/// ```
///
/// Each function is called where the work is done: on a thread that other calls wait for, or in the caller's task. So
/// it must return at once, wait for nothing and not use the store. Several can be called at the same time, from any
/// thread. One that is not implemented does nothing. An observer is a class, so that a store without one has only a
/// null pointer to look at.
public protocol StorageObserver: AnyObject, Sendable {
    /// A call has ended, in the task of its caller, which goes on when this returns.
    func callEnded(_ call: ObservedCall)

    /// A connection to the file or the server is open.
    func connectionOpened(_ connection: ObservedConnection)

    /// A connection was closed, or was lost; then it has an error.
    func connectionClosed(_ connection: ObservedConnection)

    /// Connecting has failed; the backend may try again by itself.
    func connectionFailed(_ error: ChatStorageError)

    /// A transaction is committed, which can hold several callers' writes.
    func transactionCommitted(_ commit: ObservedCommit)

    /// SQLite's write-ahead log was moved into the file, or could not be.
    func checkpointEnded(_ checkpoint: ObservedCheckpoint)
}

extension StorageObserver {
    /// Does nothing.
    public func callEnded(_ call: ObservedCall) {}
    /// Does nothing.
    public func connectionOpened(_ connection: ObservedConnection) {}
    /// Does nothing.
    public func connectionClosed(_ connection: ObservedConnection) {}
    /// Does nothing.
    public func connectionFailed(_ error: ChatStorageError) {}
    /// Does nothing.
    public func transactionCommitted(_ commit: ObservedCommit) {}
    /// Does nothing.
    public func checkpointEnded(_ checkpoint: ObservedCheckpoint) {}
}
