package import ChatStorageCore
import ChatStorageJSON

/// A conversation with all its messages as they were at one moment.
///
/// They are read by several calls. What is appended in between comes after the messages that the conversation had, and
/// is left out. A conversation that was cleared, or made again, or from which messages were removed, is read anew. A
/// message's metadata, and an answer that is being written, are as they were when that message was read.
package struct WholeConversation: Sendable {
    private static let attempts = 10

    package let conversation: Conversation
    /// The messages of all branches, lowest sequence first.
    package let messages: [Message]

    /// Reads a conversation; nil if it does not exist.
    ///
    /// - Throws: What `storage` throws; `ChatStorageError` with the code `conflict` if messages were removed each time
    ///   that it was read.
    package static func read(_ id: ConversationID, from storage: any ChatStorage) async throws -> WholeConversation? {
        guard var conversation = try await storage.conversation(id) else { return nil }
        for _ in 0..<attempts {
            var messages: [Message] = []
            for try await message in storage.allMessages(of: id, on: .all) {
                guard message.sequence <= conversation.lastSequence else { break }
                messages.append(message)
            }
            guard let now = try await storage.conversation(id) else { return nil }
            if now.hasKeptMessages(of: conversation), messages.count == conversation.messageCount {
                return WholeConversation(conversation: conversation, messages: messages)
            }
            conversation = now
        }
        throw ChatStorageError(
            .conflict, "messages of a conversation were removed during every attempt to read it; try again")
    }

    /// Reads the messages of a conversation that nobody changes, such as one of a snapshot.
    static func read(
        messagesOf conversation: Conversation, from storage: any ChatStorage
    ) async throws -> WholeConversation {
        var messages: [Message] = []
        messages.reserveCapacity(conversation.messageCount)
        if conversation.messageCount > 0 {
            for try await message in storage.allMessages(of: conversation.id, on: .all) {
                messages.append(message)
                // There are no more, and the page that would say so is not needed.
                if messages.count == conversation.messageCount { break }
            }
        }
        guard messages.count == conversation.messageCount else {
            throw ChatStorageError(
                .damaged, "a conversation of a snapshot has another number of messages than it states")
        }
        return WholeConversation(conversation: conversation, messages: messages)
    }

    /// The messages of the current path, in order.
    var currentPath: [Message] {
        guard conversation.isBranched else { return messages }
        var path: [Message] = []
        var next = conversation.head ?? messages.last?.sequence ?? 0
        for index in messages.indices.reversed() where messages[index].sequence == next {
            path.append(messages[index])
            next = messages[index].predecessor ?? (index > 0 ? messages[index - 1].sequence : 0)
        }
        return path.reversed()
    }

    /// The line of an archive, without a newline.
    ///
    /// - Parameter tenant: The tenant's name in an archive of a whole store; nil adds nothing.
    func line(tenant: String?) -> [UInt8] {
        conversation.json(with: messages, tenant: tenant).bytes
    }

    /// The same, to be stored elsewhere.
    var snapshot: ConversationSnapshot {
        ConversationSnapshot(
            id: conversation.id, title: conversation.title, createdAt: conversation.createdAt,
            updatedAt: conversation.updatedAt, lastSequence: conversation.lastSequence,
            readThrough: conversation.readThrough, clearedThrough: conversation.version.clearedThrough,
            labels: conversation.labels, metadata: conversation.metadata, head: conversation.head,
            messages: messages.map(ConversationSnapshot.Message.init))
    }
}

extension Conversation {
    /// Whether all messages that the conversation had earlier are still there: it has as many more as were appended.
    package func hasKeptMessages(of earlier: Conversation) -> Bool {
        version.createdAt == earlier.version.createdAt && version.clearedThrough == earlier.version.clearedThrough
            && lastSequence >= earlier.lastSequence
            && lastSequence - earlier.lastSequence == Int64(messageCount) - Int64(earlier.messageCount)
    }
}
