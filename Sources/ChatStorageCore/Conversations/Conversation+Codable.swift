extension Conversation: Codable {
    /// Reads `{"id", "title", "created_at", "updated_at", "last_sequence"}`, the title absent or null for none; ignores
    /// other members.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        self.init(
            id: try members.value("id"), title: try members.optional("title"),
            createdAt: try members.value("created_at"), updatedAt: try members.value("updated_at"),
            lastSequence: try members.value("last_sequence"))
    }

    /// Writes `{"id", "created_at", "updated_at", "last_sequence"}`, and `"title"` if there is one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(id, forKey: "id")
        try container.encodeIfPresent(title, forKey: "title")
        try container.encode(createdAt, forKey: "created_at")
        try container.encode(updatedAt, forKey: "updated_at")
        try container.encode(lastSequence, forKey: "last_sequence")
    }
}

extension ConversationVersion: Codable {
    private static let members: [MemberName] = ["created_at", "last_sequence"]

    /// Reads `{"created_at", "last_sequence"}`.
    ///
    /// - Throws: `DecodingError`, also for any other member that is not empty: a version that lost a part could let a
    ///   conflicting append pass.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: Self.members)
        self.init(createdAt: try members.value("created_at"), lastSequence: try members.value("last_sequence"))
    }

    /// Writes `{"created_at", "last_sequence"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(createdAt, forKey: "created_at")
        try container.encode(lastSequence, forKey: "last_sequence")
    }
}

extension ConversationSnapshot: Codable {
    private static let members: [MemberName] = [
        "id", "title", "created_at", "updated_at", "last_sequence", "messages",
    ]

    /// Reads `{"id", "title", "created_at", "updated_at", "last_sequence", "messages"}`, the title absent or null for
    /// none.
    ///
    /// - Throws: `DecodingError`, also for any other member that is not empty, since it would be lost.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: Self.members)
        let lastSequence: Int64 = try members.value("last_sequence")
        self.init(
            id: try members.value("id"), title: try members.optional("title"),
            createdAt: try members.value("created_at"), updatedAt: try members.value("updated_at"),
            lastSequence: lastSequence, messages: try members.value("messages"))
    }

    /// Writes `{"id", "created_at", "updated_at", "last_sequence", "messages"}`, and `"title"` if there is one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(id, forKey: "id")
        try container.encodeIfPresent(title, forKey: "title")
        try container.encode(createdAt, forKey: "created_at")
        try container.encode(updatedAt, forKey: "updated_at")
        try container.encode(lastSequence, forKey: "last_sequence")
        try container.encode(messages, forKey: "messages")
    }
}

extension ConversationSnapshot.Message: Codable {
    private static let members = ["sequence", "created_at"] + ChatMessage.members

    /// Reads `{"sequence", "role", "content", "created_at", "key"}`, the key absent or null for none.
    ///
    /// - Throws: `DecodingError`, in the same cases as for a ``ChatMessage``.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: Self.members)
        self.init(
            sequence: try members.value("sequence"), body: try ChatMessage(members),
            createdAt: try members.value("created_at"))
    }

    /// Writes `{"sequence", "role", "content", "created_at"}`, and `"key"` if there is one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(sequence, forKey: "sequence")
        try body.encode(into: &container)
        try container.encode(createdAt, forKey: "created_at")
    }
}
