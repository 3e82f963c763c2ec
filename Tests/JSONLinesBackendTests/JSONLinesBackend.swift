import ChatStorageCore
import Foundation
import Synchronization

/// Conversations as a folder of JSON Lines files, one file a conversation.
///
/// All of them are in memory while the store is open, and each change writes its conversation's file anew, so it suits
/// chats of some thousand messages, in one process.
final class JSONLinesBackend: ChatStorageBackend {
    private struct State {
        var isPrepared = false
        var isClosed = false
        var folder: ChatFolder
    }

    /// The roles that messages can have.
    let roles: RoleSet
    /// The answers that are being written; closing ends them.
    let endingAnswers = EndingAnswers()
    private let state: Mutex<State>
    /// Files are slow, and the threads that run Swift's tasks must not wait for them.
    private let queue = DispatchQueue(label: "JSON Lines files")

    /// Opens a store; without `survivesPowerLoss` it is faster, but a loss of power can take back the last writes.
    init(folder: URL, roles: RoleSet = .standard, survivesPowerLoss: Bool = true) {
        self.roles = roles
        state = Mutex(State(folder: ChatFolder(url: folder, survivesPowerLoss: survivesPowerLoss)))
    }

    /// One process at a time, no database that checks what is written past the library, and no schema.
    var capabilities: Capabilities { .durable }

    func prepare(_ preparation: Preparation) async throws {
        try await withState { state in
            guard !state.isClosed else { throw ChatStorageError(.closed, "the storage is closed") }
            guard !state.isPrepared else { return }
            try state.folder.load()
            state.isPrepared = true
        }
    }

    func close() async throws {
        await endingAnswers.wait()
        try await withState { $0.isClosed = true }
    }

    var defaultTenant: JSONLinesTenant {
        JSONLinesTenant(name: nil, backend: self)
    }

    func tenant(_ name: String) -> JSONLinesTenant {
        JSONLinesTenant(name: name, backend: self)
    }

    func tenants(_ query: TenantQuery) async throws -> TenantPage {
        try await call(nil) { folder in
            try Validation.check(query)
            return TenantPage(folder.tenants(after: query.after), limit: query.limit)
        }
    }

    func unfinishedMessages(_ query: UnfinishedQuery) async throws -> UnfinishedPage {
        try await call(nil) { folder in
            try Validation.check(query)
            let time = Timestamp.now() - query.notRevisedFor
            let unfinished = folder.unfinished(writtenBy: time).filter { unfinished in
                query.after.map { $0 < unfinished.place } ?? true
            }
            return UnfinishedPage(unfinished.sorted { $0.place < $1.place }, limit: query.limit)
        }
    }

    // There are no connections, and calls wait for the queue, whose length cannot be read.
    func statistics() async throws -> StorageStatistics {
        try await withState { state in
            guard !state.isClosed else { throw ChatStorageError(.closed, "the storage is closed") }
            return StorageStatistics()
        }
    }

    /// Runs a tenant's call, alone; the store's own state comes before all that can be wrong with the arguments.
    func call<Result: Sendable>(
        _ tenant: String?, _ body: @escaping @Sendable (inout ChatFolder) throws -> Result
    ) async throws -> Result {
        try Task.checkCancellation()
        return try await withState { state in
            guard !state.isClosed else { throw ChatStorageError(.closed, "the storage is closed") }
            guard state.isPrepared else { throw ChatStorageError(.notPrepared, "call prepare() first") }
            if let tenant { try Validation.check(tenant: tenant) }
            return try body(&state.folder)
        }
    }

    private func withState<Result: Sendable>(
        _ body: @escaping @Sendable (inout State) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try self.state.withLock { try body(&$0) } }) }
        }
    }
}
