import ChatStorageCore

/// What was mended while a conversation was read; its fields share it.
final class MendingLog {
    let leniency: Leniency
    /// Whether the line is the library's own, whose faults are no one's habits: nothing is said of leniency then.
    var isOwnLine = false
    private(set) var counts: [Mending: Int] = [:]

    init(_ leniency: Leniency) {
        self.leniency = leniency
    }

    /// Forgets what was mended since, of a value that is not taken after all.
    func restore(_ counts: [Mending: Int]) {
        self.counts = counts
    }

    /// Mends a fault that can be mended, or throws it.
    ///
    /// - Parameters:
    ///   - kind: What is mended.
    ///   - reason: What is wrong.
    ///   - advice: What a lenient reader does: `takes it for user`.
    func mend(
        _ kind: Mending, _ reason: @autoclosure () -> String, _ advice: @autoclosure () -> String
    ) throws {
        guard leniency.mends else {
            throw InvalidConversation(reason: isOwnLine ? reason() : "\(reason()); a lenient import \(advice())")
        }
        counts[kind, default: 0] += 1
    }
}
