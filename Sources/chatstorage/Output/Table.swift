/// Rows and columns for people: aligned by what a terminal shows, and fitted to its width.
struct Table {
    /// A column.
    struct Column {
        let title: String
        /// Numbers are aligned on the right.
        var isNumber = false
        /// How narrow the column can become on a narrow terminal; nil if it never does.
        var minimumWidth: Int?
        /// Whether the column is left out where it does not fit; the widest such column goes first.
        var canBeLeftOut = false
        /// Whether the column becomes narrow before the others do.
        var shrinksFirst = false
    }

    private static let gap = "  "

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row; control characters in it are made harmless.
    mutating func add(_ cells: [String]) {
        rows.append(cells.map(TerminalText.line))
    }

    /// The table's text.
    ///
    /// - Parameters:
    ///   - width: The terminal's columns; nil cuts nothing.
    ///   - style: The looks of the titles.
    func text(width: Int?, style: Style) -> String {
        let (shown, widths) = layout(within: width)
        let header = line(columns.map(\.title), shown, widths)
        let lines = [style.bold(header)] + rows.map { line($0, shown, widths) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ cells: [String], _ shown: [Int], _ widths: [Int]) -> String {
        var line = shown.map { column in
            cells[column].cut(toWidth: widths[column])
                .padded(toWidth: widths[column], onTheLeft: columns[column].isNumber)
        }.joined(separator: Self.gap)
        while line.last == " " { line.removeLast() }
        return line
    }

    /// Which columns are shown, and how wide: each is as wide as its text; then the widest one that can still shrink
    /// becomes narrower, again and again, until all fit.
    private func layout(within width: Int?) -> (shown: [Int], widths: [Int]) {
        var widths = columns.indices.map { column in
            rows.reduce(columns[column].title.displayWidth) { max($0, $1[column].displayWidth) }
        }
        var shown = Array(columns.indices)
        guard let width else { return (shown, widths) }
        func total(_ widths: [Int]) -> Int {
            shown.reduce(Self.gap.count * (shown.count - 1)) { $0 + widths[$1] }
        }
        let narrowest = columns.indices.map { min(widths[$0], columns[$0].minimumWidth ?? .max) }
        while total(narrowest) > width,
            let widest = shown.filter({ columns[$0].canBeLeftOut }).max(by: { narrowest[$0] < narrowest[$1] })
        {
            shown.removeAll { $0 == widest }
        }
        while total(widths) > width {
            let shrinkable = shown.filter { widths[$0] > narrowest[$0] }
            let first = shrinkable.filter { columns[$0].shrinksFirst }
            guard let widest = (first.isEmpty ? shrinkable : first).max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        return (shown, widths)
    }
}
