import ChatStorageCore
import Testing

/// Cursors keep a place, and notice damage.
@Suite struct ConversationCursorTests {
    private func cursor(_ id: ConversationID, updatedAt: Int64, tenant: String) -> ConversationCursor {
        let time = Timestamp(microsecondsSinceEpoch: updatedAt)
        return ConversationCursor(
            after: Conversation(id: id, title: nil, createdAt: time, updatedAt: time, lastSequence: 0),
            tenant: tenant)
    }

    @Test(arguments: ["x", "caf\u{e9}", "cafe\u{301}", "\u{1f600}", "a/b+c=d", "\u{ffff}\n"])
    func keepsThePlace(_ id: String) throws {
        let bounds = [Timestamp.earliest, .latest].map(\.microsecondsSinceEpoch)
        for time in [0, -1, 1_795_331_871_123_456] + bounds {
            for tenant in ["", "a", "\u{e9}"] {
                let text = cursor(ConversationID(id), updatedAt: time, tenant: tenant).text
                #expect(text.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil)
                let position = try ConversationCursor(text).position(tenant: tenant)
                #expect(position.updatedAt.microsecondsSinceEpoch == time)
                #expect(position.id == ConversationID(id))
            }
        }
    }

    @Test func theLongestIDFits() throws {
        let id = ConversationID(String(repeating: "\u{1f600}", count: 100))
        let latest = Timestamp.latest.microsecondsSinceEpoch
        #expect(try cursor(id, updatedAt: latest, tenant: "").position(tenant: "").id == id)
    }

    @Test(arguments: [Int64.min, Timestamp.earliest.microsecondsSinceEpoch - 1, .max])
    func aTimeThatNoStoreHoldsIsRefused(time: Int64) {
        let error = #expect(throws: ChatStorageError.self) {
            try ConversationCursor(cursor("x", updatedAt: time, tenant: "").text).position(tenant: "")
        }
        #expect(error?.code == .invalidCursor)
    }

    @Test(arguments: ["x", "xy", "xyz", "caf\u{e9}"])
    func damageIsNoticed(_ id: String) {
        let characters = Array(cursor(ConversationID(id), updatedAt: 1_795_331_871_123_456, tenant: "t").text)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \0\u{e9}"
        for index in characters.indices {
            for other in alphabet where other != characters[index] {
                var damaged = characters
                damaged[index] = other
                expectInvalid(String(damaged))
            }
            expectInvalid(String(characters[..<index]))
            expectInvalid(String(characters[(index + 1)...]))
        }
        for extra in ["A", "=", " ", "\n", "\0"] {
            expectInvalid(String(characters) + extra)
            expectInvalid(extra + String(characters))
        }
        expectInvalid(String(characters) + String(characters))
        expectInvalid(String(repeating: "A", count: 1_000_000))
    }

    @Test(arguments: [("a", "b"), ("", "a"), ("a", ""), ("\u{e9}", "e\u{301}"), ("a", "A"), ("a", "a\0")])
    func anotherTenantsIsNoticed(_ tenant: String, _ other: String) {
        let cursor = cursor("x", updatedAt: 7, tenant: tenant)
        expectInvalid(cursor.text, tenant: other)
    }

    private func expectInvalid(_ text: String, tenant: String = "t") {
        let error = #expect(throws: ChatStorageError.self, "\(text.debugDescription)") {
            try ConversationCursor(text).position(tenant: tenant)
        }
        #expect(error?.code == .invalidCursor)
    }
}
