import ChatStorageCore
import ChatStorageSQLite
import ChatStorageSupport

extension StoreLocation {
    /// Opens the store's file for a command that works on the file as a whole, hands it to the body and closes it.
    ///
    /// - Parameter advice: What to use for a store of another kind; ends the error's sentence.
    func withSQLiteFile<Result>(
        on medium: MediumOptions, advice: String, _ body: (SQLiteBackend) async throws -> Result
    ) async throws -> Result {
        let url = try url
        try checkPostgresOptions(for: url)
        guard let path = url.sqlitePath else {
            throw Failure("this command is for a SQLite file only; \(advice)", status: Failure.usage)
        }
        let backend: SQLiteBackend
        do {
            var configuration = SQLiteBackend.Configuration(path: path)
            if medium.immutable { configuration.access = .immutable }
            backend = try await SQLiteBackend(configuration)
        } catch {
            throw naming(error)
        }
        try Self.checkFile(path, for: .reading)
        do {
            let result = try await body(backend)
            try await backend.close()
            return result
        } catch {
            try? await backend.close()
            throw isAboutStore(error) ? naming(error) : error
        }
    }
}
