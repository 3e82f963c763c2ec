import ChatStorageCore

extension Database {
    /// Runs a body that reads, as long as the file and its schema are the store's.
    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try checkPlaceForReading()
        // After some errors the engine ends the transaction itself (https://www.sqlite.org/lang_transaction.html).
        if holdsSnapshot, isOutsideTransaction { throw ChatStorageError.snapshotIsLost }
        let result: Result
        do {
            result = try body(self)
        } catch {
            try checkSchema()
            throw error
        }
        try checkSchema()
        return result
    }

    /// Runs a body that reads; all its statements see the same state.
    func snapshot<Result>(_ body: () throws -> Result) throws -> Result {
        if holdsSnapshot { return try body() }
        // SQLite asks the watch again after a statement has run, and could then report a success as a failure.
        try readWatch.pausing { try command(.beginReading) }
        // Nothing was written.
        defer { readWatch.pausing { try? command(.rollback) } }
        return try body()
    }

    /// Makes all further reads see the same state, until the connection is closed.
    func holdSnapshot() throws {
        try command(.beginReading)
        holdsSnapshot = true
    }

    /// Makes sure that what a transaction has written can be committed.
    func checkForCommit() throws {
        try checkPlaceForWriting()
        try checkSchema()
    }
}
