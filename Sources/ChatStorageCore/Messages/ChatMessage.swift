import ChatStorageSupport

/// A role and a text: what an append takes and what an LLM chat API takes.
///
/// Encoded as JSON it is `{"role": "user", "content": "..."}`, as in the `messages` array of such APIs, and has a
/// `"key"` if the message does: an outbox that is kept as JSON keeps it. ``Message/chatMessage`` and
/// ``ChatStorage/history(of:limit:)`` leave it out, for APIs that refuse what they do not know.
///
/// A message is plain text. Decoding fails for what it cannot keep, such as `tool_calls` or a content that is null or
/// an array. Equality compares UTF-8 bytes, as storage does, the key's too.
public struct ChatMessage: Sendable {
    /// Who speaks.
    public var role: Role
    /// What is said: 0 to 16 MiB of UTF-8 without U+0000.
    public var content: String
    /// What makes an append of the message repeatable: 1 to 200 Unicode scalars without U+0000, or nil for none.
    ///
    /// It is unique in its conversation. Appending a message whose key is there returns the stored message and writes
    /// nothing, so an app that does not know whether an append happened makes it again. A request's id or a random UUID
    /// is a good key. A key goes with its message when that is cleared or deleted.
    public var key: String?

    /// Makes a message.
    ///
    /// - Parameters:
    ///   - role: Who speaks.
    ///   - content: What is said: 0 to 16 MiB of UTF-8 without U+0000.
    ///   - key: What makes its append repeatable, see ``key``; by default nothing.
    public init(role: Role, content: String, key: String? = nil) {
        self.role = role
        self.content = content
        self.key = key
    }

    /// A message of the role ``Role/system``.
    public static func system(_ content: String, key: String? = nil) -> ChatMessage {
        ChatMessage(role: .system, content: content, key: key)
    }

    /// A message of the role ``Role/user``.
    public static func user(_ content: String, key: String? = nil) -> ChatMessage {
        ChatMessage(role: .user, content: content, key: key)
    }

    /// A message of the role ``Role/assistant``.
    public static func assistant(_ content: String, key: String? = nil) -> ChatMessage {
        ChatMessage(role: .assistant, content: content, key: key)
    }
}

extension ChatMessage {
    /// The same message without its key.
    var withoutKey: ChatMessage {
        var message = self
        message.key = nil
        return message
    }
}

extension ChatMessage: Hashable {
    /// Whether both have the same role and the same bytes as content and as key.
    public static func == (left: ChatMessage, right: ChatMessage) -> Bool {
        left.role == right.role && left.content.hasSameUTF8(as: right.content) && left.key.hasSameUTF8(as: right.key)
    }

    /// Hashes the role and the content's UTF-8 bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(role)
        content.hashUTF8(into: &hasher)
    }
}
