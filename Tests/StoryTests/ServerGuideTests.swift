import ChatStorageCore
import ChatStorageInMemory
import Testing

/// The example of the guide to servers does what the guide says.
@Suite struct ServerGuideTests {
    @Test func eachRequestReachesTheChatsOfItsUserAlone() async throws {
        let backend = InMemoryBackend.prepared()
        let routes = ServerExamples.Routes(backend: backend, users: ["a": "ada", "b": "bob", "n": ""])
        let first = ServerExamples.Request(bearerToken: "a", idempotencyKey: "1")
        let stored = try await routes.post("Hi", in: "trip", first)
        #expect(try await routes.post("Hi", in: "trip", first) == stored)
        try await routes.post("Hello", in: "trip", .init(bearerToken: "b"))
        #expect(try await backend.tenant("ada").history(of: "trip") == [.user("Hi")])
        #expect(try await backend.tenant("bob").history(of: "trip") == [.user("Hello")])
        for token in ["c", nil] {
            await #expect(throws: ServerExamples.Unauthorized.self) {
                try await routes.post("Hi", in: "trip", .init(bearerToken: token))
            }
        }
        // A missing claim opens no chats that others share.
        await #expect {
            try await routes.post("Hi", in: "trip", .init(bearerToken: "n"))
        } throws: {
            ($0 as? ChatStorageError)?.code == .invalidArgument
        }
        #expect(try await backend.allTenants().map(\.name) == ["ada", "bob"])
        try await ServerExamples.administration(backend, since: .latest)
        #expect(try await backend.tenants(TenantQuery()).items.isEmpty)
    }
}
