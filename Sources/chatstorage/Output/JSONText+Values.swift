import ChatStorageCore
import ChatStorageJSON

extension Conversation {
    /// The conversation as `exec` and `--json` show it.
    var json: JSONText {
        .object([
            ("conversation_id", .string(id.rawValue)),
            ("title", .string(orNull: title)),
            ("created_at", .string(createdAt.description)),
            ("updated_at", .string(updatedAt.description)),
            ("last_id", .integer(lastSequence)),
        ])
    }
}

extension Message {
    /// The message as `exec` and `--json` show it; with its key if it has one.
    var json: JSONText {
        .object(
            [
                ("id", .integer(sequence)),
                ("conversation_id", .string(conversationID.rawValue)),
                ("role", .string(role.rawValue)),
                ("content", .string(content)),
                ("created_at", .string(createdAt.description)),
            ] + (key.map { [("key", .string($0))] } ?? []))
    }
}

extension ChatMessage {
    /// The message as LLM chat APIs take it.
    var json: JSONText {
        .object([("role", .string(role.rawValue)), ("content", .string(content))])
    }
}
