/// A place in a conversation where it has branched: a message, or the beginning, that several messages follow.
public struct Fork: Sendable, Hashable {
    /// A message that follows it.
    public struct Successor: Sendable, Hashable {
        /// Its sequence.
        public let sequence: Int64
        /// The newest message under it: the highest sequence among itself and all that descend from it.
        ///
        /// ``ConversationChange/show(branch:)-method`` makes it the head.
        public let newestEnd: Int64

        /// Makes a successor; for backends, and for apps' previews and tests.
        public init(sequence: Int64, newestEnd: Int64) {
            self.sequence = sequence
            self.newestEnd = newestEnd
        }
    }

    /// The message that they follow; 0 for the beginning.
    public let after: Int64
    /// The messages that follow it, lowest sequence first; two or more.
    public let successors: [Successor]

    /// Makes a fork; for backends, and for apps' previews and tests.
    public init(after sequence: Int64, successors: [Successor]) {
        after = sequence
        self.successors = successors
    }
}

extension Fork: Codable {
    /// Reads `{"after", "successors"}`; ignores other members.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        self.init(after: try members.value("after"), successors: try members.value("successors"))
    }

    /// Writes `{"after", "successors"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(after, forKey: "after")
        try container.encode(successors, forKey: "successors")
    }
}

extension Fork.Successor: Codable {
    /// Reads `{"sequence", "newest_end"}`; ignores other members.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        self.init(sequence: try members.value("sequence"), newestEnd: try members.value("newest_end"))
    }

    /// Writes `{"sequence", "newest_end"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(sequence, forKey: "sequence")
        try container.encode(newestEnd, forKey: "newest_end")
    }
}
