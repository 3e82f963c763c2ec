import ChatStorageCore

/// Measures a transaction and the calls in it for an observer.
struct TransactionMeter {
    private let observer: any StorageObserver
    private let database: Database
    private var began = ContinuousClock.now
    /// The calls in it, and how long the connection had waited for locks before each came.
    private var calls: [(meter: CallMeter?, lockWaited: Duration)] = []

    init(_ observer: any StorageObserver, _ database: Database) {
        self.observer = observer
        self.database = database
    }

    /// Calls join the transaction.
    mutating func admit(_ joining: [any WriteCall]) {
        let now = ContinuousClock.now
        for call in joining {
            call.meter?.workBegan(at: now)
            calls.append((call.meter, database.lockWaited))
        }
    }

    /// The transaction has the lock that it needs.
    mutating func hasLock() {
        began = .now
    }

    /// Its work has ended, before its calls are answered.
    ///
    /// - Parameter committed: How many calls it has committed; nil if it was undone.
    func end(committed: Int? = nil) {
        let now = ContinuousClock.now
        for call in calls {
            call.meter?.workEnded(calls: calls.count, lockWait: database.lockWaited - call.lockWaited, at: now)
        }
        if let committed { observer.transactionCommitted(ObservedCommit(calls: committed, duration: now - began)) }
    }
}
