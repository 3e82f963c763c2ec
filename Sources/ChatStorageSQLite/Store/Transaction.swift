import ChatStorageCore

/// Commits calls together, and answers each: after the commit, or with its own error.
struct Transaction {
    private enum Attempt {
        case done
        /// The call failed, and what it did is undone.
        case refused(any Error)
        /// The call failed, and the transaction with all its calls is gone.
        case transactionLost(any Error)
    }

    private let database: Database
    private let busyTimeout: Duration
    private let deadline: ContinuousClock.Instant

    /// Makes a transaction.
    ///
    /// - Parameter busyTimeout: How long it waits for other processes' locks, at its beginning and its commit together.
    init(_ database: Database, busyTimeout: Duration) {
        self.database = database
        self.busyTimeout = busyTimeout
        deadline = .now + busyTimeout
    }

    /// Runs calls in one transaction, each behind a savepoint.
    ///
    /// A full disk, an I/O error or a lack of memory can roll back the whole transaction, the released savepoints
    /// included (<https://www.sqlite.org/lang_transaction.html>). The other calls are then run again, each alone; also
    /// those that were refused, since what refused them may be undone.
    func run(_ calls: [any WriteCall]) {
        guard calls.count > 1 else {
            calls.forEach(runAlone)
            return
        }
        do {
            try begin()
        } catch {
            calls.forEach { $0.fail(error) }
            return
        }
        var refusals: [(call: any WriteCall, error: any Error)] = []
        var done: [any WriteCall] = []
        for (index, call) in calls.enumerated() {
            switch attempt(call) {
            case .done: done.append(call)
            case .refused(let error): refusals.append((call, error))
            case .transactionLost(let error):
                rollBack()
                call.fail(error)
                runEachAlone(calls[..<index] + calls[(index + 1)...])
                return
            }
        }
        finish(done) { _ in
            runEachAlone(calls[...])
        } whenCommitted: {
            for (call, error) in refusals { call.fail(error) }
        }
    }

    private func runEachAlone(_ calls: ArraySlice<any WriteCall>) {
        for call in calls { Transaction(database, busyTimeout: busyTimeout).runAlone(call) }
    }

    private func runAlone(_ call: any WriteCall) {
        do {
            try begin()
            try call.attempt(database)
        } catch {
            rollBack()
            call.fail(error)
            return
        }
        finish([call]) { error in call.fail(error) }
    }

    private func begin() throws {
        database.setBusyTimeout(busyTimeout)
        try database.command(.begin)
    }

    private func attempt(_ call: any WriteCall) -> Attempt {
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

    /// Commits and answers the calls; `otherwise` answers all of them when nothing was committed.
    private func finish(
        _ calls: [any WriteCall], otherwise: (any Error) -> Void, whenCommitted: () -> Void = {}
    ) {
        do {
            // With a rollback journal a reader holds COMMIT up, which leaves the transaction open.
            database.setBusyTimeout(deadline - .now)
            try database.command(.commit)
            calls.forEach { $0.succeed() }
            whenCommitted()
        } catch let failure as SQLiteFailure where failure.isDiskError {
            // The commit's record may have reached the file although the disk reported an error.
            rollBack()
            calls.forEach { $0.fail(failure.error(writeOutcome: .unknown)) }
            whenCommitted()
        } catch let failure as SQLiteFailure where failure.isBusy {
            // The time is used up for all of them.
            rollBack()
            calls.forEach { $0.fail(failure) }
            whenCommitted()
        } catch {
            rollBack()
            otherwise(error)
        }
    }

    private func rollBack() {
        guard !database.isOutsideTransaction else { return }
        // What cannot be rolled back now is rolled back by SQLite when the file is next opened.
        try? database.command(.rollback)
    }
}
