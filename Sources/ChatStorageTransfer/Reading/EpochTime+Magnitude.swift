import ChatStorageCore

extension EpochTime {
    /// Reads a number of an unknown unit, which its size suggests.
    ///
    /// Up to 10¹¹ it counts seconds, which is the year 5138, up to 10¹⁴ milliseconds, up to 10¹⁷ microseconds, and
    /// beyond nanoseconds.
    ///
    /// - Returns: Nil for a text that is no number, or a time that cannot be stored.
    static func time(of text: String) -> Timestamp? {
        // `Double` takes more than JSON's numbers: `inf`, `0x1e`.
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
