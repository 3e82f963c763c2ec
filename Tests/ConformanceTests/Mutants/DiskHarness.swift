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
        /// The tenants that were asked for, by the bytes of their names; nil is the default one.
        var tenants: Set<[UInt8]?> = []
        var disk: [[UInt8]?: [ConversationSnapshot]] = [:]
    }

    private let saves: DiskHarness.Saving
    private let fault: Mutant.Fault
    private let state = Mutex(State())

    init(saves: DiskHarness.Saving, fault: @escaping Mutant.Fault) {
        self.saves = saves
        self.fault = fault
    }

    func handles(_ count: Int) -> [any ChatStorageBackend] { Array(repeating: handle(), count: count) }

    func reopen() async throws -> any ChatStorageBackend {
        if saves == .always, !state.withLock(\.isClosed) { try await save() }
        let memory = InMemoryBackend()
        try await memory.prepare()
        for (tenant, conversations) in state.withLock(\.disk) {
            let chats = memory.storage(of: tenant)
            for snapshot in conversations { try await chats.restoreConversation(snapshot) }
        }
        state.withLock { state in
            state.memory = memory
            state.isClosed = false
        }
        return handle()
    }

    func remove() {}

    private func handle() -> any ChatStorageBackend {
        let backend = DiskBackend(memory: state.withLock(\.memory), store: self)
        return InterceptedBackend(backend, interceptor: FaultInterceptor(Mutant("", fault: fault), in: backend.memory))
    }

    fileprivate func note(_ tenant: String?) {
        state.withLock { _ = $0.tenants.insert(tenant.map { Array($0.utf8) }) }
    }

    fileprivate func close(_ memory: InMemoryBackend) async throws {
        if state.withLock({ $0.memory === memory && !$0.isClosed }) { try? await save() }
        state.withLock { if $0.memory === memory { $0.isClosed = true } }
        try await memory.close()
    }

    private func save() async throws {
        let (memory, tenants) = state.withLock { ($0.memory, $0.tenants) }
        for tenant in tenants {
            let chats = memory.storage(of: tenant)
            // A name that is none was asked for too.
            guard (try? await chats.conversations(limit: 0)) != nil else { continue }
            var conversations: [ConversationSnapshot] = []
            for conversation in try await chats.conversations(limit: .max) {
                let messages = try await chats.messages(of: conversation.id, limit: .max)
                conversations.append(
                    ConversationSnapshot(
                        id: conversation.id, title: conversation.title, createdAt: conversation.createdAt,
                        updatedAt: messages.last.map { max($0.createdAt, conversation.updatedAt) }
                            ?? conversation.updatedAt,
                        lastSequence: max(conversation.lastSequence, messages.last?.sequence ?? 0),
                        messages: messages.map {
                            .init($0)
                        }))
            }
            state.withLock { $0.disk[tenant] = conversations }
        }
    }
}

private struct DiskBackend: ChatStorageBackend {
    let memory: InMemoryBackend
    let store: DiskStore

    var capabilities: Capabilities { .durable }

    func prepare(_ preparation: Preparation) async throws { try await memory.prepare(preparation) }

    func close() async throws { try await store.close(memory) }

    var defaultTenant: InMemoryTenant {
        store.note(nil)
        return memory.defaultTenant
    }

    func tenant(_ name: String) -> InMemoryTenant {
        store.note(name)
        return memory.tenant(name)
    }
}

extension InMemoryBackend {
    /// The handle on the tenant of a name's bytes; nil names the default one.
    fileprivate func storage(of tenant: [UInt8]?) -> InMemoryTenant {
        tenant.map { self.tenant(String(decoding: $0, as: UTF8.self)) } ?? defaultTenant
    }
}
