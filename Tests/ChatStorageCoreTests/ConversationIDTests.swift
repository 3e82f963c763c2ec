import ChatStorageCore
import Testing

/// Ids are their bytes, whatever Swift's strings make of them.
@Suite struct ConversationIDTests {
    private let composed: ConversationID = "caf\u{e9}"
    private let decomposed: ConversationID = "cafe\u{301}"

    @Test func canonicallyEqualIdsDiffer() {
        #expect(composed.rawValue == decomposed.rawValue, "Swift's strings are equal, or this proves nothing")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, composed]).count == 2)
    }

    @Test func aLiteralCanHaveValuesInIt() {
        let number = 7
        #expect("chat-\(number)" == ConversationID("chat-7"))
    }

    @Test func equalIdsHashEqually() {
        let copy = ConversationID(String(decoding: Array(composed.rawValue.utf8), as: UTF8.self))
        #expect(copy == composed)
        #expect(copy.hashValue == composed.hashValue)
        #expect([composed: 1][copy] == 1)
    }

    @Test func orderIsThatOfTheBytes() {
        let ids: [ConversationID] = [
            "", " ", "-", "1", "10", "2", "A", "Z", "_", "a", "aB", "ab", "b", "e\u{301}", "z", "\u{e9}", "\u{4f60}",
            "\u{e000}", "\u{ffff}", "\u{1f600}",
        ]
        #expect(ids.shuffled().sorted() == ids)
        for (left, right) in zip(ids, ids.dropFirst()) {
            #expect(left < right)
            #expect(!(right < left))
        }
        #expect(!(composed < composed))
    }
}
