import ChatStorageCore

/// A backend of which every call fails, by default with an error of its own, which the protocol's rules forbid.
struct OddBackend: ChatStorageBackend {
    struct OddError: Error, CustomStringConvertible {
        var description: String { "secret" }
    }

    struct Tenant: ChatStorage {
        let error: any Error

        func createConversation(_ id: ConversationID, title: String?) async throws -> Conversation { throw error }
        func conversation(_ id: ConversationID) async throws -> Conversation? { throw error }
        func getOrCreateConversation(_ id: ConversationID, title: String?) async throws -> Conversation {
            throw error
        }
        func updateTitle(of id: ConversationID, to title: String?) async throws -> Conversation? { throw error }
        func deleteConversation(_ id: ConversationID) async throws -> Bool { throw error }
        func conversations(after cursor: ConversationCursor?, limit: Int) async throws -> ConversationPage {
            throw error
        }
        func append(
            _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition
        ) async throws -> [Message] { throw error }
        func messages(of id: ConversationID, _ position: MessagePosition, limit: Int) async throws -> [Message] {
            throw error
        }
        func clearMessages(of id: ConversationID) async throws -> Int { throw error }
        func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation { throw error }
    }

    var error: any Error = OddError()

    var capabilities: Capabilities { [] }

    func prepare() async throws {}
    func close() async throws {}
    var defaultTenant: Tenant { Tenant(error: error) }
    func tenant(_ name: String) -> Tenant { Tenant(error: error) }
}
