import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import Synchronization

/// Durable stores in memory, each with what is on its disk, and with a fault in either.
struct DiskHarness: ConformanceHarness {
    enum Saving {
        /// What was written is on the disk at once, as it must be.
        case always
        case inClose
    }

    let name = "a store with a disk"
    let saves: Saving
    var fault: Mutant.Fault = { call, base, _ in try await call.perform(on: base) }

    func makeStore() -> any ConformanceStore { DiskStore(saves: saves, fault: fault) }
}

private final class DiskStore: ConformanceStore {
    private struct State {
        var memory = InMemoryBackend()
        var isClosed = false
        var disk = InMemoryBackend()
    }

    private let saves: DiskHarness.Saving
    private let fault: Mutant.Fault
    private let state = Mutex(State())

    init(saves: DiskHarness.Saving, fault: @escaping Mutant.Fault) {
        self.saves = saves
        self.fault = fault
    }

    func handles(_ count: Int) -> [any ChatStorageBackend] { Array(repeating: handle(), count: count) }

    func handle(taking roles: RoleSet) -> any ChatStorageBackend { InMemoryBackend(roles: roles) }

    func reopen() -> any ChatStorageBackend {
        state.withLock { state in
            if saves == .always, !state.isClosed { state.disk = state.memory.copy() }
            state.memory = state.disk.copy()
            state.isClosed = false
        }
        return handle()
    }

    func remove() {}

    private func handle() -> any ChatStorageBackend {
        let backend = DiskBackend(memory: state.withLock(\.memory), store: self)
        return InterceptedBackend(backend, interceptor: FaultInterceptor(Mutant("", fault: fault), in: backend.memory))
    }

    fileprivate func close(_ memory: InMemoryBackend) async throws {
        state.withLock { state in
            guard state.memory === memory, !state.isClosed else { return }
            state.disk = memory.copy()
            state.isClosed = true
        }
        try await memory.close()
    }
}

private struct DiskBackend: ChatStorageBackend {
    let memory: InMemoryBackend
    let store: DiskStore

    var capabilities: Capabilities { .durable }

    func prepare(_ preparation: Preparation) async throws { try await memory.prepare(preparation) }

    func close() async throws { try await store.close(memory) }

    func tenants(_ query: TenantQuery) async throws -> TenantPage { try await memory.tenants(query) }

    func unfinishedMessages(_ query: UnfinishedQuery) async throws -> UnfinishedPage {
        try await memory.unfinishedMessages(query)
    }

    func statistics() async throws -> StorageStatistics { try await memory.statistics() }

    var defaultTenant: InMemoryTenant { memory.defaultTenant }

    func tenant(_ name: String) -> InMemoryTenant { memory.tenant(name) }
}
