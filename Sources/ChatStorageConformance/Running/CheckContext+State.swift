import ChatStorageCore

/// Everything that a tenant's handle shows of its conversations.
struct TenantState: Equatable {
    var conversations: [Conversation]
    var messages: [[Message]]

    /// Reads it, with one call per conversation and one for the list.
    init(of storage: some ChatStorage) async throws {
        conversations = try await storage.conversations(limit: 1_000)
        messages = []
        for conversation in conversations {
            messages.append(try await storage.messages(of: conversation.id, limit: 1_000_000))
        }
    }
}

extension CheckContext {
    /// Records a failure if the body changes the tenant's data.
    func expectUnchanged(
        _ storage: some ChatStorage, _ expectation: String, file: String = #fileID, line: Int = #line,
        during body: () async throws -> Void
    ) async throws {
        let before = try await TenantState(of: storage)
        try await body()
        let after = try await TenantState(of: storage)
        expect(after.conversations, equals: before.conversations, expectation, file: file, line: line)
        expect(
            after.messages.flatMap(\.self), equals: before.messages.flatMap(\.self), expectation, file: file, line: line
        )
    }

    /// Records a failure unless a conversation has these contents, in this order.
    func expectContents(
        of id: ConversationID, in storage: some ChatStorage, equal contents: [String], _ expectation: String,
        file: String = #fileID, line: Int = #line
    ) async throws {
        let messages = try await storage.messages(of: id, limit: 1_000_000)
        expect(
            messages.map { Array($0.content.utf8) } == contents.map { Array($0.utf8) }, expectation,
            actual: summary(of: messages.map(\.content)), file: file, line: line)
    }
}
