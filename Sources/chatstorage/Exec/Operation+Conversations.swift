import ChatStorageCore
import ChatStorageJSON

extension Operation {
    static let conversationOperations = [
        Operation("create_conversation", writes: true) { arguments in
            let id = try arguments.conversationID()
            let title = try arguments.title()
            return { try await $0.createConversation(id, title: title).json }
        },
        Operation("get_conversation") { arguments in
            let id = try arguments.conversationID()
            return { try await $0.conversation(id)?.json ?? .null }
        },
        Operation("get_or_create_conversation", writes: true) { arguments in
            let id = try arguments.conversationID()
            let title = try arguments.title()
            return { try await $0.getOrCreateConversation(id, title: title).json }
        },
        Operation("update_conversation_title", writes: true) { arguments in
            let id = try arguments.conversationID()
            let title = try arguments.title()
            return { try await $0.updateTitle(of: id, to: title)?.json ?? .null }
        },
        Operation("list_conversations") { arguments in
            let limit = try arguments.limit(default: 50)
            return { .array(try await $0.conversations(limit: limit).map(\.json)) }
        },
        Operation("page_conversations") { arguments in
            let limit = try arguments.limit(default: 50)
            let cursor = try arguments.textIfPresent("cursor").map(ConversationCursor.init(_:))
            return { storage in
                let page = try await storage.conversations(after: cursor, limit: limit)
                return .object([
                    ("items", .array(page.items.map(\.json))), ("next", .string(orNull: page.next?.text)),
                ])
            }
        },
        Operation("delete_conversation", writes: true) { arguments in
            let id = try arguments.conversationID()
            return { .boolean(try await $0.deleteConversation(id)) }
        },
        Operation("restore_conversation", writes: true) { arguments in
            let snapshot = ConversationSnapshot(
                id: try arguments.conversationID(), title: try arguments.title(),
                createdAt: try arguments.time("created_at"), updatedAt: try arguments.time("updated_at"),
                lastSequence: try arguments.integerIfPresent("last_sequence"),
                messages: try arguments.objects("messages") { message in
                    ConversationSnapshot.Message(
                        sequence: try message.integer("id"), role: Role(rawValue: try message.text("role")),
                        content: try message.text("content"), createdAt: try message.time("created_at"),
                        key: try message.textIfPresent("key"))
                })
            return { try await $0.restoreConversation(snapshot).json }
        },
    ]
}
