import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite
import TestSupport

extension TestBackends {
    /// Opens a store of this kind that nobody has used, and closes it afterwards.
    func withBackend(
        roles: RoleSet = .standard, _ body: (any ChatStorageBackend) async throws -> Void
    ) async throws {
        switch self {
        case .memory:
            try await body(InMemoryBackend(roles: roles))
        case .sqlite:
            let folder = try TemporaryFolder()
            var configuration = SQLiteBackend.Configuration(path: folder.path(of: "chat.db"))
            configuration.roles = roles
            let backend = try await SQLiteBackend(configuration)
            try await body(backend)
            try await backend.close()
        case .postgres:
            try await TestPostgres.withSchema { url, schema in
                var configuration = PostgresBackend.Configuration(url: url)
                configuration.schema = schema
                configuration.roles = roles
                let backend = try await PostgresBackend(configuration)
                try await body(backend)
                try await backend.close()
            }
        }
    }
}
