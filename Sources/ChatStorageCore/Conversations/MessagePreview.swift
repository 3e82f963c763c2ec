import ChatStorageSupport

/// The newest message of a conversation that says something, cut short for a list.
///
/// It is the newest whose content is not empty, among the last 16 messages of the current path.
public struct MessagePreview: Sendable {
    /// How many of the last messages are looked at.
    public static let messages = 16

    /// The message's place in its conversation.
    public let sequence: Int64
    /// Who speaks.
    public let role: Role
    /// Whether it is whole, and how its writing ended.
    public let state: MessageState
    /// When it was appended.
    public let createdAt: Timestamp
    /// The first Unicode scalars of its content.
    public let text: String

    /// Makes a preview; for backends, and for apps' previews and tests.
    public init(
        sequence: Int64, role: Role, createdAt: Timestamp, text: String, state: MessageState = .complete
    ) {
        self.sequence = sequence
        self.role = role
        self.state = state
        self.createdAt = createdAt
        self.text = text
    }

    /// Makes the preview of a message.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - scalars: How many Unicode scalars of the content at most.
    public init(_ message: Message, scalars: Int) {
        self.init(
            sequence: message.sequence, role: message.role, createdAt: message.createdAt, text: message.content,
            state: message.state, scalars: scalars)
    }

    /// Makes the preview of a text.
    package init(
        sequence: Int64, role: Role, createdAt: Timestamp, text: String, state: MessageState, scalars: Int
    ) {
        self.init(
            sequence: sequence, role: role, createdAt: createdAt, text: text.prefix(scalars: scalars), state: state)
    }
}

extension MessagePreview: Hashable {
    /// Whether both show the same, byte for byte.
    public static func == (left: MessagePreview, right: MessagePreview) -> Bool {
        left.sequence == right.sequence && left.role == right.role && left.createdAt == right.createdAt
            && left.state == right.state && left.text.hasSameUTF8(as: right.text)
    }

    /// Hashes the place and the time.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(sequence)
        hasher.combine(createdAt)
    }
}

extension MessagePreview: Codable {
    /// Reads `{"sequence", "role", "created_at", "text"}`, and `"state"`, absent or null for a complete message.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        self.init(
            sequence: try members.value("sequence"), role: try members.value("role"),
            createdAt: try members.value("created_at"), text: try members.value("text"),
            state: try members.optional("state") ?? .complete)
    }

    /// Writes `{"sequence", "role", "created_at", "text"}`, and `"state"` if it is not complete.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(sequence, forKey: "sequence")
        try container.encode(role, forKey: "role")
        if state != .complete { try container.encode(state, forKey: "state") }
        try container.encode(createdAt, forKey: "created_at")
        try container.encode(text, forKey: "text")
    }
}
