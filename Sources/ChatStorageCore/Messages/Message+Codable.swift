extension ChatMessage: Codable {
    private static let members: [MemberName] = ["role", "content", "key"]

    /// Reads `{"role", "content", "key"}`, the key absent or null for none.
    ///
    /// - Throws: `DecodingError`, also where something would be lost: for a content that is null or an array, and for
    ///   any other member that is not empty, such as `tool_calls`. It quotes no text.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: Self.members)
        self.init(role: try members.value("role"), content: try members.content(), key: try members.optional("key"))
    }

    /// Writes `{"role", "content"}`, and `"key"` if there is one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(role, forKey: "role")
        try container.encode(content, forKey: "content")
        try container.encodeIfPresent(key, forKey: "key")
    }
}

extension Message: Codable {
    private static let members: [MemberName] = [
        "conversation_id", "sequence", "role", "content", "created_at", "key",
    ]

    /// Reads `{"conversation_id", "sequence", "role", "content", "created_at", "key"}`, the key absent or null for
    /// none.
    ///
    /// - Throws: `DecodingError`, in the same cases as for a ``ChatMessage``.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: Self.members)
        self.init(
            conversationID: try members.value("conversation_id"), sequence: try members.value("sequence"),
            role: try members.value("role"), content: try members.content(),
            createdAt: try members.value("created_at"), key: try members.optional("key"))
    }

    /// Writes `{"conversation_id", "sequence", "role", "content", "created_at"}`, and `"key"` if there is one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(conversationID, forKey: "conversation_id")
        try container.encode(sequence, forKey: "sequence")
        try container.encode(role, forKey: "role")
        try container.encode(content, forKey: "content")
        try container.encode(createdAt, forKey: "created_at")
        try container.encodeIfPresent(key, forKey: "key")
    }
}

extension Message.ID: Codable {
    /// Reads `{"conversation_id", "sequence"}`.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        self.init(conversationID: try members.value("conversation_id"), sequence: try members.value("sequence"))
    }

    /// Writes `{"conversation_id", "sequence"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(conversationID, forKey: "conversation_id")
        try container.encode(sequence, forKey: "sequence")
    }
}
