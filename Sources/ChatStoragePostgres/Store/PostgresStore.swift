import ChatStorageCore
import ChatStorageSupport
import Synchronization

/// One open store: its connections, and whether its schema is there.
final class PostgresStore: Sendable {
    private enum Phase {
        case new, closed
        case ready(Statements, SchemaName)
    }

    private static let attemptsToPrepare = 5
    /// Exports and copies read ahead, so several of their calls wait for the one connection.
    private static let leastWaitingInSnapshot = 64

    private let configuration: PostgresBackend.Configuration
    /// The roles that messages can have.
    var roles: RoleSet { configuration.roles }
    var observer: (any StorageObserver)? { configuration.observer }
    private let versions: [SchemaVersion]
    private let loop: EventLoop
    /// Conversations that have labels, as far as appends have found.
    let labelled = KnownConversations()
    /// Conversations that have branched, as far as reads have found.
    let branched = KnownConversations()
    /// The answers that are being written.
    let endingAnswers = EndingAnswers()
    private let inspections: SingleFlight<SchemaInspection.Location>
    private let phase = Mutex(Phase.new)
    private let snapshots = WorkUnderWay()

    init(_ configuration: PostgresBackend.Configuration, versions: [SchemaVersion] = SchemaVersion.all) throws {
        self.configuration = configuration
        self.versions = versions
        loop = try EventLoop(configuration)
        inspections = SingleFlight(limit: configuration.waitingCalls, waitingFor: "the schema")
    }

    deinit {
        loop.abandon()
    }

    /// The statements for the schema, once it is known to be there; after the first time this costs only a lock.
    func statements() async throws -> Statements {
        if let statements = try readyStatements() { return statements }
        return try becomeReady(try await location())
    }

    /// Looks at the tables, even if they were found before.
    func verify(_ meter: CallMeter?) async throws {
        _ = try readyStatements()
        _ = try becomeReady(try await inspect(meter))
    }

    /// - Throws: `ChatStorageError` with the code `notPrepared` if the tables are missing or older.
    private func becomeReady(_ location: SchemaInspection.Location) throws -> Statements {
        switch location {
        case .present(let schema, let isDistributed): return try becomeReady(schema, isDistributed: isDistributed)
        case .absent(let place, let exists, let lookedThrough):
            let problem =
                if configuration.schema == nil {
                    """
                    no PostgreSQL schema of the connection's search_path \
                    (\(lookedThrough.map(\.quoted).joined(separator: ", "))) has the library's tables
                    """
                } else if exists {
                    "the PostgreSQL schema \(place.quoted) has none of the library's tables"
                } else {
                    "there is no PostgreSQL schema \(place.quoted)"
                }
            throw ChatStorageError(.notPrepared, "\(problem); call prepare() first")
        case .narrow(_, let roles):
            let missing = StoredRoles.missing(of: configuration.roles, in: roles).joined(separator: ", ")
            throw ChatStorageError(
                .notPrepared, "the store does not take the roles \(missing); call prepare() to add them")
        case .outdated(_, let version):
            throw ChatStorageError(
                .notPrepared,
                """
                the store's schema has version \(version) and not \(versions.count); call prepare() to migrate it
                """)
        }
    }

    func prepare(_ meter: CallMeter?) async throws {
        if try readyStatements() != nil { return }
        let deadline = ContinuousClock.now + configuration.callTimeout
        for attempt in 1... {
            switch try await inspect(meter) {
            case .present(let schema, let isDistributed):
                _ = try becomeReady(schema, isDistributed: isDistributed)
                return
            case .narrow(let schema, let roles):
                do {
                    try await add(StoredRoles(roles, adding: configuration.roles), to: schema, until: deadline, meter)
                } catch {
                    throw MissingPrivilege.addingRoles.explaining(error, in: schema)
                }
            case .outdated(let schema, let version):
                do {
                    try await migrate(SchemaDefinition(schema, versions), from: version, meter)
                } catch {
                    throw MissingPrivilege.migrating.explaining(error, in: schema)
                }
            case .absent(let schema, let exists, _):
                do {
                    _ = try await loop.run(
                        SchemaDefinition(schema, versions)
                            .creation(createsNamespace: !exists, roles: configuration.roles), meter)
                } catch let error as ChatStorageError where error.isOfExistingObject && attempt < Self.attemptsToPrepare
                {
                    // Another process was first.
                    meter?.isRepeated()
                } catch {
                    let work: MissingPrivilege = exists ? .makingTables : .makingSchema
                    throw work.explaining(error, in: schema)
                }
            }
        }
    }

