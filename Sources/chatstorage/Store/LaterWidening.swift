import ChatStorageCore
import ChatStorageSupport
import Synchronization

/// A handle that takes more roles than the store; another one reads the store until the first write prepares it.
///
/// Before that, a handle that takes more roles cannot even read the store.
final class LaterWidening: StorageInterceptor {
    private let reader: any ChatStorageBackend
    private let isPrepared = Mutex(false)

    /// - Parameter reader: A handle on the same store that takes the roles of plain chats.
    init(reader: any ChatStorageBackend) {
        self.reader = reader
    }

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        let needsBase = isPrepared.withLock(\.self) || call.writes
        return try await call.perform(on: needsBase ? base : reader.storage(of: tenant))
    }

    func prepare(_ base: any ChatStorageBackend, _ preparation: Preparation) async throws {
        try await base.prepare(preparation)
        isPrepared.withLock { $0 = true }
    }

    func close(_ base: any ChatStorageBackend) async throws {
        // The other handle is closed even if this one fails to close.
        let reader = await Result.catching { try await self.reader.close() }
        try await base.close()
        try reader.get()
    }
}
