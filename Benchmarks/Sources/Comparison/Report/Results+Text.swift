import Foundation

extension Results {
    /// The table that a run prints.
    var table: String {
        var table = TextTable(
            [
                "operation", "backend", "limit", "callers", "ours/s", "limit/s", "ratio", "goal", "peer/s", "ratio",
                "goal", "",
            ],
            leftColumns: 3)
        for row in rows { table.append(row.cells) }
        return table.text
    }
}

extension RowResult {
    fileprivate var cells: [String] {
        [
            operation, backend, limitName ?? "-", "\(callers)", Figure.rate(ours), Figure.rate(limit),
            Figure.ratio(ratio), goal.perSecond.map { Figure.rate($0) + "/s" } ?? Figure.ratio(goal.limit),
            Figure.rate(peer), Figure.ratio(peerRatio), Figure.ratio(goal.peer), isMet ? "met" : "MISSED",
        ]
    }
}

/// Numbers as people read them.
enum Figure {
    static func rate(_ value: Double?) -> String {
        guard let value else { return "-" }
        let digits = String(Int(value.rounded()))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    static func ratio(_ value: Double?) -> String {
        value.map { String(format: "%.2f", $0) } ?? "-"
    }
}
