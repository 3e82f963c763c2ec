import ChatStorageTransfer

/// How far an import is, as a line.
struct ProgressLine {
    private static let barColumns = 24

    let summary: ImportSummary
    /// The bytes of all files; nil if one is a pipe.
    let totalBytes: Int64?
    let seconds: Double

    /// The figures: `42%, 3,012 conversations, 108,003 messages, 98,120 a second`.
    var text: String {
        let conversations =
            summary.imported + summary.unchanged + summary.different + summary.invalid
            + summary.failed
        var parts = fraction.map { ["\(Int($0 * 100))%"] } ?? []
        parts.append(conversations.counted("conversation"))
        parts.append(summary.messages.counted("message"))
        parts.append("\(Int(Double(summary.messages) / max(seconds, 0.001)).grouped) a second")
        return parts.joined(separator: ", ")
    }

    /// The figures behind a bar, where there is room for one and the end is known.
    func bar(width: Int) -> String {
        // The last column stays free: some terminals go to the next line when it is filled.
        let room = width - 1
        guard let fraction, room >= Self.barColumns + 2 + text.displayWidth else { return text.cut(toWidth: room) }
        let done = Int((fraction * Double(Self.barColumns)).rounded(.down))
        return String(repeating: "█", count: done) + String(repeating: "░", count: Self.barColumns - done) + "  " + text
    }

    private var fraction: Double? {
        totalBytes.map { total in total > 0 ? min(1, Double(summary.bytesRead) / Double(total)) : 1 }
    }
}

extension Double {
    /// The number rounded to a number of decimals.
    func text(decimals: Int) -> String {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((self * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        return (scaled / scale).grouped + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}
