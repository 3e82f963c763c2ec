import ChatStorageCore

/// The code of the guide to servers, as it stands there.
enum ServerExamples {
    struct Unauthorized: Error {}

    /// A request as a web framework gives it.
    struct Request: Sendable {
        var bearerToken: String?
        var idempotencyKey: String?
    }

    struct Routes<Backend: ChatStorageBackend>: Sendable {
        let backend: Backend
        /// The user of each token.
        let users: [String: String]

        /// The chats of the user who makes a request; a request that proves no user gets none.
        func chats(for request: Request) throws -> Backend.Tenant {
            guard let token = request.bearerToken, let user = users[token] else { throw Unauthorized() }
            return backend.tenant(user)
        }
    }

    static func administration(_ backend: some ChatStorageBackend, since time: Timestamp) async throws {
        for tenant in try await backend.allTenants() {
            try await backend.deleteConversations(ofTenant: tenant.name, updatedBefore: time, without: ["pinned"])
        }
        let erased = try await backend.eraseTenant("user-42")
        print("\(erased.conversations) conversations are gone")
    }
}

extension ServerExamples.Routes {
    @discardableResult
    func post(_ text: String, in id: ConversationID, _ request: ServerExamples.Request) async throws -> Message {
        try await store(text, in: id, of: chats(for: request), key: request.idempotencyKey)
    }

    /// Stores a question once, however often the client sends it.
    func store(
        _ question: String, in id: ConversationID, of chats: some ChatStorage, key: String?
    ) async throws -> Message {
        try await chats.append(.user(question, key: key), to: id, retrying: .standard)
    }
}
