import ChatStorageCore
import Foundation
import Testing

/// Times as text, as dates and as numbers.
@Suite struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00.000000Z", 0), ("1970-01-01T00:00:00.000001Z", 1),
            ("1969-12-31T23:59:59.999999Z", -1), ("1969-12-31T23:59:59.000000Z", -1_000_000),
            ("2026-11-22T07:17:51.123456Z", 1_795_331_871_123_456),
            ("2000-02-29T00:00:00.000000Z", 951_782_400_000_000),
            ("1900-03-01T00:00:00.000000Z", -2_203_891_200_000_000),
            ("0001-01-01T00:00:00.000000Z", -62_135_596_800_000_000),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
            ("0400-02-29T12:00:00.500000Z", -49_539_297_599_500_000),
        ] as [(String, Int64)])
    func formatsAndReads(_ text: String, _ microseconds: Int64) {
        let time = Timestamp(microsecondsSinceEpoch: microseconds)
        #expect(time.description == text)
        #expect(Timestamp(text) == time)
    }

    @Test func anyDurationCanBeAddedAndTakenAway() {
        let time = Timestamp(microsecondsSinceEpoch: 0)
        let (shortest, longest) = (Duration.seconds(Int64.min), Duration.seconds(Int64.max))
        #expect(time + longest == .latest && time + shortest == .earliest)
        #expect(time - longest == .earliest && time - shortest == .latest)
    }

    @Test func theBoundsAreTheYears1To9999() {
        #expect(Timestamp.earliest.description == "0001-01-01T00:00:00.000000Z")
        #expect(Timestamp.latest.description == "9999-12-31T23:59:59.999999Z")
    }

    /// Days 97 apart, from the year 1 to 9999: each comes back from its text, and its date is that of
    /// Foundation's calendar.
    @Test func daysAreThoseOfTheCalendar() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for day in stride(from: -719_162 as Int64, through: 2_932_896, by: 97) {
            let time = Timestamp(microsecondsSinceEpoch: day * 86_400_000_000)
            #expect(Timestamp(time.description) == time)
            // Before 1582 Foundation's calendar is the Julian one.
            guard day > -141_427 else { continue }
            let parts = calendar.dateComponents(
                [.year, .month, .day], from: Date(timeIntervalSince1970: Double(day) * 86_400))
            let text = try String(
                format: "%04d-%02d-%02dT00:00:00.000000Z", #require(parts.year), #require(parts.month),
                #require(parts.day))
            #expect(time.description == text)
        }
    }

    @Test(arguments: [
        ("2026-11-22T07:17:51Z", "2026-11-22T07:17:51.000000Z"),
        ("2026-11-22t07:17:51z", "2026-11-22T07:17:51.000000Z"),
        ("2026-11-22 07:17:51Z", "2026-11-22T07:17:51.000000Z"),
        ("2026-11-22T07:17:51.5Z", "2026-11-22T07:17:51.500000Z"),
        ("2026-11-22T08:17:51+01:00", "2026-11-22T07:17:51.000000Z"),
        ("2026-11-22T01:32:51-05:45", "2026-11-22T07:17:51.000000Z"),
        ("2026-01-01T00:00:00+14:00", "2025-12-31T10:00:00.000000Z"),
        ("2026-11-22T07:17:51-00:00", "2026-11-22T07:17:51.000000Z"),
        ("2026-11-22T07:17:51.1234564Z", "2026-11-22T07:17:51.123456Z"),
        ("2026-11-22T07:17:51.1234565Z", "2026-11-22T07:17:51.123457Z"),
        ("2026-11-22T07:17:51.12345649999999999999999999Z", "2026-11-22T07:17:51.123456Z"),
        ("2026-12-31T23:59:59.9999999Z", "2027-01-01T00:00:00.000000Z"),
        ("0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T22:59:59.999999-01:00", "9999-12-31T23:59:59.999999Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
        ("2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.500000Z"),
        ("2017-01-01T08:59:60+09:00", "2017-01-01T00:00:00.000000Z"),
        ("1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00.000000Z"),
        ("2024-02-29T23:59:60Z", "2024-03-01T00:00:00.000000Z"),
    ])
    func readsRFC3339(_ text: String, _ utc: String) {
        #expect(Timestamp(text)?.description == utc)
    }

    @Test(arguments: [
        "", "2026", "2026-11-22", "2026-11-22T07:17", "2026-11-22T07:17:51", "26-11-22T07:17:51Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-11-00T00:00:00Z", "2026-11-31T00:00:00Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T07:60:00Z",
        "2026-11-22T07:17:60Z", "2026-11-22T23:59:60Z", "2026-11-30T23:59:61Z", "2026-11-30T23:58:60Z",
        "2016-12-31T23:59:60+01:00", "9999-12-31T23:59:60Z", "2026-11-22T07:17:51.Z", "2026-11-22T07:17:51,5Z",
        "2026-11-22T07:17:51+0100",
        "2026-11-22T07:17:51+24:00", "2026-11-22T07:17:51+01:60", "2026-11-22T07:17:51Z ", " 2026-11-22T07:17:51Z",
        "2026-11-22T07:17:51ZZ", "2026-11-22T07:17:51\0Z", "0000-12-31T23:59:59Z", "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:59.9999995Z", "10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z",
        "+2026-11-22T07:17:51Z", "\u{662}026-11-22T07:17:51Z", "2026-11-22T07:17:51\u{301}Z",
    ])
    func refusesOtherText(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func aTimeWithoutAZoneIsNamedAsSuch() {
        for text in ["2026-11-22T07:17:51", "2026-11-22 07:17:51.123456", "2016-12-31T23:59:60"] {
            #expect(Timestamp(text) == nil)
            #expect(Timestamp.problem(with: text).contains("without a zone; it needs Z"))
        }
        for text in ["", "yesterday", "2026-11-22", "2026-11-22T07:17", "2026-02-30T07:17:51", "2026-11-22T07:17:51ZZ"]
        {
            #expect(Timestamp.problem(with: text) == "is not an RFC 3339 time")
        }
    }

    @Test func datesRoundToTheNearestMicrosecond() {
        #expect(Timestamp(Date(timeIntervalSince1970: 0.000_000_4)).microsecondsSinceEpoch == 0)
        #expect(Timestamp(Date(timeIntervalSince1970: 0.000_000_6)).microsecondsSinceEpoch == 1)
        #expect(Timestamp(Date(timeIntervalSince1970: -0.000_000_6)).microsecondsSinceEpoch == -1)
        #expect(Timestamp(Date(timeIntervalSince1970: -1.25)).microsecondsSinceEpoch == -1_250_000)
        #expect(Timestamp(Date(timeIntervalSince1970: 0.999_999_9)).microsecondsSinceEpoch == 1_000_000)
    }

    @Test func datesOfOurTimeComeBack() {
        for microseconds in [0, 1, -1, 946_684_800_123_456, 1_795_331_871_999_999, 4_102_444_800_000_001] as [Int64] {
            let time = Timestamp(microsecondsSinceEpoch: microseconds)
            #expect(Timestamp(time.date) == time)
        }
    }

    @Test func datesThatCannotBeStoredStayOutsideTheBounds() {
        // Foundation's distant past is the first day of the year 1 in the Julian calendar: two days too early.
        for seconds in [-.infinity, .nan, -1e300, Date.distantPast.timeIntervalSince1970] as [Double] {
            #expect(Timestamp(Date(timeIntervalSince1970: seconds)) < .earliest)
        }
        for seconds in [.infinity, 1e300] as [Double] {
            #expect(Timestamp(Date(timeIntervalSince1970: seconds)) > .latest)
        }
        #expect(Limits.timestamps.contains(Timestamp(.distantFuture)))
    }

    @Test func timesOutsideTheBoundsCanBeDescribed() {
        for microseconds in [.min, .max, 253_402_300_800_000_000, -62_135_596_800_000_001] as [Int64] {
            let text = Timestamp(microsecondsSinceEpoch: microseconds).description
            #expect(text.hasSuffix("Z"))
            #expect(Timestamp(text) == nil)
        }
    }

    @Test func codesAsRFC3339() throws {
        let time = Timestamp(microsecondsSinceEpoch: 1_795_331_871_123_456)
        let json = try JSONEncoder().encode([time])
        #expect(String(decoding: json, as: UTF8.self) == #"["2026-11-22T07:17:51.123456Z"]"#)
        #expect(try JSONDecoder().decode([Timestamp].self, from: json) == [time])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Timestamp].self, from: Data(#"["yesterday"]"#.utf8))
        }
    }
}
