import ChatStorageCore
import Testing

@testable import ChatStorageInMemory

/// What a store keeps of its tenants.
@Suite struct TenantTests {
    /// More than are kept before the store looks for some to forget.
    private static let many = 3_000

    private struct Weak {
        weak var tenant: InMemoryStore.Tenant?
    }

    @Test func tenantsWithoutConversationsAndHandlesAreForgotten() async throws {
        let backend = InMemoryBackend()
        try await backend.prepare()
        let empty = Weak(tenant: backend.tenant("empty").tenant)
        let cleared = Weak(tenant: backend.tenant("cleared").tenant)
        try await backend.tenant("cleared").append(.user("x"), to: "c")
        #expect(cleared.tenant != nil)
        try await backend.tenant("cleared").deleteConversation("c")
        for number in 0..<Self.many { _ = backend.tenant("tenant \(number)") }
        #expect(empty.tenant == nil)
        #expect(cleared.tenant == nil)
    }

    @Test func handlesAndConversationsOutliveManyOtherTenants() async throws {
        let backend = InMemoryBackend()
        try await backend.prepare()
        let handle = backend.tenant("with a handle")
        try await backend.tenant("with a conversation").append(.user("stored"), to: "c")
        for number in 0..<Self.many { _ = backend.tenant("tenant \(number)") }
        try await handle.append(.user("by the old handle"), to: "c")
        #expect(try await backend.tenant("with a handle").history(of: "c") == [.user("by the old handle")])
        #expect(try await backend.tenant("with a conversation").history(of: "c") == [.user("stored")])
    }

    @Test func closingFreesWhatHandlesReach() async throws {
        let backend = InMemoryBackend()
        try await backend.prepare()
        let handle = backend.tenant("t")
        try await handle.append(.user("x"), to: "c")
        try await backend.append(.user("x"), to: "c")
        try await backend.close()
        await #expect { try await handle.conversation("c") } throws: { ($0 as? ChatStorageError)?.code == .closed }
        #expect(handle.tenant.conversations.isEmpty)
        #expect(backend.defaultTenant.tenant.conversations.isEmpty)
    }
}
