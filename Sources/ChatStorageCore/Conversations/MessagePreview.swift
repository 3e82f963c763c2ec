import ChatStorageSupport

/// The newest message of a conversation that says something, in short, for a list.
///
/// It is the newest whose content is not empty, among the conversation's last 16 messages.
public struct MessagePreview: Sendable {
    /// How many of the last messages are looked at.
    public static let messages = 16

    /// The message's place in its conversation.
    public let sequence: Int64
    /// Who speaks.
    public let role: Role
    /// When it was appended.
    public let createdAt: Timestamp
    /// The first Unicode scalars of its content.
    public let text: String

    /// Makes a preview; backends do, and apps in their previews and tests.
    public init(sequence: Int64, role: Role, createdAt: Timestamp, text: String) {
        self.sequence = sequence
        self.role = role
        self.createdAt = createdAt
        self.text = text
    }

    /// Makes the preview of a message.
    ///
    /// - Parameter scalars: How many Unicode scalars of the content at most.
    public init(_ message: Message, scalars: Int) {
        self.init(
            sequence: message.sequence, role: message.role, createdAt: message.createdAt, text: message.content,
            scalars: scalars)
    }

    /// Makes the preview of a text.
    package init(sequence: Int64, role: Role, createdAt: Timestamp, text: String, scalars: Int) {
        let start = text.unicodeScalars.prefix(scalars)
        self.init(
            sequence: sequence, role: role, createdAt: createdAt, text: String(String.UnicodeScalarView(start)))
    }
}

extension MessagePreview: Hashable {
    /// Whether both show the same, byte for byte.
    public static func == (left: MessagePreview, right: MessagePreview) -> Bool {
        left.sequence == right.sequence && left.role == right.role && left.createdAt == right.createdAt
            && left.text.hasSameUTF8(as: right.text)
    }

    /// Hashes the place and the time.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(sequence)
        hasher.combine(createdAt)
    }
}

extension MessagePreview: Codable {
    /// Reads `{"sequence", "role", "created_at", "text"}`.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        self.init(
            sequence: try members.value("sequence"), role: try members.value("role"),
            createdAt: try members.value("created_at"), text: try members.value("text"))
    }

    /// Writes `{"sequence", "role", "created_at", "text"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(sequence, forKey: "sequence")
        try container.encode(role, forKey: "role")
        try container.encode(createdAt, forKey: "created_at")
        try container.encode(text, forKey: "text")
    }
}
