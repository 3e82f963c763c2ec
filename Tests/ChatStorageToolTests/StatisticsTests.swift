import ChatStorageCore
import ChatStorageJSON
import TestSupport
import Testing

@testable import chatstorage

@Suite("stats")
struct StatisticsTests {
    @Test(
        "the other tenants that have conversations are counted, on every store", arguments: try TestBackends.selected())
    func otherTenants(store: TestBackends) async throws {
        try await store.withBackend { backend in
            func expectOthers(_ count: Int, than tenant: String?, line: Int = #line) async throws {
                let json = try await Statistics(of: tenant, in: backend).json
                #expect(
                    String(decoding: json.bytes, as: UTF8.self).hasSuffix(#", "other_tenants": \#(count)}"#), "\(line)")
            }
            try await backend.prepare()
            try await expectOthers(0, than: nil)
            for tenant in ["a", "b", "\u{e9}", "e\u{301}"] {
                for id in ["one", "two"] as [ConversationID] {
                    try await backend.storage(of: tenant).createConversation(id)
                }
            }
            _ = try await backend.storage(of: "nothing there").conversations(limit: 1)
            try await expectOthers(4, than: nil)
            try await expectOthers(3, than: "a")
            try await expectOthers(4, than: "nothing there")
            try await backend.createConversation("one")
            try await expectOthers(4, than: nil)
            try await expectOthers(4, than: "a")
        }
    }
}
