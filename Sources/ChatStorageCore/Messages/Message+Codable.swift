extension Message: Codable {
    private static let members =
        ["conversation_id", "sequence", "created_at", "predecessor"] + MessageWriting.members + ChatMessage.members

    /// Reads `{"conversation_id", "sequence", "created_at"}`, `"predecessor"`, `"state"`, `"revision"` and
    /// `"revised_at"`, each absent or null for none, and the members of a ``ChatMessage``.
    ///
    /// - Throws: `DecodingError`, in the same cases as for a ``ChatMessage``.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: Self.members)
        self.init(
            conversationID: try members.value("conversation_id"), sequence: try members.value("sequence"),
            body: try ChatMessage(members), createdAt: try members.value("created_at"),
            predecessor: try members.optional("predecessor"), writing: try MessageWriting(members))
    }

    /// Writes `{"conversation_id", "sequence", "created_at"}`, `"predecessor"`, `"state"`, `"revision"` and
    /// `"revised_at"`, each if there is one, and the members of a ``ChatMessage``.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(conversationID, forKey: "conversation_id")
        try container.encode(sequence, forKey: "sequence")
        try body.encode(into: &container)
        try container.encode(createdAt, forKey: "created_at")
        try container.encodeIfPresent(predecessor, forKey: "predecessor")
        try writing.encode(into: &container)
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
