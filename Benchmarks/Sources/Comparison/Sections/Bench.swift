import ChatStorageCore
import Foundation

/// What a run has to work with.
struct Bench: Sendable {
    /// A folder on the disk that is measured; whoever started the run removes it.
    let folder: URL
    /// The server that is measured; without one nothing is measured on PostgreSQL.
    let postgres: PostgresPrograms?
    /// Chats for the import, as JSON Lines.
    let archive: String?
    /// A folder of providers' answers; without one their sizes are not printed.
    let samples: String?
    let isQuick: Bool

    /// A file that does not exist yet.
    func newFile(_ name: String) -> String {
        folder.appendingPathComponent("\(name)-\(UUID().uuidString).db").path
    }

    /// Removes a SQLite database and the files beside it.
    static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    static func log(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Fills a store with the conversations that every measurement begins with.
    static func fill(_ storage: some ChatStorage) async throws {
        for (index, id) in Load.ids.enumerated() { try await storage.append(Load.stored(index), to: id) }
    }
}