    /// Makes the store take roles, or waits after others held the table too long.
    ///
    /// - Parameter deadline: When to stop trying.
    private func add(
        _ roles: StoredRoles, to schema: SchemaName, until deadline: ContinuousClock.Instant, _ meter: CallMeter?
    ) async throws {
        do {
            try await transact(SchemaDefinition(schema, versions).widening(to: roles), meter)
        } catch let error as ChatStorageError where error.cause?.code == "55P03" && ContinuousClock.now < deadline {
            meter?.isRepeated()
            // Callers that waited behind it go first.
            try await Task.sleep(for: .milliseconds(Int.random(in: 100...400)))
        }
    }

    /// Migrates an older version to this one.
    ///
    /// - Throws: `ChatStorageError` with the code `schemaMismatch` if an index that was made beforehand is invalid.
    private func migrate(
        _ definition: SchemaDefinition, from version: Int64, _ meter: CallMeter?
    ) async throws {
        for step in definition.migration(from: version) { try await transact(step, meter) }
        let invalid = try await result(of: definition.readInvalidIndexes(of: version), meter)
        if let name = try invalid.rows.first?.text(0) {
            throw ChatStorageError(
                .schemaMismatch,
                """
                the index \(name) is not valid: wait until it is built; if that failed, drop it and prepare the store again
                """
            )
        }
        try await transact(definition.endOfMigration, meter)
    }

    private func transact(_ request: Request, _ meter: CallMeter?) async throws {
        try await results(of: request, meter).checkCommitted()
    }

    func close() async {
        await endingAnswers.wait()
        phase.withLock { $0 = .closed }
        await snapshots.close()
        await loop.close()
    }

    /// Whether all tables can be read as of one moment; tables on several servers cannot.
    var hasSnapshots: Bool {
        guard case .ready(let statements, _) = phase.withLock({ $0 }) else { return true }
        return !statements.isDistributed
    }

    /// Runs a body on a snapshot of this store: its only connection stays at the present state.
    func withSnapshot<Result>(_ body: (PostgresStore) async throws -> Result) async throws -> Result {
        _ = try await statements()
        // This store is a snapshot already, or there can be none.
        if configuration.holdsSnapshot || !hasSnapshots { return try await body(self) }
        guard snapshots.begin() else { throw ChatStorageError.closed }
        defer { snapshots.end() }
        var configuration = configuration
        configuration.connections = 1
        configuration.waitingCalls = max(configuration.waitingCalls, Self.leastWaitingInSnapshot)
        configuration.holdsSnapshot = true
        let snapshot = try PostgresStore(configuration, versions: versions)
        do {
            // This connects, which fixes the snapshot's moment.
            _ = try await snapshot.statements()
            let result = try await body(snapshot)
            await snapshot.close()
            return result
        } catch {
            await snapshot.close()
            throw error
        }
    }

    /// What the store is doing; the server is not asked.
    func statistics() throws -> StorageStatistics {
        let isReady = try readyStatements() != nil
        var statistics = loop.statistics()
        // These calls wait for one inspection of the schema, which the loop counts too.
        statistics.waitingCalls += inspections.waitingCount
        statistics.schemaVersion = isReady ? versions.count : nil
        return statistics
    }

    /// Runs a request, and returns the answer of each of its statements.
    ///
    /// - Parameter meter: Measures the call that the request is for; nil if it is not measured.
    func results(of request: Request, _ meter: CallMeter?) async throws -> [QueryResult] {
        guard case .results(let results) = try await answer(to: request, meter) else {
            throw ChatStorageError(.damaged, "a statement has no result")
        }
        return results
    }

    /// Runs a request of one statement, and returns its answer.
    func result(of request: Request, _ meter: CallMeter?) async throws -> QueryResult {
        guard let result = try await results(of: request, meter).first else {
            throw ChatStorageError(.damaged, "a statement has no result")
        }
        return result
    }

    /// Appends, alone or in one statement with others; nil if the conversation has labels or a head.
    func appended(by append: Append, _ meter: CallMeter?) async throws -> Appended? {
        switch try await answer(to: append.request, meter) {
        case .share(let share):
            guard let appended = share as? Appended? else { throw Appended.damage }
            return appended
        case .results(let results):
            guard let result = results.first else { throw Appended.damage }
            return try AppendSQL.appended(result, append.rowCount)
        }
    }

