/// Lines of columns, the first ones aligned to the left and the others to the right.
struct TextTable {
    private let leftColumns: Int
    private var lines: [[String]]

    init(_ titles: [String], leftColumns: Int) {
        lines = [titles]
        self.leftColumns = leftColumns
    }

    mutating func append(_ line: [String]) {
        lines.append(line)
    }

    var text: String {
        let widths = (lines.first ?? []).indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            line.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column < leftColumns ? cell + space : space + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
