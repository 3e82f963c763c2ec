import ChatStorageConformance
import ChatStorageCore
import Testing

@testable import ChatStorageInMemory

/// The order of the list, against a plain sorted array.
@Suite struct RecencyOrderTests {
    private typealias Entry = RecencyOrder.Entry

    private static func sorted(_ entries: some Sequence<Entry>) -> [Entry] {
        entries.sorted { $1.follows($0) }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func staysSortedUnderRandomChanges(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var order = RecencyOrder()
        var model: [ConversationID: Entry] = [:]
        for step in 0..<6_000 {
            let entry = Entry(
                // Few different times, so that many tie; most are the newest so far, as an app's are.
                updatedAt: Timestamp(
                    microsecondsSinceEpoch: step % 3 == 0 ? .random(in: 0..<50, using: &random) : Int64(step / 10)),
                id: ConversationID("\(Int.random(in: 0..<3_000, using: &random))"))
            // A conversation is removed, or moves as an append moves it.
            if let old = model.removeValue(forKey: entry.id) { order.remove(old) }
            guard step % 4 > 0 else { continue }
            model[entry.id] = entry
            order.insert(entry)
        }
        let expected = Self.sorted(model.values)
        #expect(order.entries(after: nil, limit: .max) == expected)
        for index in stride(from: 0, to: expected.count, by: 37) {
            let page = order.entries(after: expected[index], limit: 10)
            #expect(page == Array(expected[(index + 1)...].prefix(10)))
        }
        for entry in expected { order.remove(entry) }
        #expect(order.entries(after: nil, limit: 1).isEmpty)
    }

    @Test("a place that is not in the list any more still has what follows")
    func aPlaceThatIsNotInTheListAny() {
        var order = RecencyOrder()
        let entries = (0..<1_000).map {
            Entry(updatedAt: Timestamp(microsecondsSinceEpoch: $0), id: "same")
        }
        for entry in entries where entry.updatedAt.microsecondsSinceEpoch % 2 == 0 { order.insert(entry) }
        let between = Entry(updatedAt: Timestamp(microsecondsSinceEpoch: 501), id: "same")
        #expect(order.entries(after: between, limit: 1).map(\.updatedAt.microsecondsSinceEpoch) == [500])
        let newer = Entry(updatedAt: Timestamp(microsecondsSinceEpoch: 5_000), id: "same")
        #expect(order.entries(after: newer, limit: 1).map(\.updatedAt.microsecondsSinceEpoch) == [998])
        let older = Entry(updatedAt: Timestamp(microsecondsSinceEpoch: -1), id: "same")
        #expect(order.entries(after: older, limit: 1).isEmpty)
    }
}
