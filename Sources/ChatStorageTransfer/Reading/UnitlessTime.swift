import ChatStorageCore

/// Times as numbers since 1970, in the unit that their size suggests.
enum UnitlessTime {
    /// Reads a number's text, to the microsecond and without rounding through a `Double`: `1700000000.123456`.
    ///
    /// Up to 10¹¹ it counts seconds, which is the year 5138, up to 10¹⁴ milliseconds, up to 10¹⁷ microseconds, and
    /// beyond nanoseconds.
    ///
    /// - Returns: Nil for a text that is no such number, or a time that cannot be stored.
    static func time(of text: String) -> Timestamp? {
        let isNegative = text.hasPrefix("-")
        let pieces = text.drop { $0 == "-" }.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard (1...2).contains(pieces.count), pieces.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }),
            pieces[0].count <= 19, let whole = Int64(pieces[0])
        else { return exponential(text) }
        // How many digits of a second the whole number has, beyond the point: none for seconds, three for thousandths.
        let places = places(of: Double(whole))
        guard let factor = [0: 1_000_000, 3: 1_000, 6: 1][places] ?? (places == 9 ? 1 : nil) else { return nil }
        if places == 9 { return time(whole / 1_000, isNegative) }
        let digits = pieces.count == 2 ? Array(pieces[1].utf8).map { Int64($0) - 48 } : []
        var fraction: Int64 = 0
        for place in 0..<(6 - places) { fraction = fraction * 10 + (place < digits.count ? digits[place] : 0) }
        if digits.count > 6 - places, digits[6 - places] >= 5 { fraction += 1 }
        let (microseconds, overflows) = whole.multipliedReportingOverflow(by: Int64(factor))
        return overflows ? nil : time(microseconds + fraction, isNegative)
    }

    private static func places(of number: Double) -> Int {
        switch abs(number) {
        case ..<1e11: 0
        case ..<1e14: 3
        case ..<1e17: 6
        default: 9
        }
    }

    /// Numbers such as `1.7e9`.
    private static func exponential(_ text: String) -> Timestamp? {
        guard text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }), let number = Double(text),
            abs(number) < 1e20
        else { return nil }
        let factors = [0: 1e6, 3: 1e3, 6: 1, 9: 1e-3]
        let microseconds = (number * (factors[places(of: number)] ?? 1)).rounded()
        return time(Int64(abs(microseconds)), number < 0)
    }

    private static func time(_ microseconds: Int64, _ isNegative: Bool) -> Timestamp? {
        let time = Timestamp(microsecondsSinceEpoch: isNegative ? -microseconds : microseconds)
        return Limits.timestamps.contains(time) ? time : nil
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isWholeNumber }
}
