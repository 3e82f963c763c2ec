/// What a ``WriteQueue`` knows of a write.
protocol QueuedWrite {
    /// The conversation whose row it locks.
    var key: ConversationKey { get }
    /// How many rows it adds.
    var rowCount: Int { get }
    /// About how many bytes it sends.
    var bytes: Int { get }
    /// Writes of one group can go in one statement; nil for a write that goes alone.
    var mergeGroup: ObjectIdentifier? { get }
    /// How many go in one statement with it at most, itself included.
    var mergeLimit: Int { get }
}

extension QueuedWrite {
    /// Whether it can go with others in one statement at all.
    var isMergeable: Bool {
        mergeGroup != nil && mergeLimit > 1 && rowCount <= WriteBatch<Self>.rowLimit
            && bytes <= WriteBatch<Self>.byteLimit
    }

    /// Whether it can go in one statement with another that can.
    func canMerge(with other: Self) -> Bool { mergeGroup == other.mergeGroup }
}
