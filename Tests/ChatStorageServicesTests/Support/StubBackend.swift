import ChatStorageCore
import ChatStorageInMemory
import Synchronization

/// A store in memory that fails as a test says, and notes when it is prepared and closed.
final class StubBackend: StorageInterceptor {
    private struct State {
        var preparations: [ChatStorageError] = []
        var failure: ChatStorageError?
        var events: [String] = []
    }

    private let state = Mutex(State())
    let memory: InMemoryBackend

    /// - Parameter preparations: What the first attempts to prepare it throw.
    init(_ memory: InMemoryBackend = InMemoryBackend(), preparations: [ChatStorageError] = []) {
        self.memory = memory
        state.withLock { $0.preparations = preparations }
    }

    var backend: InterceptedBackend { InterceptedBackend(memory, interceptor: self) }
    var events: [String] { state.withLock { $0.events } }

    /// What calls throw from now on.
    func fail(_ error: ChatStorageError?) { state.withLock { $0.failure = error } }

    func note(_ event: String) { state.withLock { $0.events.append(event) } }

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        return try await call.perform(on: base)
    }

    func prepare(_ base: any ChatStorageBackend, _ preparation: Preparation) async throws {
        note("prepare")
        let failure = state.withLock { $0.preparations.isEmpty ? nil : $0.preparations.removeFirst() }
        if let failure { throw failure }
        try await base.prepare(preparation)
    }

    func close(_ base: any ChatStorageBackend) async throws {
        note("close")
        try await base.close()
    }
}

extension ChatStorageError {
    static let outOfReach = ChatStorageError(
        .unavailable, "no connection", writeOutcome: .unknown, cause: Cause(engine: "PostgreSQL", code: "08006"))
}
