public import ChatStorageCore
import ChatStorageInMemory
public import ChatStoragePostgres
public import ChatStorageSQLite

/// Opens the store that a URL names: for apps whose configuration chooses the backend.
///
/// ```swift
/// let backend = try await openChatStorage("sqlite:chat.db")
/// try await backend.prepare()
/// ```
///
/// It links all backends, so it needs the C libraries of SQLite and PostgreSQL. An app with one kind of store should
/// make that backend itself.
///
/// - Parameters:
///   - url: `memory:`, `sqlite:PATH` or a bare path, or `postgres://...`, see ``/ChatStorageCore/StoreURL``.
///   - roles: The roles that messages can have; by default those of plain chats.
///   - observer: What gets the store's calls and events; by default nothing does.
///   - sqlite: Changes a SQLite store's configuration, which starts with the defaults.
///   - postgres: Changes a PostgreSQL store's configuration, which starts with the defaults.
/// - Returns: The store, which is not prepared, and has not touched a file or a server yet.
/// - Throws: `ChatStorageError` with the code `invalidArgument` for an invalid URL, and for a configuration out of its
///   bounds. It does not quote a PostgreSQL URL, which may hold a password.
public func openChatStorage(
    _ url: String, roles: RoleSet = .standard, observer: (any StorageObserver)? = nil,
    sqlite: (inout SQLiteBackend.Configuration) throws -> Void = { _ in },
    postgres: (inout PostgresBackend.Configuration) throws -> Void = { _ in }
) async throws -> any ChatStorageBackend {
    try await openChatStorage(StoreURL(url), roles: roles, observer: observer, sqlite: sqlite, postgres: postgres)
}

/// Opens the store that a parsed URL names.
///
/// - Parameters:
///   - url: The URL.
///   - roles: The roles that messages can have; by default those of plain chats.
///   - observer: What gets the store's calls and events; by default nothing does.
///   - sqlite: Changes a SQLite store's configuration, which starts with the defaults.
///   - postgres: Changes a PostgreSQL store's configuration, which starts with the defaults.
/// - Returns: The store, which is not prepared, and has not touched a file or a server yet.
/// - Throws: `ChatStorageError` with the code `invalidArgument` for a configuration out of its bounds.
public func openChatStorage(
    _ url: StoreURL, roles: RoleSet = .standard, observer: (any StorageObserver)? = nil,
    sqlite: (inout SQLiteBackend.Configuration) throws -> Void = { _ in },
    postgres: (inout PostgresBackend.Configuration) throws -> Void = { _ in }
) async throws -> any ChatStorageBackend {
    if let path = url.sqlitePath {
        var configuration = SQLiteBackend.Configuration(path: path, roles: roles)
        configuration.observer = observer
        try sqlite(&configuration)
        return try await SQLiteBackend(configuration)
    }
    if let uri = url.postgresURI {
        var configuration = PostgresBackend.Configuration(url: uri, roles: roles)
        configuration.observer = observer
        try postgres(&configuration)
        return try await PostgresBackend(configuration)
    }
    return try InMemoryBackend(InMemoryBackend.Configuration(roles: roles, observer: observer))
}
