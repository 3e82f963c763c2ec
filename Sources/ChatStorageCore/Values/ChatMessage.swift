/// A role and a text: what an append takes and what an LLM chat API takes.
///
/// Encoded as JSON it is `{"role": "user", "content": "..."}`, the element of the `messages` array of such APIs.
/// Equality compares UTF-8 bytes, as storage does.
public struct ChatMessage: Sendable, Codable {
    /// Who speaks.
    public var role: Role
    /// What is said: 0 to 16 MiB of UTF-8 without U+0000.
    public var content: String

    /// Makes a message.
    public init(role: Role, content: String) {
        self.role = role
        self.content = content
    }

    /// A message of the role ``Role/system``.
    public static func system(_ content: String) -> ChatMessage { ChatMessage(role: .system, content: content) }

    /// A message of the role ``Role/user``.
    public static func user(_ content: String) -> ChatMessage { ChatMessage(role: .user, content: content) }

    /// A message of the role ``Role/assistant``.
    public static func assistant(_ content: String) -> ChatMessage { ChatMessage(role: .assistant, content: content) }
}

extension ChatMessage: Hashable {
    /// Whether both have the same role and the same bytes as content.
    public static func == (left: ChatMessage, right: ChatMessage) -> Bool {
        left.role == right.role && left.content.hasSameUTF8(as: right.content)
    }

    /// Hashes the role and the content's UTF-8 bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(role)
        content.hashUTF8(into: &hasher)
    }
}
