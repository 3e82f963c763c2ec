import ChatStorageCore

/// How the latency of calls grows with the data: stores of different sizes, measured in turn.
struct GrowthSection {
    /// A call, and how much slower it may be with the most data than with the least.
    enum Call: CaseIterable {
        case lastMessages, appendToMessages, list, appendToConversations

        var name: String {
            switch self {
            case .lastMessages: "last 20 of N messages"
            case .appendToMessages: "append to N messages"
            case .list: "list 50 of N conversations"
            case .appendToConversations: "append among N conversations"
            }
        }

        var atMost: Double { self == .lastMessages ? 1.2 : 1.5 }
    }

    let bench: Bench
    let rounds: Rounds
    let sizes: [Int]

    func run() async throws -> [GrowthResult] {
        var results: [GrowthResult] = []
        for backend in SizedStores.backends(of: bench) {
            Bench.log("growth, \(backend.name): filling stores of up to \(Figure.rate(Double(sizes.max() ?? 0)))")
            var stores: [SizedStore] = []
            for size in sizes { stores.append(try await backend.make(size)) }
            for call in Call.allCases { results.append(try await measure(call, backend.name, stores)) }
            for store in stores { try await store.close() }
        }
        return results
    }

    private func measure(_ call: Call, _ backend: String, _ stores: [SizedStore]) async throws -> GrowthResult {
        var random = SplitMix64(state: 0)
        var load = Load(caller: 0)
        var medians = stores.map { _ in [Double]() }
        // A first round, not counted, brings what each store uses into memory.
        for round in 0...rounds.count {
            for (index, store) in stores.enumerated() {
                let latencies = try await Latency.repeatedly(for: rounds.seconds) {
                    try await Self.make(call, store, &load, &random)
                }
                if round > 0 { medians[index].append(latencies.median) }
            }
        }
        return GrowthResult(call, backend: backend, sizes: sizes, rounds: medians)
    }

    private static func make(
        _ call: Call, _ store: SizedStore, _ load: inout Load, _ random: inout SplitMix64
    ) async throws {
        switch call {
        case .lastMessages: load.seen &+= try await store.long.messages(of: SizedStore.longID, limit: 20).count
        case .appendToMessages: try await store.long.append(load.message(), to: SizedStore.longID)
        case .list: load.seen &+= try await store.wide.conversations(limit: 50).count
        case .appendToConversations:
            let number = Int(random.next() % UInt64(store.size))
            try await store.wide.append(load.message(), to: SizedStore.wideID(number))
        }
    }
}

/// The latencies of a call on stores of several sizes.
struct GrowthResult: Codable {
    let operation: String
    let backend: String
    let sizes: [Int]
    /// The median of the rounds' medians, for each size.
    let microseconds: [Double]
    /// The median of the rounds' ratios of the largest store to the smallest.
    let ratio: Double
    let atMost: Double
    let isMet: Bool

    init(_ call: GrowthSection.Call, backend: String, sizes: [Int], rounds: [[Double]]) {
        operation = call.name
        self.backend = backend
        self.sizes = sizes
        microseconds = rounds.map { $0.median * 1e6 }
        let (small, large) = (rounds.first ?? [], rounds.last ?? [])
        ratio = zip(large, small).map { $0 / $1 }.median
        atMost = call.atMost
        isMet = ratio <= atMost
    }

    static func table(_ results: [GrowthResult]) -> String {
        let sizes = results.first?.sizes ?? []
        var table = TextTable(
            ["operation", "backend"] + sizes.map { "µs, N = \(Figure.rate(Double($0)))" } + ["ratio", "goal", ""],
            leftColumns: 2)
        for result in results {
            table.append(
                [result.operation, result.backend] + result.microseconds.map(Figure.short)
                    + [Figure.ratio(result.ratio), Figure.ratio(result.atMost), result.isMet ? "met" : "MISSED"])
        }
        return table.text
    }
}
