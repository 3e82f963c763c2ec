import ChatStorageCore
import Synchronization

/// The limit in memory: a lock around a dictionary of arrays.
final class MemoryLimit: Sendable {
    private let conversations: Mutex<[ConversationID: [Message]]>

    init(_ conversations: [ConversationID: [Message]]) {
        self.conversations = Mutex(conversations)
    }

    func append(_ message: ChatMessage, to id: ConversationID) -> Message {
        conversations.withLock { Self.append(message, to: id, in: &$0[id, default: []]) }
    }

    private static func append(
        _ message: ChatMessage, to id: ConversationID, in messages: inout [Message]
    ) -> Message {
        let stored = Message(
            conversationID: id, sequence: Int64(messages.count) + 1, role: message.role, content: message.content,
            createdAt: .now())
        messages.append(stored)
        return stored
    }

    func lastMessages(of id: ConversationID, limit: Int) -> [Message] {
        conversations.withLock { conversations in
            guard let messages = conversations[id] else { return [] }
            return Array(messages[max(messages.count - limit, 0)...])
        }
    }
}

struct MemoryLimitAppend: Operation {
    let limit: MemoryLimit

    func call(_ load: inout Load) async throws {
        load.seen &+= Int(limit.append(load.message(), to: load.id()).sequence)
    }
}

struct MemoryLimitReadLast: Operation {
    let limit: MemoryLimit

    func call(_ load: inout Load) async throws {
        load.seen &+= limit.lastMessages(of: load.id(), limit: 20).count
    }
}
