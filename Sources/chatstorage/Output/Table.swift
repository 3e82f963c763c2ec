/// Rows and columns for people: aligned by what a terminal shows, and fitted to its width.
struct Table {
    /// A column.
    struct Column {
        let title: String
        /// Numbers are aligned on the right.
        var isNumber = false
        /// How narrow the column can become when the terminal is; nil if it never does.
        var minimumWidth: Int?
    }

    private static let gap = "  "

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row; the texts are shown without what a terminal would obey.
    mutating func add(_ cells: [String]) {
        rows.append(cells.map(TerminalText.line))
    }

    /// The table's text.
    ///
    /// - Parameters:
    ///   - width: The terminal's columns; nil cuts nothing.
    ///   - style: The looks of the titles.
    func text(width: Int?, style: Style) -> String {
        let widths = columnWidths(within: width)
        let header = line(columns.map(\.title), widths)
        let lines = [style.bold(header)] + rows.map { line($0, widths) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = zip(zip(cells, columns), widths).map { pair, width in
            pair.0.cut(toWidth: width).padded(toWidth: width, onTheLeft: pair.1.isNumber)
        }.joined(separator: Self.gap)
        while line.last == " " { line.removeLast() }
        return line
    }

    /// What the columns need, the widest that can shrink made narrower until all fit.
    private func columnWidths(within width: Int?) -> [Int] {
        var widths = columns.indices.map { column in
            rows.reduce(columns[column].title.displayWidth) { max($0, $1[column].displayWidth) }
        }
        guard let width else { return widths }
        let gaps = Self.gap.count * (columns.count - 1)
        while widths.reduce(gaps, +) > width {
            let shrinkable = widths.indices.filter { widths[$0] > columns[$0].minimumWidth ?? .max }
            guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        return widths
    }
}
