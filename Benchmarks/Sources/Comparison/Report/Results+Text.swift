import Foundation

extension Results {
    /// What a run prints.
    var text: String {
        var parts = [machine.text]
        if isQuick { parts.append("A quick run: short rounds, fewer imports, growth and memory on less data.") }
        if !rows.isEmpty { parts.append(Self.table(rows)) }
        if !callers.isEmpty { parts.append(Self.table(callers)) }
        if !growth.isEmpty { parts.append(GrowthResult.table(growth)) }
        let findings = memory + size + fairness + model
        if !findings.isEmpty { parts.append(Finding.table(findings)) }
        return parts.joined(separator: "\n\n")
    }

    private static func table(_ rows: [RowResult]) -> String {
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
            Figure.rate(peer), Figure.ratio(peerRatio), Figure.ratio(goal.peer),
            goal.isNone ? "" : isMet ? "met" : "MISSED",
        ]
    }
}

/// Numbers as people read them.
enum Figure {
    static func rate(_ value: Double?) -> String {
        guard let value else { return "-" }
        guard value.isFinite, abs(value) < 1e15 else { return "?" }
        guard value >= 0 else { return "-" + rate(-value) }
        let digits = String(Int(value.rounded()))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// Three digits that count, or all before the point.
    static func short(_ value: Double) -> String {
        switch abs(value) {
        case 100...: rate(value)
        case 10...: String(format: "%.1f", value)
        default: String(format: "%.2f", value)
        }
    }

    static func ratio(_ value: Double?) -> String {
        value.map { String(format: "%.2f", $0) } ?? "-"
    }
}
