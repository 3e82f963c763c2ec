import ChatStorageConformance
import ChatStorageCore
import Testing

@testable import ChatStoragePostgres

/// What a removal changes, against a tree that keeps each message's predecessor.
@Suite struct BranchedRemovalTests {
    @Test(arguments: [1, 2, 3] as [UInt64]) func randomTreesBecomeWhatTheyShould(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let tree = Tree.random(using: &random)
            let descends = Bool.random(using: &random)
            let named = descends ? [tree.random(using: &random)] : tree.someSequences(using: &random)
            try check(tree, removing: named, withDescendants: descends)
        }
    }

    /// Adjacent messages that have the same survivor are one range.
    @Test func aWholeTreeIsOneRange() throws {
        let tree = Tree(predecessors: Dictionary(uniqueKeysWithValues: (1...100).map { ($0, max(0, $0 - 2)) }))
        let removal = try #require(BranchedRemoval(tree.look(naming: [1]), withDescendants: true))
        #expect(removal.ranges.count == 50 && removal.moved.count == 50)
        let all = try #require(BranchedRemoval(tree.look(naming: Array(1...99)), withDescendants: false))
        #expect(all.ranges == [1...99])
        #expect(all.moved.map(\.sequence) == [100] && all.moved.first?.parent == .some(nil) && !all.isBranched)
    }

    @Test func nothingIsRemovedWhereNothingIsThere() {
        let tree = Tree(predecessors: [1: 0, 2: 0])
        for descends in [false, true] {
            #expect(BranchedRemoval(tree.look(naming: [3]), withDescendants: descends) == nil)
        }
    }

    private func check(_ tree: Tree, removing named: [Int64], withDescendants descends: Bool) throws {
        let look = tree.look(naming: named)
        guard let removal = BranchedRemoval(look, withDescendants: descends) else {
            #expect(look.given.isEmpty)
            return
        }
        let expected = tree.removing(descends ? tree.descendants(of: named[0]) : Set(named))
        let gone = tree.sequences.filter { sequence in removal.ranges.contains { $0.contains(sequence) } }
        #expect(tree.sequences.filter { expected.predecessors[$0] == nil } == gone)
        #expect(zip(removal.ranges, removal.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
        // The rows as the statement leaves them.
        var parents = tree.parents.filter { !gone.contains($0.key) }
        for (sequence, parent) in removal.moved {
            #expect(parents[sequence] != .some(parent), "it had this parent before")
            parents[sequence] = .some(parent)
        }
        #expect(parents == expected.parents)
        #expect(removal.head == expected.storedHead)
        #expect(removal.isBranched == (expected.storedHead != nil || expected.parents.values.contains { $0 != nil }))
    }
}

/// A conversation's tree in its plainest form.
private struct Tree {
    var predecessors: [Int64: Int64]
    /// The end of the current path, 0 for none; nil is the newest message.
    var head: Int64?

    static func random(using random: inout SplitMix64) -> Tree {
        var tree = Tree(predecessors: [:])
        var last: Int64 = 0
        for _ in 0..<Int.random(in: 1...20, using: &random) {
            let sequence = last + .random(in: 1...2, using: &random)
            let jumps = Int.random(in: 0..<3, using: &random) == 0
            tree.predecessors[sequence] = jumps ? ([0] + tree.sequences).randomElement(using: &random) ?? 0 : last
            last = sequence
        }
        if Bool.random(using: &random) { tree.head = ([0] + tree.sequences).randomElement(using: &random) }
        return tree
    }

    func random(using random: inout SplitMix64) -> Int64 { .random(in: 1...(newest + 1), using: &random) }

    func someSequences(using random: inout SplitMix64) -> [Int64] {
        let share = Int.random(in: 1...4, using: &random)
        return (1...newest + 1).filter { _ in Int.random(in: 0...4, using: &random) < share }
    }

    var sequences: [Int64] { predecessors.keys.sorted() }
    var newest: Int64 { predecessors.keys.max() ?? 0 }
    var storedHead: Int64? { head == newest ? nil : head }

    func below(_ sequence: Int64) -> Int64 { predecessors.keys.filter { $0 < sequence }.max() ?? 0 }

    /// What the rows' `parent` is.
    var parents: [Int64: Int64?] {
        Dictionary(uniqueKeysWithValues: predecessors.map { ($0, $1 == below($0) ? nil : $1) })
    }

    func descendants(of sequence: Int64) -> Set<Int64> {
        var found: Set<Int64> = [sequence]
        for other in sequences where predecessors[other].map(found.contains) ?? false { found.insert(other) }
        return found
    }

    func removing(_ removed: Set<Int64>) -> Tree {
        func survivor(_ sequence: Int64) -> Int64 {
            var sequence = sequence
            while removed.contains(sequence), let next = predecessors[sequence] { sequence = next }
            return sequence
        }
        var tree = Tree(predecessors: [:])
        for (sequence, predecessor) in predecessors where !removed.contains(sequence) {
            tree.predecessors[sequence] = survivor(predecessor)
        }
        tree.head = survivor(head ?? newest)
        return tree
    }

    func look(naming named: [Int64]) -> RemovalLook {
        let present = named.sorted().filter { predecessors[$0] != nil }
        return RemovalLook(
            conversation: LookedConversation(
                createdAt: .earliest, lastSequence: newest, messageCount: Int64(predecessors.count), clearedThrough: 0,
                head: storedHead),
            newest: newest,
            given: present.map { sequence in
                RemovalLook.Given(
                    sequence: sequence, predecessor: predecessors[sequence] ?? 0, below: below(sequence),
                    above: predecessors.keys.filter { $0 > sequence }.min() ?? 0)
            },
            jumps: sequences.filter { predecessors[$0] != below($0) }.map { sequence in
                RemovalLook.Jump(
                    sequence: sequence, predecessor: predecessors[sequence] ?? 0, below: below(sequence))
            })
    }
}
