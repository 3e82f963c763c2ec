import ChatStorageCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

extension Timestamp {
    /// The time in the person's time zone, to the minute: `2026-11-22 07:17`.
    var localMinute: String {
        var seconds = time_t(microsecondsSinceEpoch / 1_000_000)
        if microsecondsSinceEpoch < 0, microsecondsSinceEpoch % 1_000_000 != 0 { seconds -= 1 }
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return description }
        func digits(_ number: CInt, _ count: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, count - digits.count)) + digits
        }
        return "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2)) "
            + "\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2))"
    }
}

extension Int {
    /// The number with commas: `258,145`.
    var grouped: String {
        var groups: [Substring] = []
        var rest = Substring(String(magnitude))
        while rest.count > 3 {
            groups.insert(rest.suffix(3), at: 0)
            rest = rest.dropLast(3)
        }
        groups.insert(rest, at: 0)
        return (self < 0 ? "-" : "") + groups.joined(separator: ",")
    }

    /// The number and its noun: `1 message`, `2,895 messages`.
    func counted(_ noun: String) -> String {
        "\(grouped) \(noun)\(self == 1 ? "" : "s")"
    }
}
