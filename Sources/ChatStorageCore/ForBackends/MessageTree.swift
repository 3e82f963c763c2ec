/// How a conversation's messages follow each other where it has branched; for backends.
///
/// Most messages follow the stored message of the next lower sequence. A *jump* is one that follows another. Jumps cut
/// the messages into *runs*, so a tree is as large as the number of its jumps, however many messages it has.
public struct MessageTree: Sendable {
    /// A message that does not follow the one before it.
    public struct Jump: Sendable, Hashable {
        /// The message.
        public var sequence: Int64
        /// The message that it follows, 0 for none.
        public var predecessor: Int64
        /// The stored message of the next lower sequence.
        public var before: Int64
        /// The first stored message with a higher sequence than the predecessor's.
        public var afterPredecessor: Int64

        /// Makes a jump.
        public init(sequence: Int64, predecessor: Int64, before: Int64, afterPredecessor: Int64) {
            self.sequence = sequence
            self.predecessor = predecessor
            self.before = before
            self.afterPredecessor = afterPredecessor
        }
    }

    /// The messages from one sequence to another, where each follows the one before it.
    private struct Run {
        let first: Int64
        let last: Int64
        let predecessor: Int64
        /// The newest message that descends from it, itself included.
        var newest: Int64
        /// The runs that follow messages of this one, by the message they follow.
        var branches: [Branch] = []

        /// The index of the first branch that follows a message at or after a sequence.
        func firstBranch(from sequence: Int64) -> Int {
            var (low, high) = (0, branches.count)
            while low < high {
                let middle = (low + high) / 2
                if branches[middle].predecessor < sequence { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    private struct Branch {
        let predecessor: Int64
        let run: Int
        /// The newest message under this branch, and under those that follow later messages of the run.
        var newest: Int64
    }

    private let jumps: [Jump]
    private let runs: [Run]

    /// Makes the tree of a conversation.
    ///
    /// - Parameters:
    ///   - jumps: Its jumps, lowest sequence first.
    ///   - newest: Its message of the highest sequence, 0 for none.
    public init(_ jumps: [Jump], newest: Int64) {
        self.jumps = jumps
        var runs = [Run(first: 0, last: jumps.first?.before ?? newest, predecessor: 0, newest: 0)]
        for (index, jump) in jumps.enumerated() {
            let last = index + 1 < jumps.count ? jumps[index + 1].before : newest
            runs.append(Run(first: jump.sequence, last: last, predecessor: jump.predecessor, newest: 0))
        }
        // A run follows an earlier one, so this order reaches a run's followers before the run itself.
        for index in runs.indices.reversed() {
            runs[index].branches.sort { ($0.predecessor, $0.run) < ($1.predecessor, $1.run) }
            var newest = runs[index].last
            for branch in runs[index].branches.indices.reversed() {
                newest = max(newest, runs[index].branches[branch].newest)
                runs[index].branches[branch].newest = newest
            }
            runs[index].newest = newest
            guard index > 0 else { break }
            let parent = Self.run(of: runs[index].predecessor, in: runs)
            runs[parent].branches.append(
                Branch(predecessor: runs[index].predecessor, run: index, newest: newest))
        }
        self.runs = runs
    }

    /// The places that several messages follow, lowest sequence first.
    public var forks: [Fork] {
        var followers: [Int64: [Fork.Successor]] = [:]
        for (index, jump) in jumps.enumerated() {
            let successor = Fork.Successor(sequence: jump.sequence, newestEnd: runs[index + 1].newest)
            followers[jump.predecessor, default: []].append(successor)
        }
        let starts = Set(jumps.map(\.sequence))
        for jump in jumps where followers[jump.predecessor]?.first?.sequence == jump.sequence {
            let next = jump.afterPredecessor
            if starts.contains(next) { continue }
            followers[jump.predecessor]?.insert(
                Fork.Successor(sequence: next, newestEnd: newest(under: next)), at: 0)
        }
        return followers.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }
            .map { Fork(after: $0.key, successors: $0.value) }
    }

    /// The newest message under one, itself included; 0 is above all.
    public func newest(under sequence: Int64) -> Int64 {
        let run = runs[Self.run(of: sequence, in: runs)]
        return max(run.last, run.branches[run.firstBranch(from: sequence)...].first?.newest ?? 0)
    }

    /// A message and all that descend from it, as ranges of sequences in ascending order.
    public func descendants(of sequence: Int64) -> [ClosedRange<Int64>] {
        var ranges: [ClosedRange<Int64>] = []
        var pending = [(run: Self.run(of: sequence, in: runs), from: sequence)]
        while let (index, first) = pending.popLast() {
            let run = runs[index]
            ranges.append(first...max(first, run.last))
            for branch in run.branches[run.firstBranch(from: first)...] {
                pending.append((branch.run, runs[branch.run].first))
            }
        }
        return ranges.sorted { $0.lowerBound < $1.lowerBound }
    }

    /// A message and all that it follows, as ranges of sequences, from the message back.
    public func path(through sequence: Int64) -> [ClosedRange<Int64>] {
        var ranges: [ClosedRange<Int64>] = []
        var end = sequence
        while end > 0 {
            let run = runs[Self.run(of: end, in: runs)]
            ranges.append(run.first...end)
            end = run.predecessor
        }
        return ranges
    }

    /// Which run has a message; 0 belongs to the first.
    private static func run(of sequence: Int64, in runs: [Run]) -> Int {
        var (low, high) = (0, runs.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if runs[middle].first <= sequence { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
