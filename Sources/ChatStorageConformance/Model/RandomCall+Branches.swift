import ChatStorageCore

/// Random calls that make branches, follow them, remove from them and write answers.
extension RandomCall {
    /// Sequences that often exist, and some that never do.
    private static let sequences: [Int64] = [0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 13, .max]

    static func place(using random: inout SplitMix64) -> AppendPlace {
        let sequence = random.oneIn(30) ? -1 : random.any(sequences)
        return random.oneIn(2) ? .after(sequence) : .insteadOf(sequence)
    }

    static func pathQuery(of id: ConversationID, limit: Int, using random: inout SplitMix64) -> MessageQuery {
        let sequence = random.oneIn(30) ? -1 : random.any(sequences)
        return MessageQuery(
            of: id, position(using: &random),
            on: random.any([.current, .current, .all, .through(sequence), .through(sequence)]), limit: limit,
            states: random.any([.all, .all, .finished, .streaming, [.failed, .complete], []]))
    }

    static func selection(using random: inout SplitMix64) -> MessageRemoval.Selection {
        if random.oneIn(30) { return .messages([1, -1]) }
        if random.oneIn(2) { return .from(random.any(sequences)) }
        return .messages((0..<random.any([0, 1, 1, 2, 3])).map { _ in random.any(sequences) })
    }

    static func revision(of id: ConversationID, using random: inout SplitMix64) -> Kind {
        let bodies: [ChatMessage?] = [
            nil, message(hasKey: false, using: &random), .assistant("so far"), .assistant([]),
        ]
        return .revise(
            id, random.any(sequences), random.any([.current, .current, .current, .behind, .another]),
            body: random.any(bodies), state: random.any([nil, nil, .complete, .stopped, .failed, .streaming]),
            random.oneIn(3) ? metadataChange(using: &random) : MetadataChange())
    }

    static func writing(of time: Timestamp, using random: inout SplitMix64) -> MessageWriting {
        guard random.oneIn(4) else { return .none }
        return MessageWriting(
            state: random.any([.complete, .streaming, .streaming, .stopped, .failed]),
            revision: random.any([1, 1, 2, random.oneIn(20) ? 0 : 7]),
            revisedAt: random.oneIn(2) ? nil : time.advanced(by: random.any([0, 5])))
    }
}
