extension Database {
    /// Runs a body that reads, as long as the file is the store's.
    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try checkPlaceForReading()
        return try body(self)
    }

    /// Makes sure that what a transaction has written can be committed.
    func checkForCommit() throws {
        try checkPlaceForWriting()
    }
}
