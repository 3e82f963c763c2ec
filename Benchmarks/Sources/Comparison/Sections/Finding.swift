/// One figure, most often with a bound: of memory, size, fairness or the model.
struct Finding: Codable {
    let what: String
    let backend: String
    let value: Double
    let unit: String
    /// The value is to be at most this.
    var atMost: Double?
    /// The value is to be at least this.
    var atLeast: Double?

    var isMet: Bool { value <= atMost ?? .infinity && value >= atLeast ?? -.infinity }

    static func table(_ findings: [Finding]) -> String {
        var table = TextTable(["figure", "backend", "value", "unit", "goal", ""], leftColumns: 2)
        for finding in findings {
            let goal =
                finding.atMost.map { "at most \(Figure.short($0))" }
                ?? finding.atLeast.map { "at least \(Figure.short($0))" }
            let verdict = goal == nil ? "" : finding.isMet ? "met" : "MISSED"
            table.append(
                [
                    finding.what, finding.backend, Figure.short(finding.value), finding.unit, goal ?? "-", verdict,
                ])
        }
        return table.text
    }
}
