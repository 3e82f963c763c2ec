import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import ChatStorageSupport
import Foundation
import TestSupport
import Testing

@testable import FailureWriter

/// Cursors that nobody gave out: refused, or read as the one place that they are the text of.
@Suite("Fuzzing: cursors") struct CursorFuzzTests {
    @Test("damaged text") func damaged() throws {
        let samples = Self.places.map { place in
            ConversationCursor(after: Self.conversation(place.id, place.time), tenant: "t").text
        }
        var mutator = Mutator(samples: samples, tokens: ["-", "_", "=", "+", "/", "A", "\n"], seed: try SoakCount.seed)
        var figures = Figures("mutated cursors")
        for _ in 0..<(try SoakCount.inputs.value) {
            figures.faults += 1
            figures.add(try check(String(decoding: mutator.next(), as: UTF8.self), tenant: "t") ? 1 : 0)
        }
        figures.report()
    }

    /// A checksum detects damage, not forgery: anyone who knows the format can name any place.
    @Test("text with any bytes in it and a right checksum") func forged() throws {
        var mutator = Mutator(samples: Self.places.map(\.id), tokens: ["\0"], seed: try SoakCount.seed)
        var generator = SplitMix64(seed: try SoakCount.seed)
        var figures = Figures("forged cursors")
        for _ in 0..<(try SoakCount.inputs.value) {
            figures.faults += 1
            let time = Int64(bitPattern: generator.next()) >> Int64.random(in: 0..<64, using: &generator)
            figures.add(try check(Self.forge(time: time, id: mutator.next(), tenant: "t"), tenant: "t") ? 1 : 0)
        }
        #expect(figures.acknowledged > figures.faults / 50, "hardly any input is nearly right")
        figures.report()
    }

    @Test("a database pages from any place that it is told", arguments: try TestedStore.Kind.selected())
    func databases(kind: TestedStore.Kind) async throws {
        try await kind.withStore { store in
            let backend = try await FailureWriter.open(store.url, setting: store.setting)
            try await page(backend)
            try await backend.close()
        }
    }

    @Test("the store in memory pages from any place that it is told") func memory() async throws {
        try await page(InMemoryBackend())
    }

    private func page(_ backend: any ChatStorageBackend) async throws {
        try await backend.prepare()
        for index in 0..<5 { try await backend.createConversation(ConversationID("c\(index)")) }
        let bounds = [Timestamp.earliest, .latest].map(\.microsecondsSinceEpoch)
        let times =
            bounds + [.min, .min + 1, bounds[0] - 1, -946_684_800_000_001, -1, 0, bounds[1] + 1, .max - 1, .max]
        for time in times {
            for id in ["a", "zzz", "a\0b", String(repeating: "é", count: 100), String(repeating: "é", count: 101)] {
                let cursor = ConversationCursor(Self.forge(time: time, id: Array(id.utf8), tenant: ""))
                let isID = (try? Validation.check(ConversationID(id))) != nil
                let isPlace = isID && (bounds[0]...bounds[1]).contains(time)
                do {
                    let page = try await backend.conversations(after: cursor, limit: 10)
                    // All conversations were updated before the last moment, and after all other times here.
                    #expect(isPlace && page.items.count == (time == bounds[1] ? 5 : 0), "\(time)")
                } catch let error as ChatStorageError {
                    #expect(error.code == .invalidCursor && !isPlace, "\(time)")
                }
            }
        }
    }

    /// Whether the text is a cursor; then it must be the text of what it says.
    private func check(_ text: String, tenant: String) throws -> Bool {
        do {
            let (updatedAt, id) = try ConversationCursor(text).position(tenant: tenant)
            let again = ConversationCursor(after: Self.conversation(id.rawValue, updatedAt), tenant: tenant)
            #expect(again.text.hasSameUTF8(as: text), "\(text)")
            #expect(throws: Never.self, "\(text)") { try Validation.check(id) }
            #expect(Limits.timestamps.contains(updatedAt), "\(text)")
            return true
        } catch let error as ChatStorageError {
            #expect(error.code == .invalidCursor, "\(text)")
            return false
        }
    }

    private static let places: [(id: String, time: Timestamp)] = [
        ("a", Timestamp(microsecondsSinceEpoch: 0)), ("trip to Kyōto 🍵", Timestamp(microsecondsSinceEpoch: 1 << 50)),
        (String(repeating: "é", count: 100), .latest), ("e\u{301}", .earliest),
    ]

    private static func conversation(_ id: String, _ time: Timestamp) -> Conversation {
        Conversation(id: ConversationID(id), title: nil, createdAt: time, updatedAt: time, lastSequence: 0)
    }

    /// A cursor as the library writes it, of bytes that it would not write.
    private static func forge(time: Int64, id: [UInt8], tenant: String) -> String {
        func bigEndian(_ number: UInt64) -> [UInt8] {
            (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
        }
        var bytes: [UInt8] = [1] + bigEndian(UInt64(bitPattern: time)) + id
        let checksum = (Array(tenant.utf8) + [0] + bytes).reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, byte in
            (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        bytes += bigEndian(checksum)
        return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
}
