import ChatStorageCore

extension EpochTime {
    /// Reads a number as a time, in the unit that its size suggests.
    ///
    /// Up to 10¹¹ (as seconds, the year 5138) it counts seconds, up to 10¹⁴ milliseconds, up to 10¹⁷ microseconds, and
    /// above that nanoseconds.
    ///
    /// - Returns: The time; nil if the text is no number, or the time cannot be stored.
    static func time(of text: String) -> Timestamp? {
        // `Double` accepts more than JSON's numbers: `inf`, `0x1e`.
        guard text.utf8.allSatisfy({ Array("0123456789+-.eE".utf8).contains($0) }), let number = Double(text) else {
            return nil
        }
        switch abs(number) {
        case ..<1e11: return time(text, in: .seconds)
        case ..<1e14: return time(text, in: .milliseconds)
        case ..<1e17: return time(text, in: .microseconds)
        default:
            guard let nanoseconds = Int64(text.prefix { $0 != "." }) else { return nil }
            return time(String(nanoseconds / 1_000), in: .microseconds)
        }
    }
}
