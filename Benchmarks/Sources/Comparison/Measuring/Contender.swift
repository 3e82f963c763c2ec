/// One of those that are measured in turn: the library, the limit of its engine, or a peer.
struct Contender {
    enum Part: String, Codable {
        case ours, limit, peer
    }

    let part: Part
    /// What it is, such as `pgbench, 16 clients`.
    let name: String
    /// Brings the stored state back to where every round begins, then makes calls for some seconds.
    ///
    /// - Returns: Calls a second.
    let round: (_ seconds: Double) async throws -> Double

    init(_ part: Part, _ name: String, round: @escaping (_ seconds: Double) async throws -> Double) {
        self.part = part
        self.name = name
        self.round = round
    }
}

/// Rounds of contenders in turn (A B C A B C ...), so that what else the machine does meets all of them.
struct Rounds {
    var count: Int
    var seconds: Double

    /// The rates of each contender, round by round.
    func run(_ contenders: [Contender]) async throws -> [[Double]] {
        var rates = contenders.map { _ in [Double]() }
        for _ in 0..<count {
            for (index, contender) in contenders.enumerated() {
                rates[index].append(try await contender.round(seconds))
            }
        }
        return rates
    }
}

extension [Double] {
    /// The middle value; the mean of both where two are in the middle, 0 of none.
    var median: Double { quantile(0.5) }

    /// The value below which a fraction of the values lies, interpolated between its two neighbours.
    func quantile(_ fraction: Double) -> Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        let place = fraction * Double(count - 1)
        let low = Int(place)
        let high = Swift.min(low + 1, count - 1)
        return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
    }
}
