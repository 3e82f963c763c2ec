import ChatStorageCore

/// Reads of conversations that have branched, beside those of a linear one of the same length.
extension ModelSection {
    private static let forks = 100

    /// Where a conversation's forks are.
    fileprivate enum Shape: String, CaseIterable {
        case linear, spread
        case atTheEnd = "at the end"
    }

    func branches(_ store: Store) async throws -> [Finding] {
        let count = bench.isQuick ? 10_000 : 100_000
        for shape in Shape.allCases { try await make(shape, messages: count, in: store.storage) }
        let middle = Int64(count / 2)
        var findings: [Finding] = []
        for (shape, goal) in [(Shape.spread, 2.0), (.atTheEnd, 4.0)] {
            let what = "\(Self.forks) forks \(shape.rawValue) of \(Figure.rate(Double(count))) messages / linear"
            findings.append(
                try await ratio(
                    "last 20, \(what)", store, atMost: goal, 1, Call.page(shape.id, .end, store.storage),
                    Call.page(Shape.linear.id, .end, store.storage)))
            findings.append(
                try await ratio(
                    "20 before the middle, \(what)", store, atMost: nil, 1,
                    Call.page(shape.id, .before(middle), store.storage),
                    Call.page(Shape.linear.id, .before(middle), store.storage)))
        }
        return findings
    }

    /// Each fork is a message that was sent again.
    private func make(_ shape: Shape, messages count: Int, in storage: any ChatStorage) async throws {
        let runs =
            switch shape {
            case .linear: [count]
            case .spread: Array(repeating: count / Self.forks - 1, count: Self.forks)
            case .atTheEnd: [count - Self.forks] + Array(repeating: 0, count: Self.forks - 1)
            }
        for run in runs {
            for start in stride(from: 0, to: run, by: 1_000) {
                let messages = (start..<min(start + 1_000, run)).map { ChatMessage.user(Load.content($0)) }
                try await storage.append(messages, to: shape.id)
            }
            guard shape != .linear, let last = try await storage.messages(of: shape.id, limit: 1).last else { continue }
            try await storage.append(.user(Load.content(0)), to: shape.id, .insteadOf(last.sequence))
        }
    }
}

extension ModelSection.Shape {
    fileprivate var id: ConversationID { ConversationID("branches, \(rawValue)") }
}

extension Call {
    fileprivate static func page(
        _ id: ConversationID, _ position: MessagePosition, _ storage: any ChatStorage
    ) -> Call {
        Call { load in load.seen &+= try await storage.messages(of: id, position, limit: 20).count }
    }
}
