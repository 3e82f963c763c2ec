import Foundation

/// All that a run has measured, as it is written to a file.
struct Results: Codable {
    var machine: Machine
    var isQuick: Bool
    var roundSeconds: Double
    /// The table's rows.
    var rows: [RowResult] = []
    /// Rows with other numbers of callers, for the plot of throughput.
    var callers: [RowResult] = []
    var growth: [GrowthResult] = []
    var memory: [Finding] = []
    /// How long files are.
    var size: [Finding] = []
    var fairness: [Finding] = []
    /// What parts, metadata, labels, previews and branches cost.
    var model: [Finding] = []

    /// Whether every row and figure that has a goal has reached it.
    var isMet: Bool {
        (rows + callers).allSatisfy { $0.goal.isNone || $0.isMet } && growth.allSatisfy(\.isMet)
            && (memory + size + fairness + model).allSatisfy(\.isMet)
    }

    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(self).write(to: URL(fileURLWithPath: path))
    }
}
