import ChatStorageCore
import ChatStorageJSON

extension Operation {
    static let messageOperations = [
        Operation("save_message", writes: true) { arguments in
            let id = try arguments.conversationID()
            let message = try arguments.chatMessage()
            let condition = try arguments.appendCondition()
            return { try await $0.append(message, to: id, if: condition).json }
        },
        Operation("save_messages", writes: true) { arguments in
            let id = try arguments.conversationID()
            let messages = try arguments.objects("messages") { try $0.chatMessage() }
            let condition = try arguments.appendCondition()
            return { .array(try await $0.append(messages, to: id, if: condition).map(\.json)) }
        },
        Operation("get_history") { arguments in
            let id = try arguments.conversationID()
            let limit = try arguments.limit(default: 20)
            return { .array(try await $0.history(of: id, limit: limit).map(\.json)) }
        },
        Operation("get_messages") { arguments in
            let id = try arguments.conversationID()
            let limit = try arguments.limit(default: 20)
            return { .array(try await $0.messages(of: id, limit: limit).map(\.json)) }
        },
        Operation("page_messages") { arguments in
            let id = try arguments.conversationID()
            let limit = try arguments.limit(default: 50)
            let position = try arguments.messagePosition()
            return { .array(try await $0.messages(of: id, position, limit: limit).map(\.json)) }
        },
        Operation("clear_messages", writes: true) { arguments in
            let id = try arguments.conversationID()
            return { .integer(Int64(try await $0.clearMessages(of: id))) }
        },
    ]
}

extension Arguments {
    fileprivate mutating func chatMessage() throws -> ChatMessage {
        ChatMessage(
            role: Role(rawValue: try text("role")), content: try text("content"), key: try textIfPresent("key"))
    }

    fileprivate mutating func appendCondition() throws -> AppendCondition {
        let version = try objectIfPresent("if_unchanged") { version in
            ConversationVersion(createdAt: try version.time("created_at"), lastSequence: try version.integer("last_id"))
        }
        let creates = try boolean("auto_create_conversation", default: version == nil)
        guard let version else { return creates ? .createIfMissing : .exists }
        guard !creates else {
            throw InvalidRequest("auto_create_conversation is true although if_unchanged needs the conversation")
        }
        return .unchanged(version)
    }

    fileprivate mutating func messagePosition() throws -> MessagePosition {
        switch (try integerIfPresent("before"), try integerIfPresent("after")) {
        case (nil, nil): .end
        case (let sequence?, nil): .before(sequence)
        case (nil, let sequence?): .after(sequence)
        default: throw InvalidRequest("before and after are given both")
        }
    }
}
