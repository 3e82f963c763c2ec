import ChatStorageCore
import Synchronization

/// One open store: its connections, and whether its schema is there.
final class PostgresStore: Sendable {
    private enum Phase {
        case new, closed
        case ready(Statements)
    }

    private static let attemptsToPrepare = 5

    private let configuration: PostgresBackend.Configuration
    private let loop: EventLoop
    private let phase = Mutex(Phase.new)

    init(_ configuration: PostgresBackend.Configuration) throws {
        self.configuration = configuration
        loop = try EventLoop(configuration)
    }

    deinit {
        loop.abandon()
    }

    /// The statements for the schema, once it is known to be there; after the first time it costs a lock.
    func statements() async throws -> Statements {
        if let statements = try readyStatements() { return statements }
        switch try await inspect() {
        case .present(let schema): return try becomeReady(schema)
        case .absent: throw ChatStorageError(.notPrepared, "the store has no schema; call prepare() first")
        case .outdated(_, let version):
            throw ChatStorageError(
                .notPrepared,
                """
                the store's schema has version \(version) and not \(SchemaDefinition.version); call prepare() to \
                migrate it
                """)
        }
    }

    func prepare() async throws {
        if try readyStatements() != nil { return }
        for attempt in 1... {
            switch try await inspect() {
            case .present(let schema):
                _ = try becomeReady(schema)
                return
            case .outdated(let schema, _):
                let results: [QueryResult] = try await run(SchemaDefinition(schema).migration)
                try results.checkCommitted()
            case .absent(let schema, let exists):
                do {
                    _ = try await loop.run(SchemaDefinition(schema).creation(createsNamespace: !exists))
                } catch let error as ChatStorageError where error.isOfExistingObject && attempt < Self.attemptsToPrepare
                {
                    // Another process was first.
                }
            }
        }
    }

    func close() async {
        phase.withLock { $0 = .closed }
        await loop.close()
    }

    /// Runs a request.
    func run(_ request: Request) async throws -> [QueryResult] {
        guard case .results(let results) = try await answer(to: request) else {
            throw ChatStorageError(.damaged, "a statement has no result")
        }
        return results
    }

    /// Appends, alone or in one statement with others.
    func run(_ append: PlainAppend) async throws -> Appended {
        switch try await answer(to: append.request(append.statements.append, .append(append))) {
        case .appended(let appended): return appended
        case .results(let results):
            guard let result = results.first else { throw Appended.damage }
            return try result.appended(append.messages.count)
        }
    }

    private func answer(to request: Request) async throws -> Call.Answer {
        do {
            return try await loop.run(request)
        } catch let error as ChatStorageError where error.code == .notPrepared {
            phase.withLock { phase in
                if case .ready = phase { phase = .new }
            }
            throw error
        }
    }

    /// Runs a request of one statement.
    func run(_ request: Request) async throws -> QueryResult {
        let results: [QueryResult] = try await run(request)
        guard let result = results.first else { throw ChatStorageError(.damaged, "a statement has no result") }
        return result
    }

    private func readyStatements() throws -> Statements? {
        switch phase.withLock({ $0 }) {
        case .closed: throw ChatStorageError.closed
        case .ready(let statements): statements
        case .new: nil
        }
    }

    private func becomeReady(_ schema: SchemaName) throws -> Statements {
        let statements = Statements(schema)
        try phase.withLock { phase in
            if case .closed = phase { throw ChatStorageError.closed }
            phase = .ready(statements)
        }
        return statements
    }

    /// Looks for the tables and checks their version; it only reads.
    private func inspect() async throws -> SchemaInspection.Location {
        let inspection = try SchemaInspection(await run(SchemaInspection.request(schema: configuration.schema)))
        // A pooler's sessions are not set up by the library.
        guard !configuration.isBehindPooler || inspection.isolation == "read committed" else {
            throw ChatStorageError(
                .invalidArgument,
                """
                the server's default_transaction_isolation is \(inspection.isolation); behind a pooler it must be \
                read committed
                """)
        }
        let location = try inspection.location()
        guard case .present(let schema) = location else { return location }
        do {
            let version = try SchemaInspection.check(version: await run(SchemaDefinition(schema).readVersion))
            if version < SchemaDefinition.version { return .outdated(schema, version: version) }
        } catch let error as ChatStorageError where error.cause?.code == "42703" {
            throw ChatStorageError(
                .schemaMismatch, "the library did not make the table \(SchemaDefinition.versionTable)",
                cause: error.cause)
        }
        return location
    }
}

extension ChatStorageError {
    /// Whether PostgreSQL says that a table, schema or type exists already.
    fileprivate var isOfExistingObject: Bool {
        ["42P07", "42P06", "42710", "23505"].contains(cause?.code)
    }
}
