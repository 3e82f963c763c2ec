/// The search for an order of concurrent calls that explains what all of them returned.
///
/// A history is linearisable if there is an order in which the calls, made one after the other on the model, end just
/// as they did; a call that ended before another began must also come before it. See Wing and Gong, "Testing and
/// verifying concurrent objects" (1993). Lowe (2017) added that the search enters no state twice.
package struct Linearisation {
    /// The longest explained order that was found, as indices of the history; it has all calls if one explains all.
    package private(set) var longest: [Int] = []
    /// Why no call can follow the longest order, a line for each candidate.
    package private(set) var obstacles: [String] = []
    /// Whether an order explains all.
    package var isComplete: Bool { longest.count == history.count }

    private struct Visited: Hashable {
        let made: UInt64
        let model: Model
    }

    private let history: [HistoryEntry]
    private var visited: Set<Visited> = []

    /// Searches.
    ///
    /// - Parameters:
    ///   - history: At most 64 calls on one tenant. The cost depends on how many of them overlap: without an
    ///     explanation, each additional call under way at once can double the time, so use at most eight callers.
    ///   - model: The state of the store before them.
    package init(of history: [HistoryEntry], from model: Model = Model()) {
        precondition(history.count <= UInt64.bitWidth, "a history has at most 64 calls")
        self.history = history
        _ = extend([], made: 0, model)
    }

    private mutating func extend(_ order: [Int], made: UInt64, _ model: Model) -> Bool {
        let isLongest = order.count > longest.count || order.isEmpty
        if isLongest {
            longest = order
            obstacles = []
        }
        guard order.count < history.count else { return true }
        guard visited.insert(Visited(made: made, model: model)).inserted else { return false }
        let left = history.indices.filter { made & 1 << UInt64($0) == 0 }
        // A call that began after another had ended cannot come before it.
        let firstEnd = left.map { history[$0].span.upperBound }.min() ?? 0
        // Calls mostly take effect in the order in which they end, so this order finds an explanation soonest.
        let candidates = left.filter { history[$0].span.lowerBound < firstEnd }
        for index in candidates.sorted(by: { history[$0].span.upperBound < history[$1].span.upperBound }) {
            let entry = history[index]
            var next = model
            if let expectation = next.expectation(brokenBy: entry.outcome, of: entry.call, tenant: nil) {
                if isLongest, longest.count == order.count { obstacles.append("\(entry), but \(expectation)") }
                continue
            }
            if extend(order + [index], made: made | 1 << UInt64(index), next) { return true }
        }
        return false
    }
}
