import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite

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
            guard use == .filling || access(path, F_OK) == 0 else {
                throw Failure("there is no store at \(TerminalText.line(path)); import or add makes one")
            }
            backend = try await SQLiteBackend(path: path)
        case .postgres(let url):
            backend = try await PostgresBackend(url: url)
        }
        guard use != .reading else { return backend }
        do {
            try await backend.prepare()
            return backend
        } catch {
            try? await backend.close()
            throw error
        }
    }

    /// Which store it is.
    var url: StoreURL {
        get throws { try StoreURL(store ?? environmentURL ?? "sqlite:chat.db") }
    }

    private var environmentURL: String? {
        guard let value = getenv("CHATSTORAGE_URL"), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
