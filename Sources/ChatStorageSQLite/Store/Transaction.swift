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

    init(_ database: Database) {
        self.database = database
    }

    /// Runs calls in one transaction, each behind a savepoint.
    ///
    /// A full disk, an I/O error or a lack of memory can roll back the whole transaction, the released savepoints
    /// included (<https://www.sqlite.org/lang_transaction.html>). The calls that did not fail are then run again, each
    /// alone.
    func run(_ calls: [any WriteCall]) {
        guard calls.count > 1 else {
            calls.forEach(runAlone)
            return
        }
        do {
            try database.command(.begin)
        } catch {
            calls.forEach { $0.fail(error) }
            return
        }
        var done: [any WriteCall] = []
        for (index, call) in calls.enumerated() {
            switch attempt(call) {
            case .done: done.append(call)
            case .refused(let error): call.fail(error)
            case .transactionLost(let error):
                rollBack()
                call.fail(error)
                (done + calls[(index + 1)...]).forEach(runAlone)
                return
            }
        }
        finish(done) { _ in done.forEach(runAlone) }
    }

    private func runAlone(_ call: any WriteCall) {
        do {
            try database.command(.begin)
            try call.attempt(database)
        } catch {
            rollBack()
            call.fail(error)
            return
        }
        finish([call]) { error in call.fail(error) }
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

    /// Commits and answers the calls; `otherwise` answers them when nothing was committed.
    private func finish(_ calls: [any WriteCall], otherwise: (any Error) -> Void) {
        do {
            try commit()
            calls.forEach { $0.succeed() }
        } catch let failure as SQLiteFailure where failure.isDiskError {
            // The commit's record may have reached the file although the disk reported an error.
            rollBack()
            calls.forEach { $0.fail(failure.error(writeOutcome: .unknown)) }
        } catch {
            rollBack()
            otherwise(error)
        }
    }

    /// With a rollback journal a reader can hold COMMIT up, which leaves the transaction open: it is repeated.
    private func commit() throws {
        var attempts = 1
        while true {
            do {
                return try database.command(.commit)
            } catch let failure as SQLiteFailure where failure.isBusy && !database.isOutsideTransaction && attempts < 3
            {
                // Each attempt waits for the busy timeout in SQLite.
                attempts += 1
            }
        }
    }

    private func rollBack() {
        guard !database.isOutsideTransaction else { return }
        // What cannot be rolled back now is rolled back by SQLite when the file is next opened.
        try? database.command(.rollback)
    }
}
