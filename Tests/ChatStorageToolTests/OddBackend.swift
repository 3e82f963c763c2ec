import ChatStorageCore

/// A backend that breaks the rule of the protocol: it throws errors of its own.
struct OddBackend: ChatStorageBackend {
    struct OddError: Error, CustomStringConvertible {
        var description: String { "secret" }
    }

    struct Tenant: ChatStorage {
        func createConversation(_ id: ConversationID, title: String?) async throws -> Conversation { throw OddError() }
        func conversation(_ id: ConversationID) async throws -> Conversation? { throw OddError() }
        func getOrCreateConversation(_ id: ConversationID, title: String?) async throws -> Conversation {
            throw OddError()
        }
        func updateTitle(of id: ConversationID, to title: String?) async throws -> Conversation? { throw OddError() }
        func deleteConversation(_ id: ConversationID) async throws -> Bool { throw OddError() }
        func conversations(after cursor: ConversationCursor?, limit: Int) async throws -> ConversationPage {
            throw OddError()
        }
        func append(
            _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition
        ) async throws -> [Message] { throw OddError() }
        func messages(of id: ConversationID, _ position: MessagePosition, limit: Int) async throws -> [Message] {
            throw OddError()
        }
        func clearMessages(of id: ConversationID) async throws -> Int { throw OddError() }
        func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation { throw OddError() }
    }

    var capabilities: Capabilities { [] }

    func prepare() async throws {}
    func close() async throws {}
    func tenant(_ name: String) -> Tenant { Tenant() }
}
