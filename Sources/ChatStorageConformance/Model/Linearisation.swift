/// The search for an order of concurrent calls that explains what all of them returned.
///
/// A history is linearisable if the calls, made one after the other in some order, end on the model just as they did,
/// and no call that ended before another began comes after it. Wing and Gong, "Testing and verifying concurrent objects"
/// (1993); that a state which was left in vain is not entered again is Lowe's addition (2017).
package struct Linearisation {
    /// The longest explained order that was found, as indices of the history; all of them if there is one.
    package private(set) var longest: [Int] = []
    /// Why the next call cannot follow the longest order, a line for each that could.
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
    ///   - history: At most 64 calls on one tenant. How many of them overlap is what the search costs: a history that
    ///     nothing explains can take twice the time for each more that is under way at once, so callers keep to eight.
    ///   - model: What the store held before them.
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
        for index in left where history[index].span.lowerBound < firstEnd {
            let entry = history[index]
            var next = model
            if let expectation = next.expectation(brokenBy: entry.outcome, of: entry.call, tenant: nil) {
                if isLongest { obstacles.append("\(entry), but \(expectation)") }
                continue
            }
            if extend(order + [index], made: made | 1 << UInt64(index), next) { return true }
        }
        return false
    }
}
