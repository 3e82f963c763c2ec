public import ChatStorageCore

/// Conversations in a SQLite database file: on a device, on a small server, in a command-line tool.
///
/// Every write is on the disk when its call returns; by default it survives even a loss of power. Writes that wait at
/// the same time are committed together; reads run beside them. Several processes can use one file.
///
/// ```swift
/// let backend = try await SQLiteBackend(path: "chat.db")
/// try await backend.prepare()
/// try await backend.append(.user("Hello"), to: "first")
/// ```
///
/// The tables can be read with any SQLite program. The views `readable_conversations` and `readable_messages` show
/// everything, with ids, role names and readable times. In the tables themselves, `conversations` and `chat_messages`,
/// a message has the number of its conversation and of its role (`chat_roles`), and times are microseconds since 1970
/// in UTC (`created_at_us`). Labels, metadata and parts are JSON; `conversation_labels` has a row for each label of a
/// conversation, and the library keeps it equal to the column. Metadata of more than 1 KiB is in
/// `conversation_metadata`, and the column is an empty text.
public final class SQLiteBackend: ChatStorageBackend {
    let store: SQLiteStore

    /// Opens a store as a configuration says.
    ///
    /// The first call opens the file, and ``prepare(_:)`` makes it.
    ///
    /// - Throws: `ChatStorageError` with the code `invalidArgument` for a path that names no file.
    public convenience init(_ configuration: Configuration) async throws {
        try self.init(configuration, schema: .current)
    }

    /// Opens a store with another schema than the library's own; for tests of migrations.
    init(_ configuration: Configuration, schema: Schema) throws {
        try configuration.check()
        store = SQLiteStore(try configuration.withAbsolutePath().settings(schema: schema))
    }

    private init(_ store: SQLiteStore) {
        self.store = store
    }

    /// Opens a store with the default configuration.
    ///
    /// - Parameter path: The database file, absolute or relative to the process's current working directory.
    /// - Throws: `ChatStorageError` with the code `invalidArgument` for a path that names no file.
    public convenience init(path: String) async throws {
        try await self.init(Configuration(path: path))
    }

    /// Opens a store by its URL, `sqlite:PATH`, with the default configuration.
    ///
    /// - Throws: `ChatStorageError` with the code `invalidArgument` for the URL of another kind of store.
    public convenience init(url: String) async throws {
        guard let path = try StoreURL(url).sqlitePath else {
            throw ChatStorageError(.invalidArgument, "a SQLite store needs a URL of the form sqlite:PATH")
        }
        try await self.init(path: path)
    }

    /// All: a SQLite file is durable, shared between processes, checked by its engine, versioned, and has snapshots.
    ///
    /// A file with a rollback journal has no snapshots: writers would wait for the reader. Until the first call of
    /// ``withSnapshot(_:)`` this value assumes ``Configuration/journalMode``, but an existing file can have the other
    /// mode.
    public var capabilities: Capabilities {
        let capabilities: Capabilities = [.durable, .multiProcess, .engineConstraints, .versionedSchema]
        return store.hasSnapshots ? capabilities.union(.snapshots) : capabilities
    }

    /// Makes the store ready: creates the file (readable by its owner only) and the schema if they are missing.
    ///
    /// Many processes can call it at once. On a current schema it only reads, and `Preparation/verify` never makes or
    /// changes anything. It leaves other tables in the file alone.
    ///
    /// - Parameter preparation: Whether to make what is missing.
    /// - Throws: `ChatStorageError` with the code `invalidArgument` if the file's folder does not exist, or the path
    ///   is too long or leads to something other than a file; `schemaTooNew`, `schemaMismatch`, `damaged` for a file
    ///   that is not a database, `accessDenied` if what is missing cannot be made, `unavailable`; with
    ///   `Preparation/verify`, `notPrepared` if something is missing or older.
    public func prepare(_ preparation: Preparation) async throws {
        try await CallMeter.measure(store.observer, .prepare, tenant: nil, nil) { _ in
            try await store.prepare(preparation)
        }
    }

    /// Closes the store; calls under way finish, and every later call fails with `closed`.
    ///
    /// Before that, it ends the answers that are being written, with what came.
    ///
    /// It returns when they have ended, however long they take, so cancel long reads first. Afterwards the store has
    /// nothing open. If no other store uses the file, everything is in it and no files are beside it, so you can copy
    /// it.
    public func close() async throws {
        await store.close()
    }

