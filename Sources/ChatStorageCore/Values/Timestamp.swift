#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// A point in time in UTC, in whole microseconds.
///
/// `Date` counts seconds in a `Double`, which is finer than a microsecond today and coarser in other centuries; a
/// timestamp is exact in the years 1 to 9999, so what a write returns equals what a later read returns.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let microsecondsSinceEpoch: Int64

    /// The first moment of the year 1.
    public static let earliest = Timestamp(microsecondsSinceEpoch: -62_135_596_800_000_000)
    /// The last microsecond of the year 9999.
    public static let latest = Timestamp(microsecondsSinceEpoch: 253_402_300_799_999_999)

    /// Makes a timestamp of any number of microseconds; a call that stores one checks its range.
    public init(microsecondsSinceEpoch: Int64) {
        self.microsecondsSinceEpoch = microsecondsSinceEpoch
    }

    /// Makes the timestamp nearest to a date; dates outside the years 1 to 9999 give one outside them.
    public init(_ date: Date) {
        // Seconds and fraction apart: their product as one Double would lose microseconds in distant years.
        let seconds = date.timeIntervalSince1970.rounded(.down)
        let fraction = date.timeIntervalSince1970 - seconds
        let bounded = seconds.isNaN ? -1e11 : min(max(seconds, -1e11), 1e12)
        microsecondsSinceEpoch = Int64(bounded) * 1_000_000 + Int64((fraction.isFinite ? fraction : 0) * 1e6 + 0.5)
    }

    /// The current time of the system's clock.
    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microsecondsSinceEpoch: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// The date nearest to this timestamp.
    public var date: Date {
        let (seconds, microseconds) = microsecondsSinceEpoch.dividedRoundingDown(by: 1_000_000)
        return Date(timeIntervalSince1970: Double(seconds) + Double(microseconds) / 1e6)
    }

    /// Whether the first is earlier.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microsecondsSinceEpoch < right.microsecondsSinceEpoch
    }
}

extension Int64 {
    /// The quotient rounded towards negative infinity and the remainder, which is never negative.
    func dividedRoundingDown(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
