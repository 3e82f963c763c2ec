import ChatStorageBackends
import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite
import ChatStorageSupport

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

extension StoreLocation {
    /// Opens the store, and makes it ready as far as the command may.
    ///
    /// - Returns: The backend and the roles that it takes.
    func openBackend(
        for use: Use, taking roles: Roles, immutable: Bool
    ) async throws -> (any ChatStorageBackend, RoleSet) {
        let url = try url
        try checkPostgresOptions(for: url)
        if immutable, url.sqlitePath == nil {
            throw Failure("--immutable is for a SQLite file only", status: Failure.usage)
        }
        // A store in memory begins with the process, so it can take all roles and be prepared at once.
        if url.sqlitePath == nil, url.postgresURI == nil {
            let taken: RoleSet = roles == .withTools || roles == .thoseOfStoreOrWithTools ? .withTools : .standard
            let backend = InMemoryBackend(roles: taken)
            try await backend.prepare()
            return (backend, taken)
        }
        let plain = try await makeBackend(url, immutable: immutable, roles: .standard)
        if let path = url.sqlitePath { try Self.checkFile(path, for: use) }
        let opened = try await closingAfterErrors([plain]) {
            try await widened(plain, to: roles, url, for: use, immutable)
        }
        guard use == .changing || use == .filling else { return opened }
        try await closingAfterErrors([opened.0]) { try await prepare(opened.0) }
        return opened
    }

    /// Makes a handle on the store, and touches nothing.
    private func makeBackend(
        _ url: StoreURL, immutable: Bool, roles: RoleSet
    ) async throws -> any ChatStorageBackend {
        do {
            return try await openChatStorage(
                url, roles: roles, sqlite: { if immutable { $0.access = .immutable } },
                postgres: { configuration in
                    configuration.schema = schema
                    configuration.isBehindPooler = pooler
                })
        } catch {
            throw naming(error)
        }
    }

    /// The handle that takes the roles that a command wants, if the store takes them or will.
    private func widened(
        _ plain: any ChatStorageBackend, to wanted: Roles, _ url: StoreURL, for use: Use, _ immutable: Bool
    ) async throws -> (any ChatStorageBackend, RoleSet) {
        guard wanted != .standard else { return (plain, .standard) }
        let wide = try await makeBackend(url, immutable: immutable, roles: .withTools)
        // A handle that takes more than the store cannot even read it, until it is prepared.
        let isWide = try await closingAfterErrors([wide]) { try await isReady(wide) }
        let isNew = wanted == .thoseOfStoreOrWithTools && (url.sqlitePath.map(Self.isNew) ?? false)
        guard isWide || wanted == .withTools || isNew else {
            try await wide.close()
            return (plain, .standard)
        }
        if !isWide, use == .fillingLater {
            return (InterceptedBackend(wide, interceptor: LaterWidening(reader: plain)), .withTools)
        }
        try await plain.close()
        return (wide, .withTools)
    }

    /// Whether the store has all that a handle needs.
    private func isReady(_ backend: any ChatStorageBackend) async throws -> Bool {
        do {
            try await backend.prepare(.verify)
            return true
        } catch let error as ChatStorageError where error.code == .notPrepared {
            return false
        } catch {
            throw naming(error)
        }
    }

    /// Closes handles if the body fails.
    private func closingAfterErrors<Result>(
        _ backends: [any ChatStorageBackend], _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch {
            for backend in backends { try? await backend.close() }
            throw error
        }
    }

    /// Makes the store's tables if they are not there, or migrates them.
    func prepare(_ backend: any ChatStorageBackend) async throws {
        do {
            try await backend.prepare()
        } catch {
            throw naming(error)
        }
    }

    /// Makes a read that returns nothing, so that a fault of the store is not taken for a mistake in a message.
    ///
    /// - Throws: The store's error, with the name of its file; none if the store does not exist yet.
    func checkIsReadable(_ backend: any ChatStorageBackend) async throws {
        do {
            _ = try await backend.conversations(limit: 0)
        } catch let error as ChatStorageError where error.code == .notPrepared {
            return
        } catch {
            throw naming(error)
        }
    }

    /// Refuses options of PostgreSQL for another store.
    func checkPostgresOptions(for url: StoreURL) throws {
        if url.postgresURI != nil {
            guard schema?.isEmpty != true else { throw Failure("--schema is empty") }
            return
        }
        guard schema == nil, !pooler else {
            throw Failure("\(pooler ? "--pooler" : "--schema") is for a PostgreSQL store only", status: Failure.usage)
        }
    }

    /// How a PostgreSQL store is opened.
    func postgresConfiguration(_ url: String) -> PostgresBackend.Configuration {
        var configuration = PostgresBackend.Configuration(url: url)
        configuration.schema = schema
        configuration.isBehindPooler = pooler
        return configuration
    }

    /// Refuses files that SQLite would refuse in less clear words, or create.
    static func checkFile(_ path: String, for use: Use) throws {
        var information = stat()
        if stat(path, &information) == 0 {
            switch information.st_mode & S_IFMT {
            case S_IFREG: break
            case S_IFDIR: throw Failure("\(TerminalText.line(path)) is a folder and not a database file")
            default: throw Failure("\(TerminalText.line(path)) is a device or a pipe and not a database file")
            }
            return
        }
        let code = errno
        let isToExist = use == .reading || use == .changing
        guard isToExist || use == .fillingLater else { return }
        if stat(folder(of: path), &information) != 0, errno == ENOENT {
            throw Failure("\(TerminalText.line(path)): the folder of the database file does not exist")
        }
        guard isToExist else { return }
        switch code {
        case ENOENT, ENOTDIR: throw MissingStore(path: path)
        default: throw Failure("\(TerminalText.line(path)): cannot be reached: \(SystemError(code))")
        }
    }

    /// Whether a file is empty or missing.
    private static func isNew(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 ? information.st_size == 0 : errno == ENOENT
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    }

    /// Whether an error is about the database as a whole and not about a call's arguments.
    func isAboutStore(_ error: any Error) -> Bool {
        guard let error = error as? ChatStorageError else { return false }
        return [.unavailable, .accessDenied, .readOnly, .damaged, .schemaTooNew, .schemaMismatch].contains(error.code)
    }

    /// The error with the name of the store's file before its sentence.
    func naming(_ error: any Error) -> any Error {
        guard let error = error as? ChatStorageError, let path = (try? url)?.sqlitePath else { return error }
        return Failure("\(TerminalText.line(path)): \(Failure.sentence(about: error))")
    }

    /// Which store it is.
    var url: StoreURL {
        get throws {
            let text = try text
            do {
                return try StoreURL(text)
            } catch {
                throw Failure(Failure.sentence(about: error), status: Failure.usage)
            }
        }
    }

    /// Its URL, wherever it was given.
    var text: String {
        get throws { try store ?? environmentURL() ?? "sqlite:chat.db" }
    }

    private func environmentURL() throws -> String? {
        guard let value = getenv("CHATSTORAGE_URL"), value.pointee != 0 else { return nil }
        guard let url = String(validatingCString: value) else {
            throw Failure("CHATSTORAGE_URL is not valid UTF-8", status: Failure.usage)
        }
        return url
    }
}
