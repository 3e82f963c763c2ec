import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite
import ChatStorageTransfer

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

extension StoreOptions {
    /// Opens the store, and makes it ready as far as the command may.
    func openBackend(for use: Use) async throws -> any ChatStorageBackend {
        let url = try url
        let backend: any ChatStorageBackend
        switch url {
        case .memory:
            backend = InMemoryBackend()
            // This store begins with the process, so there is nothing to be careful with.
            try await backend.prepare()
            return backend
        case .sqlite(let path):
            if use != .filling { try Self.checkExistence(of: path) }
            do {
                backend = try await SQLiteBackend(path: path)
            } catch {
                throw naming(error)
            }
        case .postgres(let url):
            backend = try await PostgresBackend(url: url)
        }
        guard use != .reading else { return backend }
        do {
            try await backend.prepare()
            return backend
        } catch {
            try? await backend.close()
            throw naming(error)
        }
    }

    private static func checkExistence(of path: String) throws {
        guard access(path, F_OK) != 0 else { return }
        let name = TerminalText.line(path)
        switch errno {
        case ENOENT, ENOTDIR: throw Failure("there is no store at \(name); import or add makes one")
        case let code: throw Failure("\(name): cannot be reached: \(SystemError(code))")
        }
    }

    /// Whether an error says something about the database as a whole and not about a call's arguments.
    func isAboutStore(_ error: any Error) -> Bool {
        guard let error = error as? ChatStorageError else { return false }
        return [.unavailable, .accessDenied, .readOnly, .damaged, .schemaTooNew, .schemaMismatch].contains(error.code)
    }

    /// The error with the name of the store's file before its sentence.
    func naming(_ error: any Error) -> any Error {
        guard let error = error as? ChatStorageError, case .sqlite(let path)? = try? url else { return error }
        return Failure("\(TerminalText.line(path)): \(Failure.sentence(about: error))")
    }

    /// Which store it is.
    var url: StoreURL {
        get throws { try StoreURL(text) }
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
