extension Operation {
    private static let columns = (name: 30, end: 79)

    /// All operations as a table: each with its arguments, and with its answer after >.
    static var table: String { all.map(\.text).joined(separator: "\n") }

    /// The types of all operations' arguments, as sentences.
    static var types: String { all.flatMap(\.parameters).types }

    private var text: String {
        let margin = String(repeating: " ", count: Self.columns.name)
        let lines = Self.wrapped(parameters.list) + ["> \(answer.text)"]
        let start = "  \(name)" + margin.dropFirst(2 + name.count)
        return zip([start] + Array(repeating: margin, count: lines.count - 1), lines).map { $0 + $1 }
            .joined(separator: "\n")
    }

    /// The lines of the table's second column.
    private static func wrapped(_ text: String) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= columns.end - columns.name {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
