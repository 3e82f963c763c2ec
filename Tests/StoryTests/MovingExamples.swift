import ChatStorageCore
import Foundation

/// The code of the guide for those who come from elsewhere, as it stands there.
enum MovingExamples {
    struct UnknownRole: Error {}

    /// A row of your own tables.
    struct OldMessage {
        var role: String
        var text: String
        var time: Date
    }

    static func move(
        _ rows: [OldMessage], title: String?, id: ConversationID, to chats: some ChatStorage
    ) async throws {
        let messages = rows.enumerated().map { index, row in
            ConversationSnapshot.Message(
                sequence: Int64(index + 1), role: Role(rawValue: row.role), content: row.text,
                createdAt: Timestamp(row.time))
        }
        guard let first = messages.first, let last = messages.last else { return }
        let snapshot = ConversationSnapshot(
            id: id, title: title, createdAt: first.createdAt, updatedAt: last.createdAt, messages: messages)
        do {
            try await chats.restoreConversation(snapshot)
        } catch let error as ChatStorageError where error.code == .conversationExists {
            // An earlier run has moved it.
        }
    }

    /// The column `message` of LangChain's tables.
    struct LangChainMessage: Decodable {
        struct Body: Decodable {
            var content: String
        }

        var type: String
        var data: Body

        var chatMessage: ChatMessage {
            get throws {
                switch type {
                case "human": .user(data.content)
                case "ai": .assistant(data.content)
                case "system": .system(data.content)
                default: throw UnknownRole()
                }
            }
        }
    }
}
