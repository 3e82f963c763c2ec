/// What a connection carries, by the kinds of calls that should not wait behind each other.
struct ConnectionLoad: Sendable {
    private(set) var shortReads = 0
    private(set) var longReads = 0
    private(set) var writes = 0
    private(set) var isolated = 0

    var count: Int { shortReads + longReads + writes + isolated }

    mutating func add(_ lane: Call.Lane, _ change: Int = 1) {
        switch lane {
        case .shortRead: shortReads += change
        case .longRead: longReads += change
        case .write(.isolated): isolated += change
        case .write: writes += change
        }
    }
}

/// Which of several connections a call takes.
struct ConnectionChoice {
    /// How many short reads go to a connection before another is taken: a server's process that finds the next call
    /// already there need not be woken for it.
    static let readsBeforeNext = 8

    /// How many connections there are at most.
    let limit: Int

    /// How many connections carry a long read at most, one each, given how many connections there are.
    ///
    /// With three or more, two stay free of long answers: one for short reads, and one for writes.
    static func longReads(among connections: Int) -> Int { max(1, connections - 2) }

    /// Chooses a connection.
    ///
    /// Reads are kept where nothing is written, and writes leave a connection to them while another takes writes.
    ///
    /// - Parameter loads: What each connection carries; nil for one that takes no call now.
    /// - Returns: The connection, and whether the call would wait there only behind its own kind; nil when none may be
    ///   taken.
    func choose(
        _ lane: Call.Lane, among loads: some RandomAccessCollection<ConnectionLoad?>
    ) -> (index: Int, isGood: Bool)? {
        let isWrite = if case .write = lane { true } else { false }
        let untouched = loads.count { $0.map { $0.writes + $0.isolated + $0.longReads == 0 } ?? false }
        let isWrittenTo = loads.contains { $0.map { $0.writes > 0 && $0.isolated == 0 } ?? false }
        var best: (index: Int, cost: Int)?
        for (index, load) in loads.enumerated() {
            guard let load, load.isolated == 0 || limit == 1 else { continue }
            if lane == .longRead, load.longReads > 0 { continue }
            if isWrite, isWrittenTo, loads.count == limit, load.writes == 0, untouched <= 1 { continue }
            let cost = cost(of: lane, load)
            if best.map({ cost < $0.cost }) ?? true { best = (index, cost) }
        }
        return best.map { ($0.index, isGood: $0.cost < 1_000) }
    }

    private func cost(of lane: Call.Lane, _ load: ConnectionLoad) -> Int {
        switch lane {
        case .shortRead:
            // The fullest one that is not full yet, then the emptiest.
            let depth =
                load.shortReads < Self.readsBeforeNext ? Self.readsBeforeNext - load.shortReads : load.shortReads
            return depth + (load.shortReads < Self.readsBeforeNext ? 0 : 1_000) + load.writes * 10_000
                + load.longReads * 100_000
        case .longRead:
            return load.shortReads * 2_000 + load.writes * 10_000
        case .write:
            return load.writes * 1_000 + load.shortReads * 2_000 + load.longReads * 100_000
        }
    }
}
