import ChatStorageCore

/// What was mended while a conversation was read; its fields share it.
final class MendingLog {
    let leniency: Leniency
    /// Whether the line is the library's own, whose faults are damage: errors then do not mention leniency.
    var isOwnLine = false
    private(set) var counts: [Mending: Int] = [:]

    init(_ leniency: Leniency) {
        self.leniency = leniency
    }

    /// Goes back to earlier counts, after mending a value that is not used.
    func restore(_ counts: [Mending: Int]) {
        self.counts = counts
    }

    /// Counts a fault as mended, or throws it.
    ///
    /// - Parameters:
    ///   - kind: What is mended.
    ///   - reason: What is wrong.
    ///   - advice: What a lenient import does: `takes it for user`.
    func mend(
        _ kind: Mending, _ reason: @autoclosure () -> String, _ advice: @autoclosure () -> String
    ) throws {
        guard leniency.mends else {
            throw InvalidConversation(reason: isOwnLine ? reason() : "\(reason()); a lenient import \(advice())")
        }
        counts[kind, default: 0] += 1
    }
}
