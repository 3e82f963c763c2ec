package import ChatStorageCore
import Synchronization

/// Keeps all that a backend says of its work.
package final class RecordingObserver: StorageObserver {
    private struct Records {
        var calls: [ObservedCall] = []
        var opened: [ObservedConnection] = []
        var closed: [ObservedConnection] = []
        var failures: [ChatStorageError] = []
        var commits: [ObservedCommit] = []
        var checkpoints: [ObservedCheckpoint] = []
    }

    private let records = Mutex(Records())

    package init() {}

    /// The calls that have ended, the first to end first.
    package var calls: [ObservedCall] { records.withLock(\.calls) }
    /// The calls of an operation that have ended.
    package func calls(_ operation: StorageOperation) -> [ObservedCall] { calls.filter { $0.operation == operation } }
    /// The connections that were opened.
    package var opened: [ObservedConnection] { records.withLock(\.opened) }
    /// The connections that were closed or lost.
    package var closed: [ObservedConnection] { records.withLock(\.closed) }
    /// Why connecting has failed.
    package var failures: [ChatStorageError] { records.withLock(\.failures) }
    /// The transactions that were committed.
    package var commits: [ObservedCommit] { records.withLock(\.commits) }
    /// The attempts to move the log into the file.
    package var checkpoints: [ObservedCheckpoint] { records.withLock(\.checkpoints) }

    package func callEnded(_ call: ObservedCall) { records.withLock { $0.calls.append(call) } }
    package func connectionOpened(_ connection: ObservedConnection) {
        records.withLock { $0.opened.append(connection) }
    }
    package func connectionClosed(_ connection: ObservedConnection) {
        records.withLock { $0.closed.append(connection) }
    }
    package func connectionFailed(_ error: ChatStorageError) { records.withLock { $0.failures.append(error) } }
    package func transactionCommitted(_ commit: ObservedCommit) { records.withLock { $0.commits.append(commit) } }
    package func checkpointEnded(_ checkpoint: ObservedCheckpoint) {
        records.withLock { $0.checkpoints.append(checkpoint) }
    }
}
