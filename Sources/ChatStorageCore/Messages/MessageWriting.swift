/// How the writing of a message went: its state, its revision and when it was last written.
public struct MessageWriting: Sendable, Hashable {
    /// A message that was appended whole: complete, and never revised.
    public static let none = MessageWriting(state: .complete, revision: 0)

    /// Whether it is whole, and how its writing ended.
    public let state: MessageState
    /// How often it was written: 0 for a message that was appended whole, 1 for an answer under way as it was appended.
    public let revision: Int64
    /// When its writer last wrote it; nil if that was the append.
    public let revisedAt: Timestamp?

    /// Makes a value; for backends, and for apps' previews and tests.
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

    /// An answer under way that was just appended.
    public static let begun = MessageWriting(state: .streaming, revision: 1)
}

extension MessageWriting {
    static let members: [MemberName] = ["state", "revision", "revised_at"]

    /// Reads it from a message's members; if there is no revision, it is 0 for a complete message and else 1.
    init(_ members: DecodedMembers) throws {
        let state: MessageState = try members.optional("state") ?? .complete
        self.init(
            state: state, revision: try members.optional("revision") ?? (state == .complete ? 0 : 1),
            revisedAt: try members.optional("revised_at"))
    }

    /// Writes it among a message's members; nothing for ``none``.
    func encode(into container: inout KeyedEncodingContainer<MemberName>) throws {
        if state != .complete { try container.encode(state, forKey: "state") }
        if revision != 0 { try container.encode(revision, forKey: "revision") }
        try container.encodeIfPresent(revisedAt, forKey: "revised_at")
    }
}
