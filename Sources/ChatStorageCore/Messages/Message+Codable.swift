extension ChatMessage: Codable {
    /// The names of the members; those of a stored message are among its own.
    static let members: [MemberName] = ["role", "content", "key"]

    /// Reads `{"role", "content", "key"}`, the key absent or null for none.
    ///
    /// - Throws: `DecodingError`, and not only for a damaged form: a content that is null or an array, and any other
    ///   member that is not empty, such as `tool_calls`, would be lost. The error quotes no text.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: Self.members)
        try self.init(members)
    }

    /// Reads the message's members, which can stand among others.
    init(_ members: DecodedMembers) throws {
        self.init(role: try members.value("role"), content: try members.content(), key: try members.optional("key"))
    }

    /// Writes `{"role", "content"}`, and `"key"` if there is one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try encode(into: &container)
    }

    /// Writes the message's members among others.
    func encode(into container: inout KeyedEncodingContainer<MemberName>) throws {
        try container.encode(role, forKey: "role")
        try container.encode(content, forKey: "content")
        try container.encodeIfPresent(key, forKey: "key")
    }
}

extension Message: Codable {
    private static let members = ["conversation_id", "sequence", "created_at"] + ChatMessage.members

    /// Reads `{"conversation_id", "sequence", "role", "content", "created_at", "key"}`, the key absent or null for
    /// none.
    ///
    /// - Throws: `DecodingError`, in the same cases as for a ``ChatMessage``.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: Self.members)
        self.init(
            conversationID: try members.value("conversation_id"), sequence: try members.value("sequence"),
            body: try ChatMessage(members), createdAt: try members.value("created_at"))
    }

    /// Writes `{"conversation_id", "sequence", "role", "content", "created_at"}`, and `"key"` if there is one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(conversationID, forKey: "conversation_id")
        try container.encode(sequence, forKey: "sequence")
        try body.encode(into: &container)
        try container.encode(createdAt, forKey: "created_at")
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
