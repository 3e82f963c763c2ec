import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import TestSupport
import Testing

/// One pass through all operations, as behind a pooler; the rules in detail are the conformance suite's.
@Suite struct AllOperationsTests {
    @Test func everyOperationWorksBehindAPooler() async throws {
        try await withBackend({ $0.isBehindPooler = true }) { backend in
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

            let reference = InMemoryBackend()
            try await reference.prepare()
            for call in StorageCall.ofEveryOperation(on: "all") {
                let outcome = await CallOutcome(of: call, on: chats)
                let expected = await CallOutcome(of: call, on: reference.defaultTenant)
                // Replies have times, which differ.
                if case (.returned, .returned) = (outcome, expected) { continue }
                #expect(outcome == expected, "\(call)")
            }
            #expect(try await backend.tenants(TenantQuery()).items.map(\.name) == ["user-42"])
            #expect(try await backend.unfinishedMessages(UnfinishedQuery(notRevisedFor: .zero)).items == [])
            let names = try await backend.withSnapshot { try await $0.tenants(TenantQuery()).items.map(\.name) }
            #expect(names == ["user-42"])
        }
    }
}
