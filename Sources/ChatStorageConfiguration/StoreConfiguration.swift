public import ChatStorageCore
public import Configuration
import ChatStorageBackends
import ChatStoragePostgres
import ChatStorageSQLite

/// The store that an app's configuration names: in environment variables, in a file, on the command line.
///
/// ```swift
/// let config = ConfigReader(provider: EnvironmentVariablesProvider())
/// let backend = try await StoreConfiguration(config).open()
/// ```
///
/// Keys are below `chatstorage`, unless an app says otherwise. As environment variables they are `CHATSTORAGE_URL`,
/// `CHATSTORAGE_SQLITE_BUSY_TIMEOUT` and so on. Only the URL is required. The defaults are those of the backends'
/// configurations, which describe each setting.
///
/// | key | value |
/// |---|---|
/// | `url` | `memory:`, `sqlite:PATH` or `postgres://...`; a secret |
/// | `roles` | `standard`, or `with-tools` for chats with tools |
/// | `sqlite.access` | `read-write` or `immutable` |
/// | `sqlite.journalMode` | `wal` or `delete` |
/// | `sqlite.durability` | `power-loss` or `process-end` |
/// | `sqlite.erasesDeletedText` | `true` or `false` |
/// | `sqlite.busyTimeout` | seconds, 0 or more |
/// | `sqlite.readers` | a number, 1 or more |
/// | `sqlite.waitingCalls` | a number, 1 or more |
/// | `postgres.schema` | a name |
/// | `postgres.tls` | `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full` |
/// | `postgres.isBehindPooler` | `true` or `false` |
/// | `postgres.mergesAppends` | `true` or `false` |
/// | `postgres.connections` | a number, 1 or more |
/// | `postgres.connectTimeout` | seconds, 2 or more |
/// | `postgres.callTimeout` | seconds, 0.001 or more |
/// | `postgres.statementTimeout` | seconds, 0 or more |
/// | `postgres.lockTimeout` | seconds, 0 or more |
/// | `postgres.callsPerConnection` | a number, 1 or more |
/// | `postgres.bytesPerConnection` | a number, 1 or more |
/// | `postgres.waitingCalls` | a number, 1 or more |
///
/// Any other value, and a value for another kind of store than the URL's, is an error that names the key. A misspelt
/// key is not noticed, since a `ConfigReader` does not list its keys.
public struct StoreConfiguration: Sendable {
    /// The URL; its description shows nothing of a PostgreSQL URL, which may hold a password.
    public let url: StoreURL
    /// The roles that messages can have.
    public let roles: RoleSet
    /// How a SQLite store is opened; nil for another kind.
    let sqlite: SQLiteBackend.Configuration?
    /// How a PostgreSQL store is opened; nil for another kind.
    let postgres: PostgresBackend.Configuration?

    /// Reads the configuration of a store.
    ///
    /// - Parameters:
    ///   - config: The app's configuration.
    ///   - scope: The key that the store's keys are below; by default `chatstorage`. An app with two stores gives each
    ///     its own, such as `chats.archive`.
    /// - Throws: `ChatStorageError` with the code `invalidArgument`, whose message names the key and quotes no text.
    public init(_ config: ConfigReader, under scope: ConfigKey = "chatstorage") async throws {
        let reader = SettingsReader(config, under: scope)
        guard let text = try await reader.string("url", isSecret: true) else {
            throw reader.problem("url", "is missing")
        }
        do {
            url = try StoreURL(text)
        } catch {
            throw reader.problem("url", "names no store: \((error as? ChatStorageError)?.message ?? "it is invalid")")
        }
        roles =
            try await reader.choice("roles", of: [("standard", RoleSet.standard), ("with-tools", .withTools)])
            ?? .standard
        var sqlite = SQLiteBackend.Configuration(path: url.sqlitePath ?? "", roles: roles)
        try await reader.apply(.all, to: &sqlite, isWanted: url.sqlitePath != nil)
        var postgres = PostgresBackend.Configuration(url: url.postgresURI ?? "", roles: roles)
        try await reader.apply(.all, to: &postgres, isWanted: url.postgresURI != nil)
        self.sqlite = url.sqlitePath == nil ? nil : sqlite
        self.postgres = url.postgresURI == nil ? nil : postgres
    }

    /// Opens the store.
    ///
    /// - Parameter observer: What gets the store's calls and events; by default nothing does.
    /// - Returns: The store, which is not prepared, and has not touched a file or a server yet.
    /// - Throws: `ChatStorageError` with the code `invalidArgument` for a path, a URL or a schema that the backend
    ///   refuses.
    public func open(observer: (any StorageObserver)? = nil) async throws -> any ChatStorageBackend {
        try await openChatStorage(
            url, roles: roles, observer: observer,
            sqlite: { configuration in
                if var sqlite {
                    sqlite.observer = observer
                    configuration = sqlite
                }
            },
            postgres: { configuration in
                if var postgres {
                    postgres.observer = observer
                    configuration = postgres
                }
            })
    }
}

extension SettingsReader {
    /// Reads the settings of a kind of store.
    ///
    /// - Parameter isWanted: Whether the store is of the kind. Otherwise none of the settings may have a value.
    fileprivate func apply<Configuration>(
        _ settings: Settings<Configuration>, to configuration: inout Configuration, isWanted: Bool
    ) async throws {
        for setting in settings.list {
            let isThere = try await setting.apply(self, &configuration)
            guard isWanted || !isThere else {
                throw problem(setting.key, "is for another kind of store than the URL names")
            }
        }
    }
}
