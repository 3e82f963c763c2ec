import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory

/// Stores in the memory of this process.
struct InMemoryHarness: ConformanceHarness {
    let name = "memory"

    func makeStore() -> any ConformanceStore { Store() }

    func command(toRun checkID: String, seed: UInt64) -> String? {
        TestCommand.text(toRun: checkID, on: name, seed: seed)
    }

    private struct Store: ConformanceStore {
        private let backend = InMemoryBackend()

        func handles(_ count: Int) -> [any ChatStorageBackend] { Array(repeating: backend, count: count) }

        func handle(taking roles: RoleSet) -> any ChatStorageBackend { InMemoryBackend(roles: roles) }

        func reopen() -> any ChatStorageBackend { InMemoryBackend() }

        func remove() {}
    }
}
