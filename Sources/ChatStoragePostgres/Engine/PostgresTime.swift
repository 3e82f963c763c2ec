import ChatStorageCore

/// PostgreSQL's `timestamptz`: microseconds since 2000-01-01 in UTC, the extremes being infinity.
enum PostgresTime {
    private static let epoch: Int64 = 946_684_800_000_000

    /// The number for a time; one outside the years 1 to 9999 is moved to their ends.
    static func microseconds(of time: Timestamp) -> Int64 {
        min(max(time, Timestamp.earliest), Timestamp.latest).microsecondsSinceEpoch - epoch
    }

    /// The time of a number; nil for infinity and outside the years 1 to 9999.
    static func time(ofMicroseconds number: Int64) -> Timestamp? {
        let (microseconds, isOverflow) = number.addingReportingOverflow(epoch)
        let time = Timestamp(microsecondsSinceEpoch: microseconds)
        return !isOverflow && Limits.timestamps.contains(time) ? time : nil
    }
}
