public import ChatStorageCore

/// Conversations in a PostgreSQL database: for servers, and for many processes on one store.
///
/// A few connections serve any number of tasks: calls are sent without waiting for each other's answers. Connections
/// are opened as calls come, and again after the server was away.
///
/// ```swift
/// let backend = try await PostgresBackend(url: "postgres://app@db.example.com/chats")
/// try await backend.prepare()
/// try await backend.append(.user("Hello"), to: "first")
/// ```
///
/// A write that has returned is on the server's disk: if a role or database has `synchronous_commit = off`, the
/// library's sessions use `on`. Other values stay as they are. The server's own `fsync` must be on, as by default.
///
/// The tables can be read with any PostgreSQL program: `conversations`, `chat_messages` and `conversation_labels`, in
/// the schema that the ``Configuration`` names or else in the connection's own. They accept values that the library
/// does not write, such as an `updated_at` of `infinity`. A call that reads such a value fails with `damaged`. So does
/// an append to that conversation or a new title for it, although it is stored.
public final class PostgresBackend: ChatStorageBackend {
    let store: PostgresStore

    /// Opens a store as a configuration says.
    ///
    /// Nothing is connected yet; the first call does that.
    ///
    /// - Throws: `ChatStorageError` with the code `invalidArgument` for a URL that libpq cannot read, or whose
    ///   password has a `/` or `@` that is not percent-encoded, for an option of the URL, of a service file or of the
    ///   environment that libpq does not take, or a setting out of its bounds; `unavailable` when the process has no
    ///   file descriptors or threads left.
    public convenience init(_ configuration: Configuration) async throws {
        try await self.init(configuration, versions: SchemaVersion.all)
    }

    /// Opens a store with these versions of the schema; for tests of migrations.
    init(_ configuration: Configuration, versions: [SchemaVersion]) async throws {
        try configuration.check()
        try await ConnectionOptions.check(configuration)
        store = try PostgresStore(configuration, versions: versions)
    }

    private init(_ store: PostgresStore) {
        self.store = store
    }

    /// Opens a store with the default configuration.
    ///
    /// - Parameter url: The database: `postgres://user@host/database` or any other URI or connection string of libpq.
    /// - Throws: `ChatStorageError` as ``init(_:)`` does.
    public convenience init(url: String) async throws {
        try await self.init(Configuration(url: url))
    }

    /// All: PostgreSQL is durable, shared between processes, checks constraints, is versioned, and has snapshots.
    ///
    /// With Citus it has no snapshots, since each server would show a moment of its own. That is known once the tables
    /// have been looked for.
    public var capabilities: Capabilities {
        let capabilities: Capabilities = [.durable, .multiProcess, .engineConstraints, .versionedSchema]
        return store.hasSnapshots ? capabilities.union(.snapshots) : capabilities
    }

    /// Makes the store ready: creates the schema if it is missing, migrates an older one, or only checks it.
    ///
    /// Many processes can call it at once. On a current schema it only reads.
    ///
    /// It adds the roles of the configuration that the store does not take yet, which only the owner of the tables can.
    /// That locks the table of messages for a moment, but keeps others waiting for at most a tenth of a second: behind
    /// a long read it gives up and tries again, until the ``Configuration/callTimeout``.
    ///
    /// - Parameter preparation: Whether the schema may be changed.
    /// - Throws: `ChatStorageError` with the code `schemaTooNew`; `notPrepared` with
    ///   `Preparation/verify`, when the schema needs a change or the store takes fewer roles than the configuration
    ///   names; `schemaMismatch` when something that the library did not make has the names of its tables, or the
    ///   database's encoding is not UTF8; `accessDenied` when the user may not create tables, or the server refuses the
    ///   user, the password or the database; `unavailable`;
    ///   `invalidArgument` when no schema of the `search_path` exists, or the user's, database's or server's
    ///   `session_replication_role` is `replica`, which disables foreign keys, or, behind a pooler, when the server's
    ///   isolation level is not `read committed` or its `synchronous_commit` is `off`.
    public func prepare(_ preparation: Preparation) async throws {
        try await measured(.prepare) { meter in
            if preparation == .verify { try await store.verify(meter) } else { try await store.prepare(meter) }
        }
    }

    /// Closes the store and its connections; calls under way finish, and every later call fails with `closed`.
    ///
    /// Before that, it ends the answers that are being written, with what came. If the server is out of reach, each end
    /// is tried again as ``/ChatStorageCore/AnswerCheckpoints/retrying`` says.
    ///
    /// It waits for calls under way, at most until their deadlines, even if its task is cancelled. When it returns,
    /// every session has ended and no thread of the store uses libpq, so the process can exit: OpenSSL's exit handler
    /// crashes a process that is still connecting. It ends attempts to connect at once. If an attempt is looking up a
    /// host's name, it waits up to five seconds and then leaves the attempt alone, since that goes no further.
    public func close() async throws {
        await store.close()
    }

