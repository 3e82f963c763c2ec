import ChatStorageCore
import ChatStorageSupport

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

extension Database {
    /// Runs a statement without parameters or rows.
    func command(_ sql: SQL) throws {
        try run(sql) { _ = try $0.step() }
    }

    /// Leaves the file to others for a moment, if the last transaction held it for long.
    func waitForRest() {
        let time = writerRest.remaining(at: .now)
        if time > .zero { sleepThread(for: time) }
    }

    /// Runs a body in a transaction that only one process at a time can hold.
    func transaction(_ body: () throws -> Void) throws {
        try command(.begin)
        do {
            try body()
            try command(.commit)
        } catch {
            if !isOutsideTransaction { try? command(.rollback) }
            throw error
        }
    }

    /// Sets what commits, and moves of the log into the file, wait for
    /// (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
    func configureForWriting() throws {
        // With a rollback journal FULL can lose the last commit: the folder's entry is not synced. With a write-ahead
        // log it is the same as EXTRA.
        try execute(settings.survivesPowerLoss ? "PRAGMA synchronous = EXTRA" : "PRAGMA synchronous = NORMAL")
        // On Apple's systems fsync does not reach the medium, so these are needed; elsewhere they do nothing.
        try execute("PRAGMA fullfsync = ON")
        try execute("PRAGMA checkpoint_fullfsync = ON")
        if settings.erasesDeletedText {
            try execute("PRAGMA secure_delete = ON")
            // Each time the log starts over, older content after its end is cut off.
            try execute("PRAGMA journal_size_limit = 0")
        } else {
            try execute("PRAGMA journal_size_limit = 67108864")
        }
    }

    /// Chooses how a database keeps transactions.
    ///
    /// If several processes do so at once, SQLite answers BUSY without waiting, to avoid a deadlock: try again.
    func setJournalMode() throws {
        let deadline = ContinuousClock.now + settings.busyTimeout
        while true {
            do {
                _ = try pragma(settings.usesWriteAheadLog ? .useWriteAheadLog : .useRollbackJournal)
                return
            } catch let failure as SQLiteFailure where failure.isBusy && ContinuousClock.now < deadline {
                sqlite3_sleep(.random(in: 1...20))
            }
        }
    }

    /// A pragma's answer; the empty text if there is none.
    func pragma(_ sql: SQL) throws -> String {
        try run(sql) { statement in
            guard try statement.step() else { return "" }
            let value = try statement.text(0)
            _ = try statement.step()
            return value
        }
    }
}
