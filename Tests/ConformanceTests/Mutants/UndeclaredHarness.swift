import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import Synchronization

/// Stores in memory that declare nothing and have a capability all the same.
struct UndeclaredHarness: ConformanceHarness {
    let capability: Capabilities

    init(has capability: Capabilities) {
        self.capability = capability
    }

    let name = "a store that says less than it has"

    func makeStore() -> any ConformanceStore { Store(capability: capability) }

    private final class Store: ConformanceStore {
        private let capability: Capabilities
        private let backend = InMemoryBackend()
        private let schema = Schema()

        init(capability: Capabilities) {
            self.capability = capability
        }

        func handles(_ count: Int) -> [any ChatStorageBackend] {
            guard capability == .multiProcess else { return Array(repeating: handle(closes: true), count: count) }
            return (0..<count).map { _ in handle(closes: false) }
        }

        func reopen() -> any ChatStorageBackend { InMemoryBackend() }

        func remove() {}

        func writePastLibrary(_ write: RawWrite) async throws -> RawWrite.Outcome {
            switch write {
            case .insertMessage(let tenant, let id, _, let role, _) where capability == .engineConstraints:
                let exists =
                    try await (tenant.isEmpty ? backend.defaultTenant : backend.tenant(tenant)).conversation(id) != nil
                let isOfSet = Role.standard.contains(Role(rawValue: role))
                return exists && isOfSet ? .written : .refusedByConstraint
            case .recordNewerSchema where capability == .versionedSchema:
                schema.isNewer.withLock { $0 = true }
                return .written
            default:
                throw MissingFromHarness("such a write")
            }
        }

        private func handle(closes: Bool) -> any ChatStorageBackend {
            InterceptedBackend(backend, interceptor: Handle(schema: schema, closesStore: closes))
        }
    }

    private final class Schema: Sendable {
        let isNewer = Mutex(false)
    }

    /// One of several handles, whose closing leaves the store open, or the only one, which closes the store too.
    private final class Handle: StorageInterceptor {
        private let schema: Schema
        private let closesStore: Bool
        private let isClosed = Mutex(false)

        init(schema: Schema, closesStore: Bool) {
            self.schema = schema
            self.closesStore = closesStore
        }

        func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
            try check()
            return try await call.perform(on: base)
        }

        func prepare(_ base: any ChatStorageBackend, _ preparation: Preparation) async throws {
            try check()
            try await base.prepare(preparation)
        }

        func close(_ base: any ChatStorageBackend) async throws {
            isClosed.withLock { $0 = true }
            if closesStore { try await base.close() }
        }

        private func check() throws {
            guard !isClosed.withLock(\.self) else { throw ChatStorageError(.closed, "the handle is closed") }
            guard !schema.isNewer.withLock(\.self) else { throw ChatStorageError(.schemaTooNew, "the schema is newer") }
        }
    }
}
