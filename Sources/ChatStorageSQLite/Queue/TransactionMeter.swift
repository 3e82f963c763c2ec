import ChatStorageCore
import ChatStorageSupport

/// Measures a transaction and the calls in it for an observer.
final class TransactionMeter {
    private let observer: any StorageObserver
    private let database: Database
    /// In nanoseconds, as `MonotonicTime` counts.
    private var began = MonotonicTime.now
    /// The calls in it, and how long the connection had waited for locks before each came.
    private var calls: [(meter: CallMeter?, lockWaited: Duration)] = []

    init(_ observer: any StorageObserver, _ database: Database) {
        self.observer = observer
        self.database = database
    }

    /// Calls join the transaction.
    func admit(_ joining: [any WriteCall]) {
        let now = MonotonicTime.now
        for call in joining {
            call.meter?.workBegan(at: now)
            calls.append((call.meter, database.lockWaited))
        }
    }

    /// The transaction has the lock that it needs.
    func hasLock() {
        began = MonotonicTime.now
    }

    /// Its work has ended, before its calls are answered.
    ///
    /// - Parameter committed: How many calls it has committed; nil if it was undone.
    func end(committed: Int? = nil) {
        let now = MonotonicTime.now
        for call in calls {
            call.meter?.workEnded(calls: calls.count, lockWait: database.lockWaited - call.lockWaited, at: now)
        }
        guard let committed else { return }
        observer.transactionCommitted(ObservedCommit(calls: committed, duration: .nanoseconds(now - began)))
    }
}
