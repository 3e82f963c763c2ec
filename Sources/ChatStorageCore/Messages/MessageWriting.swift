/// What became of a message since it was appended as an answer under way.
public struct MessageWriting: Sendable, Hashable {
    /// Of a message that was appended whole: complete, and never revised.
    public static let none = MessageWriting(state: .complete, revision: 0)

    /// Whether it is whole, and how its writing ended.
    public let state: MessageState
    /// How often it was written: 0 for a message that was appended whole, 1 for an answer under way as it was appended.
    public let revision: Int64
    /// When its writer last wrote it; nil if that was the append.
    public let revisedAt: Timestamp?

    /// Makes what became of a message; backends do, and apps in their previews and tests.
    ///
    /// - Parameters:
    ///   - state: Whether it is whole, and how its writing ended.
    ///   - revision: How often it was written; 0 only of a message that was appended whole.
    ///   - revisedAt: When its writer last wrote it; by default that was the append.
    public init(state: MessageState, revision: Int64, revisedAt: Timestamp? = nil) {
        self.state = state
        self.revision = revision
        self.revisedAt = revisedAt
    }

    /// Of an answer under way as it was appended.
    public static let begun = MessageWriting(state: .streaming, revision: 1)
}

extension MessageWriting {
    static let members: [MemberName] = ["state", "revision", "revised_at"]

    /// Reads the members of a message that say it; a state without a revision is of one that was written once.
    init(_ members: DecodedMembers) throws {
        let state: MessageState = try members.optional("state") ?? .complete
        self.init(
            state: state, revision: try members.optional("revision") ?? (state == .complete ? 0 : 1),
            revisedAt: try members.optional("revised_at"))
    }

    /// Writes the members of a message that say it, if there is anything to say.
    func encode(into container: inout KeyedEncodingContainer<MemberName>) throws {
        if state != .complete { try container.encode(state, forKey: "state") }
        if revision != 0 { try container.encode(revision, forKey: "revision") }
        try container.encodeIfPresent(revisedAt, forKey: "revised_at")
    }
}
