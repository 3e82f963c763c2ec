extension Database {
    /// Runs a body that reads, as long as the file and its schema are the store's.
    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try checkPlaceForReading()
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

    /// Makes sure that what a transaction has written can be committed.
    func checkForCommit() throws {
        try checkPlaceForWriting()
        try checkSchema()
    }
}
