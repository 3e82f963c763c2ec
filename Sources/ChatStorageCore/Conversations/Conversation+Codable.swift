extension Conversation: Codable {
    /// Reads `{"id", "created_at", "updated_at", "last_sequence"}`, and ignores members that it does not know.
    ///
    /// These can be absent or null: `"message_count"`, `"read_through"`, `"title"`, `"labels"`, `"metadata"`,
    /// `"cleared_through"`, `"preview"`, `"head"` and `"is_branched"`.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        let lastSequence: Int64 = try members.value("last_sequence")
        let clearedThrough: Int64 = try members.optional("cleared_through") ?? 0
        guard (0...max(lastSequence, 0)).contains(clearedThrough) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "cleared_through is beyond last_sequence"))
        }
        self.init(
            id: try members.value("id"), title: try members.optional("title"),
            createdAt: try members.value("created_at"), updatedAt: try members.value("updated_at"),
            lastSequence: lastSequence, messageCount: try members.optional("message_count"),
            readThrough: try members.optional("read_through") ?? 0,
            labels: Set(try members.optional("labels") ?? [Label]()),
            metadata: try members.optional("metadata") ?? [:],
            clearedThrough: clearedThrough, preview: try members.optional("preview"),
            head: try members.optional("head"), isBranched: try members.optional("is_branched") ?? false)
    }

    /// Writes `{"id", "created_at", "updated_at", "last_sequence", "message_count", "read_through"}`, and `"title"`,
    /// `"labels"` (by their bytes), `"metadata"`, `"cleared_through"`, `"preview"`, `"head"` and `"is_branched"`, each
    /// if there is one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(id, forKey: "id")
        try container.encodeIfPresent(title, forKey: "title")
        try container.encode(createdAt, forKey: "created_at")
        try container.encode(updatedAt, forKey: "updated_at")
        try container.encode(lastSequence, forKey: "last_sequence")
        try container.encode(messageCount, forKey: "message_count")
        try container.encode(readThrough, forKey: "read_through")
        if !labels.isEmpty { try container.encode(labels.sorted(), forKey: "labels") }
        if !metadata.isEmpty { try container.encode(metadata, forKey: "metadata") }
        if clearedThrough != 0 { try container.encode(clearedThrough, forKey: "cleared_through") }
        try container.encodeIfPresent(preview, forKey: "preview")
        try container.encodeIfPresent(head, forKey: "head")
        if isBranched { try container.encode(isBranched, forKey: "is_branched") }
    }
}

extension ConversationVersion: Codable {
    private static let members: [MemberName] = ["created_at", "last_sequence", "cleared_through", "head"]

    /// Reads `{"created_at", "last_sequence"}`, and `"cleared_through"` and `"head"`, each absent or null for none.
    ///
    /// - Throws: `DecodingError`, also for any other member that is not empty: a version that lost a part could let a
    ///   conflicting append pass.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: Self.members)
        self.init(
            createdAt: try members.value("created_at"), lastSequence: try members.value("last_sequence"),
            clearedThrough: try members.optional("cleared_through") ?? 0, head: try members.optional("head"))
    }

    /// Writes `{"created_at", "last_sequence"}`, and `"cleared_through"` and `"head"`, each if there is one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(createdAt, forKey: "created_at")
        try container.encode(lastSequence, forKey: "last_sequence")
        if clearedThrough != 0 { try container.encode(clearedThrough, forKey: "cleared_through") }
        try container.encodeIfPresent(head, forKey: "head")
    }
}

extension ConversationSnapshot: Codable {
    private static let members: [MemberName] = [
        "id", "title", "created_at", "updated_at", "last_sequence", "read_through", "cleared_through", "labels",
        "metadata", "head", "messages",
    ]

    /// Reads `{"id", "created_at", "updated_at", "last_sequence", "messages"}`, and `"title"`, `"read_through"`,
    /// `"cleared_through"`, `"labels"`, `"metadata"` and `"head"`, each absent or null for none.
    ///
    /// - Throws: `DecodingError`, also for any other member that is not empty, since it would be lost.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: Self.members)
        let lastSequence: Int64 = try members.value("last_sequence")
        self.init(
            id: try members.value("id"), title: try members.optional("title"),
            createdAt: try members.value("created_at"), updatedAt: try members.value("updated_at"),
            lastSequence: lastSequence, readThrough: try members.optional("read_through") ?? 0,
            clearedThrough: try members.optional("cleared_through") ?? 0,
            labels: Set(try members.optional("labels") ?? [Label]()), metadata: try members.optional("metadata") ?? [:],
            head: try members.optional("head"), messages: try members.value("messages"))
    }

    /// Writes `{"id", "created_at", "updated_at", "last_sequence", "messages"}`, and `"title"`, `"read_through"`,
    /// `"cleared_through"`, `"labels"` (by their bytes), `"metadata"` and `"head"`, each if there is one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(id, forKey: "id")
        try container.encodeIfPresent(title, forKey: "title")
        try container.encode(createdAt, forKey: "created_at")
        try container.encode(updatedAt, forKey: "updated_at")
        try container.encode(lastSequence, forKey: "last_sequence")
        if readThrough != 0 { try container.encode(readThrough, forKey: "read_through") }
        if clearedThrough != 0 { try container.encode(clearedThrough, forKey: "cleared_through") }
        if !labels.isEmpty { try container.encode(labels.sorted(), forKey: "labels") }
        if !metadata.isEmpty { try container.encode(metadata, forKey: "metadata") }
        try container.encodeIfPresent(head, forKey: "head")
        try container.encode(messages, forKey: "messages")
    }
}

extension ConversationSnapshot.Message: Codable {
    private static let members =
        ["sequence", "created_at", "predecessor"] + MessageWriting.members + ChatMessage.members

    /// Reads `{"sequence", "created_at"}`, `"predecessor"`, `"state"`, `"revision"` and `"revised_at"`, each absent or
    /// null for none, and the members of a ``ChatMessage``.
    ///
    /// - Throws: `DecodingError`, in the same cases as for a ``ChatMessage``.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: Self.members)
        self.init(
            sequence: try members.value("sequence"), body: try ChatMessage(members),
            createdAt: try members.value("created_at"), predecessor: try members.optional("predecessor"),
            writing: try MessageWriting(members))
    }

    /// Writes `{"sequence", "created_at"}`, `"predecessor"`, `"state"`, `"revision"` and `"revised_at"`, each if there
    /// is one, and the members of a ``ChatMessage``.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(sequence, forKey: "sequence")
        try body.encode(into: &container)
        try container.encode(createdAt, forKey: "created_at")
        try container.encodeIfPresent(predecessor, forKey: "predecessor")
        try writing.encode(into: &container)
    }
}