    /// Reads a page of the tenants that have conversations, by the UTF-8 bytes of their names, the default one first.
    public func tenants(_ query: TenantQuery) async throws -> TenantPage {
        try await measured(.tenants) { try await page(query, $0) }
    }

    private func page(_ query: TenantQuery, _ meter: CallMeter?) async throws -> TenantPage {
        try Task.checkCancellation()
        let statements = try await store.statements()
        try Validation.check(query)
        guard query.limit > 0 else { return TenantPage(items: [], next: nil) }
        let rows = Int64(clamping: query.limit == .max ? query.limit : query.limit + 1)
        let values = Parameters(bytes: 512) { values in
            // No name has U+0000 in it, so none lies between a name and the same name with U+0001 at its end.
            values.append(query.after.map { "\($0)\u{1}" } ?? "")
            values.append(rows)
        }
        let result = try await store.result(of: .read(statements.tenants, values, isLong: true), meter)
        let tenants = try result.rows.map { row in
            let name = try row.text(0)
            return TenantSummary(
                name: name.isEmpty ? nil : name, conversations: Int(clamping: try row.int64(1, atLeast: 1)),
                messages: Int(clamping: try row.int64(2, atLeast: 0)))
        }
        return TenantPage(tenants, limit: query.limit)
    }

    /// Reads a page of the answers under way that nobody has written for a while, over all tenants.
    public func unfinishedMessages(_ query: UnfinishedQuery) async throws -> UnfinishedPage {
        try await measured(.unfinishedMessages) { try await page(query, $0) }
    }

    private func page(_ query: UnfinishedQuery, _ meter: CallMeter?) async throws -> UnfinishedPage {
        try Task.checkCancellation()
        let statements = try await store.statements()
        try Validation.check(query)
        guard query.limit > 0 else { return UnfinishedPage(items: [], next: nil) }
        let (tenant, message) = (query.after?.tenant, query.after?.message)
        let values = Parameters(bytes: 512) { values in
            values.append(tenant ?? "")
            // No conversation has an empty id.
            values.append(message?.conversationID.rawValue ?? "")
            values.append(message?.sequence ?? 0)
            values.append(Self.microseconds(query.notRevisedFor))
            values.append(Int64(clamping: query.limit == .max ? query.limit : query.limit + 1))
        }
        let result = try await store.result(of: .read(statements.unfinishedMessages, values, isLong: true), meter)
        return UnfinishedPage(try result.rows.map(MessageTable.unfinished), limit: query.limit)
    }

    /// Runs a body that reads the store as it is at one moment, whatever is written meanwhile.
    ///
    /// It has one connection of its own, beyond ``Configuration/connections``, in a read-only transaction at
    /// `repeatable read`. Nobody waits for it, but the server cannot remove old versions of rows while it is open. The
    /// calls of a body go one after another. If the connection is lost, or the server refuses a read, all further calls
    /// are `unavailable`, since another transaction would show another moment.
    ///
    /// With Citus the body gets the backend itself.
    public func withSnapshot<Result: Sendable>(
        _ body: (any ChatStorageBackend) async throws -> Result
    ) async throws -> Result {
        try await store.withSnapshot { try await body(PostgresBackend($0)) }
    }

    /// What the store is doing at this moment: its connections, and the calls that wait for them.
    ///
    /// A connection is busy while calls are under way on it. A call counts as waiting until it is sent. The version of
    /// the schema is known once ``prepare(_:)`` or another call has read it.
    ///
    /// - Throws: `ChatStorageError` with the code `closed`.
    public func statistics() async throws -> StorageStatistics { try store.statistics() }

    private func measured<Result>(
        _ operation: StorageOperation, _ body: (CallMeter?) async throws -> Result
    ) async throws -> Result {
        try await CallMeter.measure(store.observer, operation, tenant: nil, nil, body)
    }

    /// The duration in microseconds, at most as far as the server's times reach back.
    private static func microseconds(_ duration: Duration) -> Int64 {
        Int64(min(duration / .microseconds(1), 1.5e17))
    }

    /// The handle on the default tenant.
    public var defaultTenant: PostgresTenant {
        PostgresTenant(store: store, name: nil)
    }

    /// The handle on a tenant.
    public func tenant(_ name: String) -> PostgresTenant {
        PostgresTenant(store: store, name: name)
    }
}
