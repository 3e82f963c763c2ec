import ChatStorageConformance
import ChatStorageConformanceTesting
import ChatStorageCore
import ChatStorageInMemory
import ChatStorageServices
import CoreMetrics
import InMemoryTracing
import Testing

/// Stores in memory that are traced, logged and counted.
private struct WrappedHarness: ConformanceHarness {
    let name = "memory, wrapped"

    func makeStore() throws -> any ConformanceStore { try Store() }

    private struct Store: ConformanceStore {
        private let backend: InterceptedBackend

        init() throws { backend = try Self.open() }

        private static func open(roles: RoleSet = .standard) throws -> InterceptedBackend {
            let observer = StorageObservers([
                LoggingObserver(Log().logger, system: .memory),
                MetricsObserver(system: .memory, factory: NOOPMetricsHandler.instance),
            ])
            return try InMemoryBackend(.init(roles: roles, observer: observer))
                .traced(as: .memory, by: InMemoryTracer())
        }

        func handles(_ count: Int) -> [any ChatStorageBackend] { Array(repeating: backend, count: count) }

        func handle(taking roles: RoleSet) throws -> any ChatStorageBackend { try Self.open(roles: roles) }

        func reopen() throws -> any ChatStorageBackend { try Self.open() }

        func remove() {}
    }
}

/// Whatever is around a store, it keeps the contract.
@Suite(.serialized) struct WrappedConformanceTests {
    @Test(arguments: ConformanceSuite.checks)
    func conforms(_ check: Check) async {
        await expectConformance(check, of: WrappedHarness())
    }
}
