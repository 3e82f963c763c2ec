/// What an append stored.
public struct AppendResult: Sendable, Hashable {
    /// The stored messages, in the order given; those stored before if the append repeats one.
    public var messages: [Message]
    /// The conversation's version after the append, or as it is now if the append repeats one.
    ///
    /// The next append can take it as its condition, so that nothing else comes in between. Nil for an append of no
    /// messages.
    public var version: ConversationVersion?

    /// Makes a result; for backends.
    ///
    /// - Parameters:
    ///   - messages: The stored messages, in the order given.
    ///   - version: The conversation's version; nil for an append of no messages.
    public init(messages: [Message], version: ConversationVersion?) {
        self.messages = messages
        self.version = version
    }

    /// What an append of no messages stored.
    public static let nothing = AppendResult(messages: [], version: nil)
}

extension AppendResult: Codable {
    /// Reads `{"messages", "version"}`, the version absent or null for none; ignores other members.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        self.init(messages: try members.value("messages"), version: try members.optional("version"))
    }

    /// Writes `{"messages"}`, and `"version"` if there is one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(messages, forKey: "messages")
        try container.encodeIfPresent(version, forKey: "version")
    }
}
