/// Which of several connections a call takes.
struct ConnectionChoice {
    /// A number by which connections are compared: lower is better.
    private typealias Rule = @Sendable (ConnectionLoad) -> Int

    /// How many short reads go to a connection before another is taken: if the next call is already there, the server's
    /// process need not be woken for it.
    static let readsBeforeNext = 8

    /// How many connections there are at most.
    let limit: Int

    /// How many connections may carry a long read, one each, by the number of connections.
    ///
    /// With three or more, two stay free of long answers: one for short reads, and one for writes.
    static func longReads(among connections: Int) -> Int { max(1, connections - 2) }

    /// Chooses a connection.
    ///
    /// - Parameter loads: What each connection carries; nil for a connection that takes no call now.
    /// - Returns: The connection, and whether nothing on it delays the call; nil if none may be taken.
    func choose(
        _ lane: Call.Lane, among loads: some RandomAccessCollection<ConnectionLoad?>
    ) -> (index: Int, isGood: Bool)? {
        let leavesReadsAlone = leavesReadsAlone(lane, among: loads)
        let rules = Self.rules(for: lane)
        var best: (index: Int, load: ConnectionLoad)?
        for (index, load) in loads.enumerated() {
            guard let load, mayTake(lane, load), !leavesReadsAlone || load.writes > 0 else { continue }
            if best.map({ isBetter(load, than: $0.load, by: rules) }) ?? true { best = (index, load) }
        }
        return best.map { ($0.index, isGood: isGood(lane, $0.load)) }
    }

    /// Whether a call may go to a connection at all.
    private func mayTake(_ lane: Call.Lane, _ load: ConnectionLoad) -> Bool {
        // A write to a suspect may wait long for its lock, with everything behind it.
        guard load.isolated == 0 || limit == 1 else { return false }
        // The second of two long answers would take twice as long.
        return lane != .longRead || load.longReads == 0
    }

    /// Whether a call is a write that must go to a connection with writes, so that the last connection without writes
    /// stays free for reads.
    private func leavesReadsAlone(
        _ lane: Call.Lane, among loads: some RandomAccessCollection<ConnectionLoad?>
    ) -> Bool {
        guard case .write = lane, loads.count == limit else { return false }
        let untouched = loads.count { $0.map { $0.writes + $0.isolated + $0.longReads == 0 } ?? false }
        let isWrittenTo = loads.contains { $0.map { $0.writes > 0 && $0.isolated == 0 } ?? false }
        return isWrittenTo && untouched <= 1
    }

    /// The first rule in which two connections differ decides; if there is none, the earlier connection is taken.
    private func isBetter(_ load: ConnectionLoad, than other: ConnectionLoad, by rules: [Rule]) -> Bool {
        for rule in rules {
            let (this, that) = (rule(load), rule(other))
            if this != that { return this < that }
        }
        return false
    }

    private static func rules(for lane: Call.Lane) -> [Rule] {
        switch lane {
        case .shortRead: rulesOfShortReads
        case .longRead: rulesOfLongReads
        case .write: rulesOfWrites
        }
    }

    private static let rulesOfShortReads: [Rule] = [
        // A long answer takes as long as some hundred short ones.
        { $0.longReads },
        // Writes wait for the disk, and perhaps for locks.
        { $0.writes },
        // The fullest one that is not full yet, then the emptiest.
        { $0.shortReads < readsBeforeNext ? -$0.shortReads : $0.shortReads },
    ]

    private static let rulesOfLongReads: [Rule] = [
        // Writes wait for the disk, and perhaps for locks.
        { $0.writes },
        // The next short reads find a connection of their own.
        { $0.shortReads },
    ]

    private static let rulesOfWrites: [Rule] = [
        // A long answer takes as long as some hundred short ones.
        { $0.longReads },
        // The write waits for the calls before it. Reads count double: later reads join them, and would wait for the
        // write.
        { $0.writes + 2 * $0.shortReads },
    ]

    /// Whether nothing that a connection carries delays a call, so that another connection would not help.
    private func isGood(_ lane: Call.Lane, _ load: ConnectionLoad) -> Bool {
        guard load.longReads == 0, load.writes == 0 else { return false }
        return load.shortReads < (lane == .shortRead ? Self.readsBeforeNext : 1)
    }
}
