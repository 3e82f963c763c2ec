extension Timestamp: CustomStringConvertible, LosslessStringConvertible {
    /// The time as RFC 3339 with six digits of a second: `2026-11-22T07:17:51.123456Z`.
    public var description: String {
        let (seconds, microseconds) = microsecondsSinceEpoch.dividedRoundingDown(by: 1_000_000)
        let (days, secondOfDay) = seconds.dividedRoundingDown(by: 86_400)
        let (year, month, day) = CivilDate.from(daysSinceEpoch: days)
        return String(unsafeUninitializedCapacity: 40) { buffer in
            var writer = DigitWriter(buffer: buffer)
            writer.write(year, digits: 4)
            writer.write("-")
            writer.write(month, digits: 2)
            writer.write("-")
            writer.write(day, digits: 2)
            writer.write("T")
            writer.write(secondOfDay / 3600, digits: 2)
            writer.write(":")
            writer.write(secondOfDay / 60 % 60, digits: 2)
            writer.write(":")
            writer.write(secondOfDay % 60, digits: 2)
            writer.write(".")
            writer.write(microseconds, digits: 6)
            writer.write("Z")
            return writer.count
        }
    }

    /// Reads an RFC 3339 time, rounded to the microsecond: `2026-11-22T07:17:51Z`, `2026-11-22t08:17:51.5+01:00`.
    ///
    /// A leap second (second 60 of a month's last minute in UTC) reads as the second after it.
    ///
    /// Nil for any other text, such as a time without a zone, for a date that no calendar has, and for years outside 1
    /// to 9999.
    public init?(_ text: String) {
        var reader = RFC3339Reader(bytes: Array(text.utf8))
        guard let time = reader.read() else { return nil }
        self = time
    }
}

extension Timestamp {
    /// What is wrong with a text that is not a time; in a sentence it follows the name of the text's place.
    package static func problem(with text: String) -> String {
        // The usual mistake, such as Python's `isoformat()` of a naive time: it does not say which moment it is.
        Timestamp(text + "Z") == nil
            ? "is not an RFC 3339 time"
            : "is a time without a zone; it needs Z, or an offset such as +01:00, at its end"
    }
}

extension Timestamp: Codable {
    /// Reads an RFC 3339 string.
    ///
    /// - Throws: `DecodingError` for any other text, which it does not quote.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "the text \(Timestamp.problem(with: text))")
        }
        self = time
    }

    /// Writes an RFC 3339 string in UTC with six digits of a second: `"2026-11-22T07:17:51.123456Z"`.
    ///
    /// - Throws: `EncodingError` for a time outside the years 1 to 9999, which RFC 3339 cannot express.
    public func encode(to encoder: any Encoder) throws {
        guard (Timestamp.earliest...Timestamp.latest).contains(self) else {
            throw EncodingError.invalidValue(
                self, .init(codingPath: encoder.codingPath, debugDescription: "a time outside the years 1 to 9999"))
        }
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Days since 1970-01-01 and dates of the Gregorian calendar, extended to all years.
///
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years start in March, in eras of 400 years.
private enum CivilDate {
    static func from(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (daysSinceEpoch + 719_468).dividedRoundingDown(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = shiftedYear.dividedRoundingDown(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

private struct DigitWriter {
    let buffer: UnsafeMutableBufferPointer<UInt8>
    var count = 0

    mutating func write(_ separator: Unicode.Scalar) {
        buffer[count] = UInt8(ascii: separator)
        count += 1
    }

    /// Writes all digits of the number, and zeros before them up to a minimum of digits.
    mutating func write(_ number: Int64, digits: Int) {
        var places = digits
        if number < 0 { write("-") }
        var larger = number.magnitude
        for _ in 0..<digits { larger /= 10 }
        while larger > 0 {
            places += 1
            larger /= 10
        }
        var rest = number.magnitude
        for place in stride(from: places - 1, through: 0, by: -1) {
            buffer[count + place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        count += places
    }
}

private struct RFC3339Reader {
    let bytes: [UInt8]
    var position = 0

    mutating func read() -> Timestamp? {
        guard let year = number(digits: 4), skip("-"), let month = number(digits: 2), skip("-"),
            let day = number(digits: 2), skip("T") || skip("t") || skip(" "),
            let hour = number(digits: 2), skip(":"), let minute = number(digits: 2), skip(":"),
            let second = number(digits: 2)
        else { return nil }
        guard year >= 1, (1...12).contains(month), (1...CivilDate.days(inMonth: month, of: year)).contains(day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        guard let microseconds = fraction(), let offset = offset(), position == bytes.count else { return nil }
        let days = CivilDate.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        guard second < 60 || Self.isStartOfMonth(seconds) else { return nil }
        let time = Timestamp(microsecondsSinceEpoch: seconds * 1_000_000 + microseconds)
        return (Timestamp.earliest...Timestamp.latest).contains(time) ? time : nil
    }

    /// Whether a month begins in UTC at this many seconds after 1970: leap seconds come only just before (ITU-R
    /// TF.460-6).
    private static func isStartOfMonth(_ seconds: Int64) -> Bool {
        let (days, secondOfDay) = seconds.dividedRoundingDown(by: 86_400)
        return secondOfDay == 0 && CivilDate.from(daysSinceEpoch: days).day == 1
    }

    private mutating func skip(_ separator: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: separator) else { return false }
        position += 1
        return true
    }

    private mutating func digit() -> Int64? {
        guard position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) else {
            return nil
        }
        position += 1
        return Int64(bytes[position - 1] - UInt8(ascii: "0"))
    }

    private mutating func number(digits: Int) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// The digits after a point as microseconds, the seventh rounding them; 0 without a point.
    private mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        var microseconds: Int64 = 0
        var places = 0
        while let digit = digit() {
            places += 1
            if places <= 6 { microseconds = microseconds * 10 + digit }
            if places == 7, digit >= 5 { microseconds += 1 }
        }
        guard places > 0 else { return nil }
        // Rounding happened at the seventh digit, so six places or fewer still need their zeros.
        for _ in 0..<max(0, 6 - places) { microseconds *= 10 }
        return microseconds
    }

    /// The offset from UTC in seconds.
    private mutating func offset() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int64 = skip("-") ? -1 : 1
        guard sign == -1 || skip("+"), let hours = number(digits: 2), skip(":"), let minutes = number(digits: 2),
            hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}
