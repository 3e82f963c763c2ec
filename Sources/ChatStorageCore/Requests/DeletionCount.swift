/// What a deletion of many conversations deleted, or would delete.
public struct DeletionCount: Sendable, Hashable {
    /// How many conversations.
    public var conversations: Int
    /// How many messages they had when they were deleted.
    ///
    /// The last messages of a conversation that others keep appending to may be missing.
    public var messages: Int
    /// How many conversations others created, changed or deleted meanwhile, as far as the deletion met them.
    ///
    /// An erasure deletes those too. A deletion of old conversations leaves those that are no longer old, or have a
    /// label that spares them. A dry run meets none.
    public var changedMeanwhile: Int

    /// Makes a count, by default of nothing.
    public init(conversations: Int = 0, messages: Int = 0, changedMeanwhile: Int = 0) {
        self.conversations = conversations
        self.messages = messages
        self.changedMeanwhile = changedMeanwhile
    }
}

extension DeletionCount: Codable {
    /// Reads `{"conversations", "messages"}`, and `"changed_meanwhile"`, absent or null for 0; ignores other members.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        self.init(
            conversations: try members.value("conversations"), messages: try members.value("messages"),
            changedMeanwhile: try members.optional("changed_meanwhile") ?? 0)
    }

    /// Writes `{"conversations", "messages", "changed_meanwhile"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(conversations, forKey: "conversations")
        try container.encode(messages, forKey: "messages")
        try container.encode(changedMeanwhile, forKey: "changed_meanwhile")
    }
}
