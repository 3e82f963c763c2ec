import ChatStorageCore

extension [QueryResult] {
    /// Checks that a transaction was committed: COMMIT of a failed one answers ROLLBACK.
    func checkCommitted() throws {
        guard last?.commandTag == "COMMIT" else {
            throw ChatStorageError(
                .unavailable, "the database rolled the transaction back", writeOutcome: .notApplied)
        }
    }
}
