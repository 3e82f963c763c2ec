import ChatStorageCore
import ChatStorageSQLite
import TestSupport

/// A suite whose tests each have a folder of their own with a store's file, `chat.db`.
protocol SQLiteSuite {
    var folder: TemporaryFolder { get }
}

extension SQLiteSuite {
    /// The store's file.
    var path: String { folder.path(of: "chat.db") }

    /// Opens the store and prepares it.
    func open(_ adjust: (inout SQLiteBackend.Configuration) -> Void = { _ in }) async throws -> SQLiteBackend {
        try await folder.openStore(adjust)
    }

    /// Runs statements past the library, on a connection of their own.
    @discardableResult func execute(_ sql: String) throws -> [[String?]] {
        try TestSQLiteConnection(path: path).execute(sql)
    }
}

extension TemporaryFolder {
    /// Opens the store in the file `chat.db` and prepares it.
    func openStore(_ adjust: (inout SQLiteBackend.Configuration) -> Void = { _ in }) async throws -> SQLiteBackend {
        var configuration = SQLiteBackend.Configuration(path: path(of: "chat.db"))
        adjust(&configuration)
        let backend = try await SQLiteBackend(configuration)
        try await backend.prepare()
        return backend
    }
}