    /// The handle on the default tenant.
    public var defaultTenant: SQLiteTenant {
        SQLiteTenant(store: store, name: nil)
    }

    /// The handle on a tenant.
    public func tenant(_ name: String) -> SQLiteTenant {
        SQLiteTenant(store: store, name: name)
    }
}

extension SQLiteBackend {
    /// Reads a page of the tenants that have conversations.
    public func tenants(_ query: TenantQuery) async throws -> TenantPage {
        try await CallMeter.measure(store.observer, .tenants, tenant: nil, nil) { meter in
            try await store.awaitReady()
            try Validation.check(query)
            guard query.limit > 0 else { return TenantPage(items: [], next: nil) }
            return try await store.read(for: meter, inline: false) { database in
                try database.snapshot { try TenantList(database: database).page(query) }
            }
        }
    }

    /// Reads a page of the answers under way that nobody has written for a while, over all tenants.
    public func unfinishedMessages(_ query: UnfinishedQuery) async throws -> UnfinishedPage {
        try await CallMeter.measure(store.observer, .unfinishedMessages, tenant: nil, nil) { meter in
            try await store.awaitReady()
            try Validation.check(query)
            guard query.limit > 0 else { return UnfinishedPage(items: [], next: nil) }
            return try await store.read(for: meter, inline: false) { database in
                try database.snapshot { try UnfinishedList(database: database).page(query, at: .now()) }
            }
        }
    }

    /// Runs a body that reads the store as it is at one moment, whatever is written meanwhile.
    ///
    /// It keeps a read transaction open on a connection of its own. No write waits for it, but the write-ahead log
    /// cannot start over until the body has ended, so the log grows by what is written meanwhile. With
    /// ``Configuration/erasesDeletedText`` the deletions that empty the log are `unavailable` until then.
    ///
    /// With a rollback journal no write could be committed meanwhile, so there the body gets the backend itself.
    public func withSnapshot<Result: Sendable>(
        _ body: (any ChatStorageBackend) async throws -> Result
    ) async throws -> Result {
        try await store.withSnapshot { try await body(SQLiteBackend($0)) }
    }

    /// What the store is doing at this moment.
    ///
    /// One connection writes; the others read.
    public func statistics() async throws -> StorageStatistics {
        try store.statistics()
    }
}

extension SQLiteBackend {
    /// Deletes all conversations of a tenant, one by one, each completely.
    ///
    /// With ``Configuration/erasesDeletedText``, nothing of them is left in the database file or its write-ahead log
    /// when this returns.
    ///
    /// - Parameters:
    ///   - name: The tenant's name; nil is the default tenant.
    ///   - isDryRun: Whether it only counts, and deletes nothing.
    /// - Returns: What was deleted, or would be.
    /// - Throws: `ChatStorageError` with the code `unavailable` also if all is deleted, but traces of it are left in
    ///   the files; then call it again.
    public func eraseTenant(_ name: String?, isDryRun: Bool) async throws -> DeletionCount {
        if isDryRun { return try await deleteAllConversations(ofTenant: name, isDryRun: true) }
        return try await store.erasing(rewritesFile: true) {
            try await deleteAllConversations(ofTenant: name, isDryRun: false)
        }
    }

    /// Deletes a tenant's conversations that were not updated since a time, one by one, each completely.
    ///
    /// With ``Configuration/erasesDeletedText`` the write-ahead log has nothing of them when this returns.
    ///
    /// - Parameters:
    ///   - name: The tenant's name; nil is the default tenant.
    ///   - time: Conversations updated at this time or later stay.
    ///   - labels: Conversations with any of these labels stay.
    ///   - isDryRun: Whether it only counts, and deletes nothing.
    /// - Returns: What was deleted, or would be.
    /// - Throws: `ChatStorageError` with the code `unavailable` also if all is deleted, but traces of it are left in
    ///   the log; then call it again.
    public func deleteConversations(
        ofTenant name: String?, updatedBefore time: Timestamp, without labels: Set<Label>, isDryRun: Bool
    ) async throws -> DeletionCount {
        let delete = {
            try await self.deleteOldConversations(
                ofTenant: name, updatedBefore: time, without: labels, isDryRun: isDryRun)
        }
        return isDryRun ? try await delete() : try await store.erasing(rewritesFile: false, delete)
    }
}
