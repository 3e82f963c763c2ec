import ChatStorageCore

/// Times that other programs write as numbers since 1970.
enum EpochTime {
    /// The unit of the numbers.
    enum Unit: Int64 {
        case seconds = 1_000_000
        case milliseconds = 1_000
        case microseconds = 1
    }

    /// The time of a JSON number, exact to the microsecond; nil if no storage takes it.
    static func time(_ number: String, in unit: Unit) -> Timestamp? {
        guard let microseconds = exact(number, unit) ?? approximate(number, unit) else { return nil }
        let time = Timestamp(microsecondsSinceEpoch: microseconds)
        return Limits.timestamps.contains(time) ? time : nil
    }

    /// Digits with or without a fraction, read exactly and not as a `Double`; digits beyond the microsecond are cut
    /// off.
    private static func exact(_ number: String, _ unit: Unit) -> Int64? {
        let pieces = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = pieces.first.flatMap({ Int64($0) }) else { return nil }
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: unit.rawValue)
        guard !overflow else { return nil }
        var (fraction, place) = (Int64(0), unit.rawValue / 10)
        for digit in pieces.dropFirst().first ?? "" {
            guard let value = digit.wholeNumberValue, digit.isASCII else { return nil }
            fraction += Int64(value) * place
            place /= 10
        }
        let (sum, overflows) = scaled.addingReportingOverflow(number.hasPrefix("-") ? -fraction : fraction)
        return overflows ? nil : sum
    }

    /// A number with an exponent.
    private static func approximate(_ number: String, _ unit: Unit) -> Int64? {
        guard let double = Double(number) else { return nil }
        return Int64(exactly: (double * Double(unit.rawValue)).rounded())
    }
}
