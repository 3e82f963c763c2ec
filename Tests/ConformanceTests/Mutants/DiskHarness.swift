import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import TestSupport

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
        let backend = DiskBackend(base: state.withLock(\.memory), store: self)
        return InterceptedBackend(backend, interceptor: FaultInterceptor(Mutant("", fault: fault), in: backend.base))
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

private struct DiskBackend: ForwardingBackend {
    let base: InMemoryBackend
    let store: DiskStore

    var capabilities: Capabilities { .durable }

    func close() async throws { try await store.close(base) }
}
