import ChatStorageCore

/// A conversation's tree as its rows have it.
struct StoredTree: Sendable {
    private struct Row {
        let sequence: Int64
        let parent: Int64?
    }

    private let head: Int64?
    private let isBranched: Bool
    private let count: Int64?
    private let lastSequence: Int64?
    private let messages: [Row]

    /// Takes rows as a database gave them: head, whether it has branched, count, last sequence; sequence and parent.
    init?(conversation: [String?]?, messages: [[String?]]) {
        func number(_ text: String?) -> Int64? { text.flatMap { Int64($0) } }
        guard let conversation else { return nil }
        head = number(conversation[0])
        isBranched = conversation[1] == "1"
        count = number(conversation[2])
        lastSequence = number(conversation[3])
        self.messages = messages.map { Row(sequence: number($0[0]) ?? -1, parent: number($0[1])) }
    }

    /// Faults that no tree may have, whatever was called.
    var faults: [String] {
        var faults: [String] = []
        let sequences = Set(messages.map(\.sequence))
        var before: Int64 = 0
        for row in messages {
            if let parent = row.parent {
                if parent >= row.sequence { faults.append("\(row.sequence) follows \(parent)") }
                if parent == before { faults.append("\(row.sequence) names the one before, \(parent)") }
                if parent != 0, !sequences.contains(parent) { faults.append("\(row.sequence) follows \(parent), gone") }
            }
            before = row.sequence
        }
        if let head {
            if head == before { faults.append("the head names the newest message, \(head)") }
            if head != 0, !sequences.contains(head) { faults.append("the head is \(head), gone") }
        }
        if isBranched != (head != nil || messages.contains { $0.parent != nil }) {
            faults.append("it is\(isBranched ? "" : " not") said to have branched")
        }
        if count != Int64(messages.count) { faults.append("it counts \(count ?? -1) of \(messages.count) messages") }
        if before > lastSequence ?? 0 { faults.append("\(before) is beyond the last sequence, \(lastSequence ?? 0)") }
        return faults
    }

    /// How it differs from the tree that the library reads.
    func differences(from conversation: Conversation?, _ read: [Message]) -> [String] {
        var differences: [String] = []
        if conversation?.head != head { differences.append("the head is read as \(conversation?.head ?? -1)") }
        if conversation?.isBranched != isBranched { differences.append("whether it has branched is read otherwise") }
        if read.map(\.sequence) != messages.map(\.sequence) || read.map(\.predecessor) != messages.map(\.parent) {
            differences.append("messages are read as \(read.map { "\($0.sequence) after \($0.predecessor ?? -1)" })")
        }
        return differences
    }
}
