import ChatStorageCore

/// Commits calls together, and answers each after the commit or with its own error.
struct Transaction {
    private enum Attempt {
        case done
        /// The call failed, and nothing of what it did is left.
        case refused(any Error)
        /// The call failed after it had written something.
        case halfDone(any Error)
        /// The call failed, and the transaction with all its calls is gone.
        case transactionLost(any Error)
    }

    private let database: Database
    private let busyTimeout: Duration
    private let deadline: ContinuousClock.Instant
    private let observer: (any StorageObserver)?

    /// Makes a transaction.
    ///
    /// - Parameter busyTimeout: How long it waits for other processes' locks, at its beginning and its commit together.
    init(_ database: Database, busyTimeout: Duration, observer: (any StorageObserver)?) {
        self.database = database
        self.busyTimeout = busyTimeout
        self.observer = observer
        let now = ContinuousClock.now
        deadline = now + database.writerRest.remaining(at: now) + busyTimeout
    }

    /// Runs calls in one transaction.
    ///
    /// Nearly every call that fails does so before it has written anything, so at first no savepoints separate the
    /// calls. If one fails after it has written, all are undone and run again, each behind a savepoint.
    ///
    /// A full disk, an I/O error or a lack of memory can roll back the whole transaction, released savepoints included
    /// (<https://www.sqlite.org/lang_transaction.html>). The other calls are then run again, each alone. So are calls
    /// that were refused, since the cause of the refusal may be undone.
    ///
    /// - Parameter joining: Gives the calls that came meanwhile, which join before the commit; when it gives none, the
    ///   transaction ends.
    func run(_ calls: [any WriteCall], joining next: () -> [any WriteCall] = { [] }) {
        run(calls, behindSavepoints: false, joining: next)
    }

    private func run(_ calls: [any WriteCall], behindSavepoints: Bool, joining next: () -> [any WriteCall]) {
        let meter = observer.map { TransactionMeter($0, database) }
        meter?.admit(calls)
        do {
            try begin()
        } catch {
            meter?.end()
            for call in calls { call.fail(error) }
            return
        }
        meter?.hasLock()
        var admitted = calls
        var done: [any WriteCall] = []
        var refusals: [(call: any WriteCall, error: any Error)] = []
        var index = 0
        while index < admitted.count {
            let call = admitted[index]
            switch behindSavepoints ? attemptBehindSavepoint(call) : attempt(call) {
            case .done: done.append(call)
            case .refused(let error): refusals.append((call, error))
            case .halfDone(let error):
                rollBack(meter)
                if admitted.count == 1 {
                    call.fail(error)
                    return
                }
                noteRepeat(of: admitted)
                Transaction(database, busyTimeout: busyTimeout, observer: observer)
                    .run(admitted, behindSavepoints: true, joining: { [] })
                return
            case .transactionLost(let error):
                rollBack(meter)
                call.fail(error)
                admitted.remove(at: index)
                runEachAlone(admitted)
                return
            }
            index += 1
            if index == admitted.count {
                let joining = next()
                meter?.admit(joining)
                admitted += joining
            }
        }
        finish(done, meter) { error in
            if admitted.count == 1 { admitted[0].fail(error) } else { runEachAlone(admitted) }
        } whenEnded: { failure in
            // If everything was undone, the cause of their refusal may be gone too.
            for (call, error) in refusals { call.fail(failure ?? error) }
        }
    }

    private func runEachAlone(_ calls: [any WriteCall]) {
        noteRepeat(of: calls)
        for call in calls { Transaction(database, busyTimeout: busyTimeout, observer: observer).run([call]) }
    }

    private func noteRepeat(of calls: [any WriteCall]) {
        for call in calls { call.meter?.isRepeated() }
    }

    private func begin() throws {
        database.waitForRest()
        database.setBusyTimeout(busyTimeout)
        try database.command(.begin)
        database.writerRest.transactionBegan(at: .now)
    }

    private func attempt(_ call: any WriteCall) -> Attempt {
        let changesBefore = database.allChanges
        do {
            try call.attempt(database)
            return .done
        } catch {
            if database.isOutsideTransaction { return .transactionLost(error) }
            return database.allChanges == changesBefore ? .refused(error) : .halfDone(error)
        }
    }

    private func attemptBehindSavepoint(_ call: any WriteCall) -> Attempt {
        do {
            try database.command(.savepoint)
        } catch {
            return .transactionLost(error)
        }
        do {
            try call.attempt(database)
            try database.command(.releaseSavepoint)
            return .done
        } catch {
            guard !database.isOutsideTransaction else { return .transactionLost(error) }
            do {
                try database.command(.rollbackToSavepoint)
                try database.command(.releaseSavepoint)
                return .refused(error)
            } catch {
                return .transactionLost(error)
            }
        }
    }

    /// Commits and answers the calls.
    ///
    /// If the commit fails, and neither a lock is the cause nor its outcome unknown, `otherwise` answers all of them.
    private func finish(
        _ calls: [any WriteCall], _ meter: TransactionMeter?, otherwise: (any Error) -> Void,
        whenEnded: ((any Error)?) -> Void
    ) {
        do {
            try database.checkForCommit()
        } catch {
            // The next transaction would fail in the same way, so nothing is tried again.
            rollBack(meter)
            for call in calls { call.fail(error) }
            whenEnded(error)
            return
        }
        guard !calls.isEmpty else {
            rollBack(meter)
            whenEnded(nil)
            return
        }
        do {
            // With a rollback journal a reader holds COMMIT up, which leaves the transaction open.
            database.setBusyTimeout(deadline - .now)
            try database.command(.commit)
            database.writerRest.transactionEnded(at: .now)
            meter?.end(committed: calls.count)
            for call in calls { call.succeed() }
            whenEnded(nil)
        } catch let failure as SQLiteFailure where failure.leavesCommitUnknown {
            // The commit's record may have reached the file although the disk, say, reported an error.
            rollBack(meter)
            for call in calls { call.fail(failure.errorOfUnknownCommit) }
            whenEnded(failure)
        } catch let failure as SQLiteFailure where failure.isBusy {
            // The wait has timed out for all of them.
            rollBack(meter)
            for call in calls { call.fail(failure) }
            whenEnded(failure)
        } catch {
            rollBack(meter)
            otherwise(error)
        }
    }

    private func rollBack(_ meter: TransactionMeter?) {
        defer {
            database.writerRest.transactionEnded(at: .now)
            meter?.end()
        }
        guard !database.isOutsideTransaction else { return }
        // What cannot be rolled back now is rolled back by SQLite when the file is next opened.
        try? database.command(.rollback)
    }
}
