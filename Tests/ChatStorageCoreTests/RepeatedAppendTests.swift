import ChatStorageCore
import Testing

/// Which append repeats one made before.
@Suite struct RepeatedAppendTests {
    /// A conversation's messages: those of one append between others.
    private static let stored: [Message] = [
        ("user", "before", "k0"), ("user", "one", "k1"), ("assistant", "two", nil), ("user", "three", "k3"),
        ("user", "after", nil),
    ].enumerated().map { index, message in
        Message(
            conversationID: "c", sequence: Int64(index) + 7, role: Role(rawValue: message.0), content: message.1,
            createdAt: .earliest, key: message.2)
    }

    private func repeated(_ messages: [ChatMessage], in stored: [Message] = stored) throws -> [Message]? {
        try RepeatedAppend.messages(for: messages, found: stored.filter { $0.key != nil }) { range in
            stored.filter { range.contains($0.sequence) }
        }
    }

    private func expectMismatch(_ messages: [ChatMessage], in stored: [Message] = stored, _ comment: Comment) {
        do {
            let found = try repeated(messages, in: stored)
            Issue.record("\(comment): it is \(found == nil ? "new" : "repeated")")
        } catch {
            #expect((error as? ChatStorageError)?.code == .idempotencyMismatch, comment)
        }
    }

    @Test func anAppendIsNewWhoseKeysAreNotThere() throws {
        #expect(try repeated([.user("one")]) == nil)
        #expect(try repeated([.user("one", key: "k2"), .user("two")]) == nil)
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

    @Test func othersAreFoundBesideThem() throws {
        #expect(
            try repeated([.user("one", key: "k1"), .assistant("two"), .user("three", key: "k3")])
                == Array(Self.stored[1...3]))
        #expect(try repeated([.assistant("two"), .user("three", key: "k3")]) == Array(Self.stored[2...3]))
        #expect(
            try repeated([.assistant("two"), .user("three", key: "k3"), .user("after")]) == Array(Self.stored[2...4]))
    }

    @Test func whatDiffersIsAMismatch() {
        expectMismatch([.assistant("one", key: "k1")], "another role")
        expectMismatch([.user("One", key: "k1")], "another content")
        expectMismatch([.user("one", key: "k1"), .user("new", key: "k9")], "only some keys are there")
        expectMismatch([.user("new", key: "k9"), .user("one", key: "k1")], "only the last key is there")
        expectMismatch([.user("one", key: "k1"), .user("two")], "another role without a key")
        expectMismatch([.user("one", key: "k1"), .assistant("Two")], "another content without a key")
        expectMismatch([.user("one", key: "k1"), .user("three", key: "k3"), .assistant("two")], "another order")
        expectMismatch([.user("before", key: "k0"), .user("one")], "the message there has a key")
        expectMismatch([.user("three", key: "k3"), .user("after"), .user("after")], "more than there are")
        expectMismatch([.user("new"), .user("before", key: "k0")], "fewer before them than there were")
        expectMismatch([.user("one", key: "k1"), .user("three", key: "k3"), .user("after")], "one is missing between")
    }

    @Test func placesAtTheEndsOfAllNumbersAreNoTrap() {
        for (sequence, messages) in [
            (.max, [ChatMessage.user("", key: "k"), .user("")]), (1, [.user(""), .user("", key: "k")]),
            (.min, [.user(""), .user("", key: "k")]),
        ] as [(Int64, [ChatMessage])] {
            let message = Message(
                conversationID: "c", sequence: sequence, role: .user, content: "", createdAt: .earliest, key: "k")
            expectMismatch(messages, in: [message], "\(sequence)")
        }
    }
}
