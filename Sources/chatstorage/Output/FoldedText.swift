/// A long text for people: its beginning, and how much more there is.
struct FoldedText {
    /// How much of a text is shown at most; one that is hardly longer is shown whole.
    static let most = (lines: 8, scalars: 600)
    private static let slack = (lines: 2, scalars: 100)

    /// The beginning, or all.
    let text: String
    /// How much is not shown: `12 more lines, 3,456 characters`; nil if all is.
    let rest: String?

    init(_ text: String, folds: Bool = true) {
        let scalars = text.unicodeScalars
        var (end, lines, count) = (scalars.startIndex, 1, 0)
        while end < scalars.endIndex, count < Self.most.scalars {
            if scalars[end] == "\n" {
                guard lines < Self.most.lines else { break }
                lines += 1
            }
            end = scalars.index(after: end)
            count += 1
        }
        let hidden = scalars[end...]
        let hiddenLines = hidden.count { $0 == "\n" }
        guard folds, hidden.count > Self.slack.scalars || hiddenLines > Self.slack.lines else {
            (self.text, rest) = (text, nil)
            return
        }
        self.text = String(scalars[..<end])
        let characters = hidden.count.counted("character")
        rest = hiddenLines > 0 ? "\(hiddenLines.counted("line")) and \(characters)" : characters
    }
}
