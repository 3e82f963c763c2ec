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
    var saves = Saving.always
    /// Whether it ends the answers under way before it closes, as it must.
    var endsAnswers = true
    var fault: Mutant.Fault = { call, base, _ in try await call.perform(on: base) }

    func makeStore() -> any ConformanceStore { DiskStore(self) }
}

private final class DiskStore: ConformanceStore {
    private struct State {
        var memory = InMemoryBackend()
        var isClosed = false
        var disk = InMemoryBackend()
    }

    private let harness: DiskHarness
    private let state = Mutex(State())

    init(_ harness: DiskHarness) { self.harness = harness }

    func handles(_ count: Int) -> [any ChatStorageBackend] { Array(repeating: handle(), count: count) }

    func handle(taking roles: RoleSet) -> any ChatStorageBackend { InMemoryBackend(roles: roles) }

    func reopen() -> any ChatStorageBackend {
        state.withLock { state in
            if harness.saves == .always, !state.isClosed { state.disk = state.memory.copy() }
            state.memory = state.disk.copy()
            state.isClosed = false
        }
        return handle()
    }

    func remove() {}

    private func handle() -> any ChatStorageBackend {
        let backend = DiskBackend(base: state.withLock(\.memory), store: self)
        let interceptor = FaultInterceptor(Mutant("", fault: harness.fault), in: backend.base)
        return InterceptedBackend(backend, interceptor: interceptor)
    }

    fileprivate func close(_ memory: InMemoryBackend) async throws {
        if harness.endsAnswers { await memory.endingAnswers.wait() }
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