    private func answer(to request: Request, _ meter: CallMeter?) async throws -> Call.Answer {
        if request.isWrite, configuration.holdsSnapshot { throw ChatStorageError.snapshotIsReadOnly }
        do {
            return try await loop.run(request, meter)
        } catch let error as ChatStorageError where error.code == .notPrepared || error.isOfOtherTables {
            let schema = phase.withLock { phase -> SchemaName? in
                guard case .ready(_, let schema) = phase else { return nil }
                phase = .new
                return schema
            }
            guard let schema else { throw error }
            guard error.code == .notPrepared else {
                throw await schemaIsTooNew() ?? error
            }
            throw ChatStorageError(
                .notPrepared,
                """
                the PostgreSQL schema \(schema.quoted) no longer has all of the library's tables; call prepare() first
                """,
                writeOutcome: error.writeOutcome, cause: error.cause)
        } catch {
            // Before the schema is known, only the right to connect can be missing.
            guard case .ready(_, let schema) = phase.withLock({ $0 }) else { throw error }
            let work: MissingPrivilege = request.isWrite ? .writing : .reading
            throw work.explaining(error, in: schema)
        }
    }

    /// The error of a call whose tables a newer library has changed; nil if none has.
    private func schemaIsTooNew() async -> ChatStorageError? {
        do {
            _ = try await statements()
            return nil
        } catch let error as ChatStorageError {
            return error.code == .schemaTooNew ? error : nil
        } catch {
            return nil
        }
    }

    private func readyStatements() throws -> Statements? {
        switch phase.withLock({ $0 }) {
        case .closed: throw ChatStorageError.closed
        case .ready(let statements, _): statements
        case .new: nil
        }
    }

    private func becomeReady(_ schema: SchemaName, isDistributed: Bool) throws -> Statements {
        try phase.withLock { phase in
            if case .closed = phase { throw ChatStorageError.closed }
            // Keeps the same statements: appends go together only if these are the same object.
            if case .ready(let statements, schema) = phase { return statements }
            let statements = Statements(schema, isDistributed: isDistributed)
            phase = .ready(statements, schema)
            return statements
        }
    }

    /// Where the tables are, looked up once for all calls that ask at the same time.
    private func location() async throws -> SchemaInspection.Location {
        do {
            return try await inspections.value {
                if case .present = $0 { true } else { false }
            } by: { [self] in
                // Not measured, since it is for several calls.
                try await inspect(nil)
            }
        } catch let refusal as QueueRefusal {
            throw ChatStorageError(refusal)
        }
    }

    /// Looks for the tables and checks their version; it only reads.
    private func inspect(_ meter: CallMeter?) async throws -> SchemaInspection.Location {
        let request = SchemaInspection.request(schema: configuration.schema)
        let inspection = try SchemaInspection(await result(of: request, meter))
        try inspection.checkSettings()
        let location = try inspection.location()
        guard case .present(let schema, _) = location else { return location }
        do {
            let definition = SchemaDefinition(schema, versions)
            let found = try await result(of: definition.readVersion, meter)
            let version = try definition.check(version: found)
            if version < definition.version { return .outdated(schema, version: version) }
            let roles = try found.rows.first?.optionalTexts(2) ?? []
            if !StoredRoles.missing(of: configuration.roles, in: roles).isEmpty {
                return .narrow(schema, roles: roles)
            }
        } catch let error as ChatStorageError where error.cause?.code == "42703" {
            throw ChatStorageError(
                .schemaMismatch,
                """
                the table \(SchemaDefinition.versionTable) is not as the library makes it: another program made it, or \
                a version from before the library's first release
                """,
                cause: error.cause)
        } catch {
            throw MissingPrivilege.reading.explaining(error, in: schema)
        }
        return location
    }
}

extension ChatStorageError {
    /// Whether a statement does not fit the tables: class 42, except errors that have a code of their own.
    fileprivate var isOfOtherTables: Bool { code == .schemaMismatch && cause?.code.hasPrefix("42") == true }

    /// Whether PostgreSQL says that a table, schema or type exists already.
    fileprivate var isOfExistingObject: Bool {
        ["42P07", "42P06", "42710", "23505"].contains(cause?.code)
    }
}
