extension Timestamp {
    /// The timestamp a duration later, in whole microseconds; it stays in the years 1 to 9999.
    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        // No sum of years 1 to 9999 needs more seconds than these, and their microseconds cannot overflow.
        let bounded = min(max(seconds, -400_000_000_000), 400_000_000_000)
        let microseconds = time.microsecondsSinceEpoch + bounded * 1_000_000 + attoseconds / 1_000_000_000_000
        return min(max(Timestamp(microsecondsSinceEpoch: microseconds), earliest), latest)
    }

    /// The timestamp a duration earlier, in whole microseconds; it stays in the years 1 to 9999.
    public static func - (time: Timestamp, duration: Duration) -> Timestamp {
        // The lowest (most negative) duration has no opposite.
        time + (.zero - max(duration, .seconds(-400_000_000_000)))
    }
}
