import CLibPQ
import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Values in PostgreSQL's binary format.
@Suite struct WireTests {
    @Test func textIsItsBytesWithALength() {
        let values = Parameters { values in
            values.append("e\u{301}\u{FEFF}")
            values.append(String?.none)
            values.append("")
        }
        #expect(values.encoded == [[0x65, 0xcc, 0x81, 0xef, 0xbb, 0xbf], nil, []])
    }

    @Test func numbersAreBigEndian() {
        let values = Parameters { $0.append(Int64(-2)) }
        #expect(values.encoded == [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]])
    }

    @Test func arraysHaveDimensionTypeAndLengths() {
        let values = Parameters { values in
            values.append(texts: ["a", ""])
            values.append(numbers: [])
        }
        let texts: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 97, 0, 0, 0, 0]
        #expect(values.encoded == [texts, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20]])
    }

    @Test func timesCountFromTheYear2000() {
        #expect(PostgresTime.microseconds(of: Timestamp(microsecondsSinceEpoch: 946_684_800_000_001)) == 1)
        #expect(PostgresTime.time(ofMicroseconds: 1) == Timestamp(microsecondsSinceEpoch: 946_684_800_000_001))
        for time in [Timestamp.earliest, .latest] {
            #expect(PostgresTime.time(ofMicroseconds: PostgresTime.microseconds(of: time)) == time)
        }
        // Infinity, minus infinity and years that the contract does not have.
        for number in [Int64.max, .min, PostgresTime.microseconds(of: .latest) + 1] {
            #expect(PostgresTime.time(ofMicroseconds: number) == nil)
        }
        // A time outside the years 1 to 9999 becomes the nearest one within them.
        #expect(
            PostgresTime.microseconds(of: Timestamp(microsecondsSinceEpoch: .min))
                == PostgresTime.microseconds(of: .earliest))
    }

    @Test func aMessageLargerThanAPartIsOneByItself() {
        let parts = RestoreRequest.parts([10, 2 << 20, 10, 20])
        #expect(parts.map(\.range) == [0..<1, 1..<2, 2..<4])
        #expect(RestoreRequest.parts(Array(repeating: 0, count: 2_001)).map(\.range.count) == [1_000, 1_000, 1])
        #expect(RestoreRequest.parts([]).isEmpty)
    }

    @Test(arguments: ["'infinity'", "'-infinity'", "'0044-03-15 BC'", "'10000-01-01'"])
    func timesThatTheContractDoesNotHaveAreDamage(time: String) async throws {
        try await withBackend { backend, schema in
            try await TestPostgres.execute(
                "INSERT INTO \(schema).conversations VALUES ('', 'c', NULL, now(), \(time), 0)")
            await expectError(.damaged) { try await backend.conversation("c") }
        }
    }

    @Test func sequencesThatTheLibraryDoesNotGiveAreDamage() async throws {
        try await withBackend { backend, schema in
            try await backend.createConversation("c")
            try await TestPostgres.execute(
                "INSERT INTO \(schema).chat_messages VALUES ('', 'c', 0, 'user', 'secret', now())")
            await expectError(.damaged, without: "secret") { try await backend.messages(of: "c") }
        }
    }
}

extension Parameters {
    /// The values as libpq would send them.
    fileprivate var encoded: [[UInt8]?] {
        withPointers { _, values, lengths, _ in
            zip(values, lengths).map { value, length in
                value.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: Int(length))) }
            }
        }
    }
}
