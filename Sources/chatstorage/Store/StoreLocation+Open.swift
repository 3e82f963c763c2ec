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
    func openBackend(for use: Use, immutable: Bool) async throws -> any ChatStorageBackend {
        let url = try url
        let backend: any ChatStorageBackend
        try checkPostgresOptions(for: url)
        if immutable, url.sqlitePath == nil {
            throw Failure("--immutable is for a SQLite file only", status: Failure.usage)
        }
        if let path = url.sqlitePath {
            do {
                var configuration = SQLiteBackend.Configuration(path: path)
                if immutable { configuration.access = .immutable }
                backend = try await SQLiteBackend(configuration)
            } catch {
                throw naming(error)
            }
            try Self.checkFile(path, for: use)
        } else if let connection = url.postgresURI {
            backend = try await PostgresBackend(postgresConfiguration(connection))
        } else {
            backend = InMemoryBackend()
            // This store begins with the process, so there is nothing to be careful with.
            try await backend.prepare()
            return backend
        }
        guard use == .changing || use == .filling else { return backend }
        do {
            try await prepare(backend)
            return backend
        } catch {
            try? await backend.close()
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

    /// Refuses what SQLite would refuse with less clear words, or make.
    private static func checkFile(_ path: String, for use: Use) throws {
        var information = stat()
        if stat(path, &information) == 0 {
            switch information.st_mode & S_IFMT {
            case S_IFREG: break
            case S_IFDIR: throw Failure("\(TerminalText.line(path)) is a folder and not a database file")
            default: throw Failure("\(TerminalText.line(path)) is a device or a pipe and not a database file")
            }
        } else if use == .reading || use == .changing {
            switch errno {
            case ENOENT, ENOTDIR: throw MissingStore(path: path)
            case let code: throw Failure("\(TerminalText.line(path)): cannot be reached: \(SystemError(code))")
            }
        } else if use == .fillingLater, stat(folder(of: path), &information) != 0, errno == ENOENT {
            throw Failure("\(TerminalText.line(path)): the folder of the database file does not exist")
        }
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    }

    /// Whether an error says something about the database as a whole and not about a call's arguments.
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
