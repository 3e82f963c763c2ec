import ChatStorageCore
import ChatStorageInMemory
import ChatStorageJSON
import TestSupport
import Testing

@testable import chatstorage

@Suite("stats")
struct StatisticsTests {
    @Test("messages of all branches are counted, also where the head is elsewhere")
    func branches() async throws {
        let backend = InMemoryBackend()
        try await backend.prepare()
        try await backend.append([.user("12"), .assistant("3")], to: "c")
        try await backend.append(.user("456"), to: "c", .insteadOf(1))
        try await backend.append([.user("x"), .user("y")], to: "d")
        try await backend.updateConversation("c", .head(0))
        let json = String(decoding: try await Statistics(of: nil, in: backend).json.bytes, as: UTF8.self)
        #expect(
            json.hasPrefix(#"{"conversations": 2, "messages": 5, "bytes": 8, "roles": {"assistant": 1, "user": 4}"#))
        #expect(json.contains(#""longest": {"conversation_id": "c", "messages": 3}"#), "\(json)")
        try await backend.removeMessages([2], of: "c")
        let less = String(decoding: try await Statistics(of: nil, in: backend).json.bytes, as: UTF8.self)
        #expect(less.hasPrefix(#"{"conversations": 2, "messages": 4, "bytes": 7, "roles": {"user": 4}"#), "\(less)")
    }

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
