import ChatStorageCore

/// What changes when messages of a branched conversation are removed, computed from its jumps.
///
/// A message that followed a removed one then follows that one's nearest ancestor that stays. Only two kinds of
/// messages can change: jumps, and those right after removed messages.
struct BranchedRemoval: Sendable {
    /// The conversation as it must still be when the statement runs.
    let conversation: LookedConversation
    /// The removed messages, as ranges of sequences in ascending order.
    let ranges: [ClosedRange<Int64>]
    /// The messages that stay and get another `parent`, lowest sequence first; nil is the stored message before.
    let moved: [(sequence: Int64, parent: Int64?)]
    /// The head after the removal; nil is the newest message.
    let head: Int64?
    /// Whether the conversation is branched after it.
    let isBranched: Bool

    /// Removes the given messages, or one and its descendants.
    ///
    /// - Parameters:
    ///   - look: The conversation, with the given messages; the result is nil if none of them exists.
    ///   - descends: Whether to remove the descendants of the first one too.
    init?(_ look: RemovalLook, withDescendants descends: Bool) {
        guard let removed = descends ? Removed(from: look) : Removed(look) else { return nil }
        let newest = removed.staying(atOrBefore: look.newest)
        let end = removed.survivor(of: look.conversation.head ?? look.newest)
        var moved: [(sequence: Int64, parent: Int64?)] = []
        var hasJumps = false
        for jump in look.jumps where removed.index(of: jump.sequence) == nil {
            let predecessor = removed.survivor(of: jump.predecessor)
            let parent = predecessor == removed.staying(atOrBefore: jump.below) ? nil : predecessor
            if parent != jump.predecessor { moved.append((jump.sequence, parent)) }
            hasJumps = hasJumps || parent != nil
        }
        let jumps = Set(look.jumps.map(\.sequence))
        for message in look.given where message.above > 0 && !jumps.contains(message.above) {
            guard removed.index(of: message.above) == nil else { continue }
            let predecessor = removed.survivor(of: message.sequence)
            guard predecessor != removed.staying(atOrBefore: message.sequence) else { continue }
            moved.append((message.above, predecessor))
            hasJumps = true
        }
        conversation = look.conversation
        ranges = removed.ranges
        self.moved = moved.sorted { $0.sequence < $1.sequence }
        head = end == newest ? nil : end
        isBranched = hasJumps || head != nil
    }

    /// The columns that its statement takes.
    static let columns = BoundColumns<Self>(
        LookedConversation.columns.columns.map { column in
            .init(column.name, column.type) { column.append($0.conversation, &$1) }
        } + [
            .init("firsts", .bigintArray) { $1.append(numbers: $0.ranges.lazy.map(\.lowerBound)) },
            .init("lasts", .bigintArray) { $1.append(numbers: $0.ranges.lazy.map(\.upperBound)) },
            .init("moved", .bigintArray) { $1.append(numbers: $0.moved.lazy.map(\.sequence)) },
            // A server finds an array's element by its index directly only if the array has no NULL.
            .init("parents", .bigintArray) { $1.append(numbers: $0.moved.lazy.map { $0.parent ?? -1 }) },
            .init("head_left", .bigint) { $1.append($0.head) },
            .init("is_branched", .boolean) { $1.append($0.isBranched) },
        ])

    /// About how many bytes its values have.
    var bytes: Int { 16 * (ranges.count + moved.count) }
}

/// The messages that a removal deletes, and which messages take their places.
private struct Removed {
    /// Their sequences in ascending order; a range has no other stored message in between.
    private(set) var ranges: [ClosedRange<Int64>] = []
    /// For each range, the nearest ancestor that stays; all messages of a range share it.
    private var survivors: [Int64] = []
    /// For each range, the nearest message before it that stays, 0 for none.
    private var staying: [Int64] = []

    /// The given messages; nil if there are none.
    init?(_ look: RemovalLook) {
        if look.given.isEmpty { return nil }
        // A message follows an earlier one, whose survivor is known by then.
        for message in look.given {
            append(
                message.sequence...message.sequence, below: message.below, survivor: survivor(of: message.predecessor))
        }
    }

    /// The first of the given messages and all that descend from it; nil if there are none.
    init?(from look: RemovalLook) {
        guard let first = look.given.first else { return nil }
        let tree = MessageTree(
            look.jumps.map { jump in
                MessageTree.Jump(
                    sequence: jump.sequence, predecessor: jump.predecessor, before: jump.below, afterPredecessor: 0)
            }, newest: look.newest)
        var below = Dictionary(uniqueKeysWithValues: look.jumps.map { ($0.sequence, $0.below) })
        below[first.sequence] = first.below
        for range in tree.descendants(of: first.sequence) {
            append(range, below: below[range.lowerBound] ?? 0, survivor: first.predecessor)
        }
    }

    private mutating func append(_ range: ClosedRange<Int64>, below: Int64, survivor: Int64) {
        let last = ranges.count - 1
        guard last >= 0, ranges[last].contains(below) else {
            ranges.append(range)
            survivors.append(survivor)
            staying.append(below)
            return
        }
        if survivors[last] == survivor {
            ranges[last] = ranges[last].lowerBound...range.upperBound
        } else {
            staying.append(staying[last])
            ranges.append(range)
            survivors.append(survivor)
        }
    }

    /// The index of the range with a message; nil if the message stays.
    func index(of sequence: Int64) -> Int? {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].lowerBound <= sequence { low = middle + 1 } else { high = middle }
        }
        return low > 0 && ranges[low - 1].contains(sequence) ? low - 1 : nil
    }

    /// The message itself if it stays, else its nearest ancestor that stays; 0 for none.
    func survivor(of sequence: Int64) -> Int64 { index(of: sequence).map { survivors[$0] } ?? sequence }

    /// The message itself if it stays, else the nearest before it that stays; 0 for none.
    func staying(atOrBefore sequence: Int64) -> Int64 { index(of: sequence).map { staying[$0] } ?? sequence }
}
