import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite

/// Opens the store of a URL, for chats with tools.
func openStore(_ url: StoreURL) async throws -> any ChatStorageBackend {
    if let path = url.sqlitePath { return try await SQLiteBackend(.init(path: path, roles: .withTools)) }
    if let uri = url.postgresURI {
        var configuration = PostgresBackend.Configuration(url: uri)
        configuration.roles = .withTools
        return try await PostgresBackend(configuration)
    }
    return InMemoryBackend(roles: .withTools)
}
