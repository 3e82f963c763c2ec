import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStorageSQLite

/// What stands in the columns of parts, metadata and counts.
@Suite struct StoredColumnTests: SQLiteSuite {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func whatAMessageLacksIsNull() async throws {
        let backend = try await open()
        try await backend.append([.user("plain"), .user([.text("one text")])], to: "c")
        try await backend.append([.user("keyed", key: "k")], to: "c")
        let parts: [MessagePart] = [.text("a"), .reasoning("b"), .text("c")]
        try await backend.append(ChatMessage(role: .user, parts: parts, metadata: ["b": 1, "a": 2.5]), to: "c")
        #expect(
            try execute("SELECT content, message_key, parts IS NULL, metadata FROM readable_messages ORDER BY sequence")
                == [
                    ["plain", nil, "1", nil], ["one text", nil, "1", nil], ["keyed", "k", "1", nil],
                    ["a\nc", nil, "0", #"{"a":2.5,"b":1}"#],
                ])
        #expect(try await backend.messages(of: "c").last?.parts == parts)
        // Removed again, it is as if it had never been there.
        try await backend.reviseMessage(MessageRevision(of: "c", 4, metadata: .replacing(with: [:])))
        try await backend.reviseMessage(MessageRevision(of: "c", 1, metadata: .setting("n", to: 1).removing("n")))
        #expect(try execute("SELECT 1 FROM chat_messages WHERE metadata IS NOT NULL") == [])
        try await backend.close()
    }

    @Test func whatAConversationLacksIsNull() async throws {
        let backend = try await open()
        try await backend.createConversation(NewConversation("c", labels: ["b", "a"], metadata: ["n": 1]))
        #expect(
            try execute("SELECT labels, metadata, message_count, read_through FROM readable_conversations")
                == [[#"["a","b"]"#, #"{"n":1}"#, "0", "0"]])
        let change = ConversationChange.removing(label: "a").removing(label: "b").metadata(.removing("n"))
        try await backend.updateConversation("c", change)
        try await backend.append(NewMessages([.user("one"), .user("two")], to: "c", marksRead: true))
        #expect(
            try execute("SELECT labels, metadata, message_count, read_through FROM readable_conversations")
                == [[nil, nil, "2", "2"]])
        try await backend.close()
    }

    /// The count is kept by all that changes it, so it is that of the rows.
    @Test func theCountIsThatOfTheRows() async throws {
        let backend = try await open()
        let time = try #require(Timestamp("2026-01-01T00:00:00Z"))
        try await backend.restoreConversation(
            ConversationSnapshot(
                id: "c", createdAt: time, updatedAt: time, lastSequence: 90,
                messages: [.init(sequence: 7, role: .user, content: "seven", createdAt: time)]))
        for condition in [.createIfMissing, .exists, .create(title: "Not mine")] as [AppendCondition] {
            try await backend.append([.user("x"), .user("y")], to: "c", if: condition)
        }
        func count() throws -> [[String?]] {
            try execute("SELECT message_count - (SELECT count(*) FROM chat_messages) FROM readable_conversations")
        }
        #expect(try count() == [["0"]])
        #expect(try await backend.conversation("c")?.messageCount == 7)
        #expect(try await backend.clearMessages(of: "c") == 7)
        try await backend.append(.user("z"), to: "c")
        #expect(try count() == [["0"]])
        try await backend.close()
    }

    @Test(arguments: [
        "UPDATE chat_messages SET revision = 0, parts = '{'",
        "UPDATE chat_messages SET revision = 0, parts = '{\"parts\": [{}]}'",
        "UPDATE chat_messages SET revision = 0, metadata = '[]'",
        "UPDATE chat_messages SET revision = 0, content = 'other', parts = '{\"parts\":[]}'",
        "UPDATE conversations SET details = 0, labels = 'pinned'",
        "UPDATE conversations SET details = 0, labels = '[1]'",
        "UPDATE conversations SET details = 0, metadata = '1'",
    ])
    func whatNoBackendWritesIsDamaged(sql: String) async throws {
        let backend = try await open()
        try await backend.append(.user("one"), to: "c")
        try execute(sql)
        let isMessage = sql.contains("chat_messages")
        await expectError(.damaged) {
            isMessage
                ? try await backend.messages(of: "c").count : try await backend.conversations(limit: 5).count
        }
        await expectError(.damaged) {
            isMessage
                ? try await backend.reviseMessage(MessageRevision(of: "c", 1, metadata: .setting("n", to: 1))).sequence
                : try await backend.updateConversation("c", .read(through: 1))?.readThrough
        }
        try await backend.close()
    }

    @Test func manyAreLookedUpAtOnce() async throws {
        let backend = try await open()
        try await backend.append((1...1_000).map { .user("\($0)", key: "k\($0)") }, to: "c")
        // The first reads run on threads of their own, and later ones on the caller's thread if it takes them.
        for _ in 0..<20 {
            for count in [10, 300] {
                let sequences = (1...Int64(count)).map { 3 * $0 }
                let keys = sequences.reversed().flatMap { ["k\($0)", "k\($0)"] }
                let expected = sequences.filter { $0 <= 1_000 }
                for lookup in [.sequences(sequences + [0, -1, 3]), .keys(keys)] as [MessageQuery.Lookup] {
                    let page = try await backend.messages(MessageQuery(of: "c", lookup))
                    #expect(page.items.map(\.sequence) == expected && !page.hasMore)
                }
            }
        }
        try await backend.close()
    }

    /// Cut at scalars, whatever their length, and of the newest that is not empty.
    @Test(arguments: [
        ("", 5), ("abc", 5), ("abcdefgh", 8), ("abcdefghi", 8), ("abcdefg\u{e9}\u{1F600}xyz", 8),
        ("abcdefg\u{e9}\u{1F600}xyz", 9), ("\u{1F468}\u{200D}\u{1F469}", 2),
        (String(repeating: "e\u{301}", count: 99), 33),
    ])
    func aPreviewIsTheStartOfAMessage(text: String, scalars: Int) async throws {
        let backend = try await open()
        try await backend.append([.user("older"), .assistant(text), .user("")], to: "c")
        try await backend.append([.user("older"), .assistant(text)], to: "d")
        let expected = String(String.UnicodeScalarView((text.isEmpty ? "older" : text).unicodeScalars.prefix(scalars)))
        // Read in two ways: with labels most conversations may be passed over.
        let plain = try await backend.conversations(ConversationQuery(preview: scalars)).items
        let labelled = try await backend.conversations(ConversationQuery(without: ["none"], preview: scalars)).items
        #expect(plain.count == 2 && labelled == plain)
        for conversation in plain {
            let preview = try #require(conversation.preview)
            #expect(preview.text.utf8.elementsEqual(expected.utf8))
            #expect(preview.sequence == (text.isEmpty ? 1 : 2) && preview.role == (text.isEmpty ? .user : .assistant))
        }
        try await backend.close()
    }
}
