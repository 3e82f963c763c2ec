/// The order in which several take turns: the one served last comes last.
struct RoundRobin: Sendable {
    private let count: Int
    private var first = 0

    /// Begins with the first.
    ///
    /// - Parameter count: How many take turns.
    init(count: Int) {
        self.count = count
    }

    /// Everyone's number, in the order of their turns.
    var turns: some Sequence<Int> {
        let (first, count) = (first, count)
        return (0..<count).lazy.map { (first + $0) % count }
    }

    /// Notes who was served; a turn without service keeps the order.
    mutating func served(_ number: Int) {
        first = (number + 1) % count
    }
}
