import ChatStorageCore
import Testing

/// Which append repeats one made before.
@Suite struct RepeatedAppendTests {
    /// A conversation's messages: those of one append between others.
    private static let stored: [Message] = [
        ("user", "before", "k0"), ("user", "one", "k1"), ("assistant", "two", "k2"), ("user", "three", "k3"),
        ("user", "after", nil),
    ].enumerated().map { index, message in
        Message(
            conversationID: "c", sequence: Int64(index) + 7, role: Role(rawValue: message.0), content: message.1,
            createdAt: .earliest, key: message.2)
    }

    private func repeated(_ messages: [ChatMessage], in stored: [Message] = stored) throws -> [Message]? {
        try RepeatedAppend.messages(for: NewMessages(messages, to: "c"), found: stored)
    }

    private func expectMismatch(_ messages: [ChatMessage], _ comment: Comment) {
        do {
            let found = try repeated(messages)
            Issue.record("\(comment): it is \(found == nil ? "new" : "repeated")")
        } catch {
            #expect((error as? ChatStorageError)?.code == .idempotencyMismatch, comment)
        }
    }

    @Test func anAppendIsNewWhoseKeysAreNotThere() throws {
        #expect(try repeated([.user("one")]) == nil)
        #expect(try repeated([.user("one", key: "k5"), .user("two", key: "k6")]) == nil)
        #expect(try repeated([.user("one", key: "K1")]) == nil)
    }

    @Test func keysAreBytes() throws {
        let composed = Message(
            conversationID: "c", sequence: 1, role: .user, content: "", createdAt: .earliest, key: "\u{e9}")
        #expect(try repeated([.user("", key: "e\u{301}")], in: [composed]) == nil)
        #expect(try repeated([.user("", key: "\u{e9}")], in: [composed]) == [composed])
    }

    @Test func messagesWithKeysAreFoundWhereverTheyAre() throws {
        let all: [ChatMessage] = [.user("three", key: "k3"), .user("before", key: "k0")]
        #expect(try repeated(all) == [Self.stored[3], Self.stored[0]])
    }

    @Test func whatDiffersIsAMismatch() {
        expectMismatch([.assistant("one", key: "k1")], "another role")
        expectMismatch([.user("One", key: "k1")], "another content")
        expectMismatch([.user("one", key: "k1"), .user("new", key: "k9")], "only some keys are there")
        expectMismatch([.user("new", key: "k9"), .user("one", key: "k1")], "only the last key is there")
        expectMismatch([.user("three", key: "k1"), .user("one", key: "k3")], "the contents exchanged")
    }
}
