/// A row of the table: an operation on one backend by a number of callers, and what it should reach.
struct TableRow {
    /// What a row should reach; each number is a lower bound.
    struct Goal: Codable {
        /// Of the limit's calls.
        var limit: Double?
        /// Of the peer's calls.
        var peer: Double?
        /// Of messages, whatever others reach.
        var perSecond: Double?

        var isNone: Bool { limit == nil && peer == nil && perSecond == nil }
    }

    let operation: String
    let backend: String
    let callers: Int
    let goal: Goal
    let contenders: [Contender]
    /// Whether a round takes as long as its work does, so that a quick run makes fewer.
    var isLong = false

    var name: String { "\(operation), \(backend) \(callers)" }
}

/// A row with what was measured.
struct RowResult: Codable {
    let operation: String
    let backend: String
    let callers: Int
    let rounds: Int
    let goal: TableRow.Goal
    let ours: Double
    let limit: Double?
    let limitName: String?
    /// The median of the rounds' ratios of ours to the limit.
    let ratio: Double?
    let peer: Double?
    let peerName: String?
    let peerRatio: Double?
    let isMet: Bool
    /// The calls a second of every contender, round by round.
    let rates: [String: [Double]]

    init(_ row: TableRow, rates: [[Double]]) {
        func values(_ part: Contender.Part) -> (name: String, rates: [Double])? {
            // Of several limits the best one is the limit.
            zip(row.contenders, rates).filter { $0.0.part == part }.map { ($0.0.name, $0.1) }
                .max { $0.1.median < $1.1.median }
        }
        let ours = values(.ours)?.rates ?? []
        func ratio(to other: [Double]?) -> Double? {
            other.map { zip(ours, $0).map { $0 / $1 }.median }
        }
        let limit = values(.limit)
        let peer = values(.peer)
        operation = row.operation
        backend = row.backend
        callers = row.callers
        goal = row.goal
        rounds = ours.count
        self.ours = ours.median
        self.limit = limit?.rates.median
        limitName = limit?.name
        self.ratio = ratio(to: limit?.rates)
        self.peer = peer?.rates.median
        peerName = peer?.name
        peerRatio = ratio(to: peer?.rates)
        self.rates = Dictionary(zip(row.contenders.map(\.name), rates)) { $1 }
        isMet =
            (self.ratio ?? .infinity) >= goal.limit ?? 0 && (peerRatio ?? .infinity) >= goal.peer ?? 0
            && self.ours >= goal.perSecond ?? 0
    }
}
