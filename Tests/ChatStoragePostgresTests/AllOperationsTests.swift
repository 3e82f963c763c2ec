import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

/// One pass through all operations; the rules in detail are the conformance suite's.
@Suite struct AllOperationsTests {
    @Test(arguments: [false, true])
    func everyOperationWorks(isBehindPooler: Bool) async throws {
        try await withBackend({ $0.isBehindPooler = isBehindPooler }) { backend in
            let chats = backend.tenant("user-42")
            let created = try await chats.createConversation("trip", title: "Kyoto 🏯")
            #expect(created.lastSequence == 0 && created.createdAt == created.updatedAt)
            #expect(try await chats.conversation("trip") == created)
            #expect(try await backend.conversation("trip") == nil)
            await expectError(.conversationExists) { try await chats.createConversation("trip") }

            let first = try await chats.append([.system("You plan trips."), .user("A weekend?")], to: "trip")
            #expect(first.map(\.sequence) == [1, 2])
            #expect(try await chats.messages(of: "trip") == first)
            let third = try await chats.append(.assistant("Yes.\r\n\u{FEFF}é e\u{301}"), to: "trip", if: .exists)
            #expect(third.sequence == 3)
            #expect(try await chats.messages(of: "trip", .after(1), limit: .max).map(\.sequence) == [2, 3])
            #expect(try await chats.messages(of: "trip", .before(3), limit: 1).map(\.sequence) == [2])
            #expect(try await chats.history(of: "trip", limit: 1) == [third.chatMessage])
            await expectError(.conversationNotFound) {
                try await chats.append(.user("?"), to: "nowhere", if: .exists)
            }

            let kept = try await chats.getOrCreateConversation("trip", title: "Other")
            #expect(kept.title == "Kyoto 🏯" && kept.lastSequence == 3 && kept.updatedAt == third.createdAt)
            #expect(try await chats.getOrCreateConversation("new", title: "New").title == "New")
            let retitled = try await chats.updateTitle(of: "trip", to: nil)
            #expect(try #require(retitled).title == nil)
            #expect(try await chats.updateTitle(of: "nowhere", to: "x") == nil)

            #expect(try await chats.clearMessages(of: "trip") == 3)
            #expect(try await chats.clearMessages(of: "nowhere") == 0)
            #expect(try await chats.append(.user("again"), to: "trip").sequence == 4)

            let time = Timestamp(microsecondsSinceEpoch: -62_135_596_799_999_999)
            let snapshot = ConversationSnapshot(
                id: "old", title: "Old", createdAt: time, updatedAt: .latest, lastSequence: 9,
                messages: [
                    .init(sequence: 2, role: .user, content: "", createdAt: time),
                    .init(sequence: 7, role: .assistant, content: "seven", createdAt: .latest),
                ])
            #expect(try await chats.restoreConversation(snapshot) == snapshot.conversation)
            #expect(try await chats.conversation("old") == snapshot.conversation)
            #expect(try await chats.messages(of: "old").map(\.sequence) == [2, 7])
            #expect(try await chats.messages(of: "old").map(\.createdAt) == [time, .latest])
            await expectError(.conversationExists) { try await chats.restoreConversation(snapshot) }
            #expect(try await chats.append(.user("ten"), to: "old").sequence == 10)

            #expect(try await chats.conversations(limit: .max).map(\.id) == ["old", "trip", "new"])
            #expect(try await chats.deleteConversation("old"))
            #expect(try await !chats.deleteConversation("old"))
            #expect(try await chats.messages(of: "old").isEmpty)
        }
    }

    @Test func largeAppendsAndRestoresComeBackWhole() async throws {
        try await withBackend { backend in
            let large = String(repeating: "0123456789abcdef", count: 1 << 18)
            let stored = try await backend.append(
                [.user(large), .user(large)], to: "large")
            #expect(try await backend.messages(of: "large") == stored)
            let many = (0..<10_000).map { ChatMessage.user("message \($0)") }
            #expect(try await backend.append(many, to: "many").last?.sequence == 10_000)

            let now = Timestamp.now()
            let messages = (1...20_000).map { number in
                ConversationSnapshot.Message(
                    sequence: Int64(number * 2), role: .assistant, content: "restored \(number)", createdAt: now)
            }
            let snapshot = ConversationSnapshot(id: "restored", createdAt: now, updatedAt: now, messages: messages)
            try await backend.restoreConversation(snapshot)
            var count = 0
            for try await message in backend.allMessages(of: "restored") {
                #expect(message.sequence == messages[count].sequence && message.content == messages[count].content)
                count += 1
            }
            #expect(count == messages.count)
        }
    }

    @Test func pagesOfConversationsThatShareATimeAreWhole() async throws {
        try await withBackend { backend in
            let now = Timestamp.now()
            for number in 0..<25 {
                let time = number < 20 ? now : Timestamp(microsecondsSinceEpoch: now.microsecondsSinceEpoch - 1)
                try await backend.restoreConversation(
                    ConversationSnapshot(id: ConversationID("c\(number)"), createdAt: time, updatedAt: time))
            }
            var ids: [ConversationID] = []
            var cursor: ConversationCursor?
            repeat {
                let page = try await backend.conversations(after: cursor, limit: 7)
                ids += page.items.map(\.id)
                cursor = page.next
            } while cursor != nil
            let expected =
                (0..<20).map { ConversationID("c\($0)") }.sorted() + (20..<25).map { ConversationID("c\($0)") }
            #expect(ids == expected)
        }
    }

    @Test func textThatLooksLikeSQLIsText() async throws {
        try await withBackend { backend in
            let id: ConversationID = "'; DROP TABLE conversations; --"
            try await backend.tenant("$1 \" \\").append(.user("'); DELETE FROM chat_messages; --"), to: id)
            #expect(
                try await backend.tenant("$1 \" \\").history(of: id) == [.user("'); DELETE FROM chat_messages; --")])
            #expect(try await backend.deleteConversation(id) == false)
        }
    }

    @Test func errorsComeInTheirOrder() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            let chats = backend.tenant(String(repeating: "x", count: 101))
            await expectError(.notPrepared) { try await chats.conversation("") }
            try await backend.prepare()
            await expectError(.invalidArgument) { try await chats.conversation("c") }
            await expectError(.invalidArgument) { try await backend.messages(of: "c", .end, limit: -1) }
            #expect(try await backend.messages(of: "c", .end, limit: 0).isEmpty)
            try await TestPostgres.execute(
                "DROP TABLE \(schema).chat_messages, \(schema).conversation_labels, \(schema).conversations")
            await expectError(.notPrepared) { try await backend.conversation("c") }
            await expectError(.schemaMismatch) { try await backend.conversation("c") }
            try await backend.close()
            try await backend.close()
            await expectError(.closed) { try await chats.conversation("") }
            await expectError(.closed) { try await backend.prepare() }
        }
    }
}
