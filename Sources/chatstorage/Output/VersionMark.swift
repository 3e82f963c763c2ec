import ChatStorageCore

/// Where a message stands among those that follow the same place: ‹2/3›, and which the others are.
struct VersionMark: Sendable, Equatable {
    /// How many of the others are named at most; those nearest to the message.
    private static let most = 6

    /// The message's number among them, counted from 1.
    let number: Int
    /// How many there are.
    let count: Int
    /// The sequences of others, lowest first.
    let others: [Int64]

    /// The marks of messages, by their sequences.
    static func marks(of messages: [Message], in forks: [Fork]) -> [Int64: VersionMark] {
        guard !forks.isEmpty else { return [:] }
        let shown = Set(messages.map(\.sequence))
        var marks: [Int64: VersionMark] = [:]
        for fork in forks {
            for (index, successor) in fork.successors.enumerated() where shown.contains(successor.sequence) {
                marks[successor.sequence] = VersionMark(at: index, of: fork)
            }
        }
        return marks
    }

    private init(at index: Int, of fork: Fork) {
        (number, count) = (index + 1, fork.successors.count)
        let start = max(0, min(index - Self.most / 2, count - Self.most - 1))
        others = (start..<min(start + Self.most + 1, count)).filter { $0 != index }.map { fork.successors[$0].sequence }
    }

    /// `‹2/3› others: #5, #9`, with … where not all are named.
    var text: String {
        let names = others.map { "#\($0)" }.joined(separator: ", ")
        return
            "‹\(number)/\(count)› \(count == 2 ? "other" : "others"): \(names)\(others.count + 1 < count ? ", …" : "")"
    }
}
