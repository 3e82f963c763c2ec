import ChatStorageCore
import Synchronization
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Changes of metadata, titles and labels that callers make at once.
@Suite(.timeLimit(.minutes(5))) struct MetadataTests {
    private func withTwoHandles(
        _ body: (_ handles: [PostgresBackend], _ schema: String) async throws -> Void
    ) async throws {
        try await TestPostgres.withSchema { url, schema in
            let handles = [
                try await PostgresBackend(configuration(url, schema)),
                try await PostgresBackend(configuration(url, schema)),
            ]
            try await handles[0].prepare()
            try await handles[0].append([.user("1"), .assistant("2")], to: "c")
            try await body(handles, schema)
            for handle in handles { try await handle.close() }
        }
    }

    /// Runs changes of many callers at once, while others append.
    private func changeAtOnce(
        _ handles: [PostgresBackend],
        _ change: @escaping @Sendable (PostgresBackend, _ caller: Int) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<32 {
                group.addTask { try await change(handles[caller % 2], caller) }
                group.addTask { try await handles[caller % 2].append(.user("x"), to: "c") }
            }
            try await group.waitForAll()
        }
    }

    @Test("callers who change different members of a conversation all succeed")
    func callersWhoChangeDifferent() async throws {
        try await withTwoHandles { handles, _ in
            try await changeAtOnce(handles) { handle, caller in
                for round in 1...3 {
                    let changed = try await handle.updateConversation(
                        "c", .metadata(.setting("member \(caller)", to: .integer(Int64(round)))))
                    #expect(changed?.metadata["member \(caller)"] == .integer(Int64(round)))
                }
            }
            let conversation = try await handles[0].conversation("c")
            #expect(conversation?.metadata.object.members.count == 32)
            for caller in 0..<32 { #expect(conversation?.metadata["member \(caller)"] == 3) }
            #expect(conversation?.messageCount == 34)
        }
    }

    @Test("callers who change different members of a message all succeed")
    func callersWhoChangeDifferentMembers() async throws {
        try await withTwoHandles { handles, _ in
            let before = try await handles[0].conversation("c")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<32 {
                    group.addTask {
                        let changed = try await handles[caller % 2].reviseMessage(
                            MessageRevision(of: "c", 2, metadata: .setting("member \(caller)", to: true)))
                        #expect(changed.metadata["member \(caller)"] == true)
                    }
                }
                try await group.waitForAll()
            }
            let messages = try await handles[1].messages(of: "c")
            #expect(messages[1].metadata.object.members.count == 32 && messages[1].content == "2")
            #expect(messages[0].metadata.isEmpty)
            #expect(try await handles[0].conversation("c") == before)
        }
    }

    @Test func callersWhoAddAndRemoveDifferentLabelsAllSucceed() async throws {
        try await withTwoHandles { handles, _ in
            for caller in stride(from: 1, to: 32, by: 2) {
                try await handles[0].updateConversation("c", .adding(label: "label \(caller)"))
            }
            try await changeAtOnce(handles) { handle, caller in
                let label: Label = "label \(caller)"
                try await handle.updateConversation(
                    "c", caller % 2 == 0 ? .adding(label: label) : .removing(label: label))
            }
            let labels = try await handles[0].conversation("c")?.labels
            #expect(labels == Set(stride(from: 0, to: 32, by: 2).map { Label("label \($0)") }))
        }
    }

    /// One of them sets it, and the others leave it.
    @Test func ofManyTitlesForAConversationWithoutOneIsSet() async throws {
        try await withTwoHandles { handles, _ in
            let titles = Counter()
            try await changeAtOnce(handles) { handle, caller in
                let changed = try await handle.updateConversation("c", .titleIfNone("\(caller)"))
                if changed?.title == "\(caller)" { titles.count.withLock { $0 += 1 } }
            }
            #expect(titles.count.withLock { $0 } == 1)
        }
    }

    @Test func aMergeReachesTheLimitAndDoesNotPassIt() async throws {
        try await withTwoHandles { handles, schema in
            let half = String(repeating: "é", count: 16_000)
            // {"a":"…","b":"…"}
            let rest = Limits.metadataBytes - half.utf8.count - 15
            for isMessage in [false, true] {
                func change(_ change: MetadataChange) async throws -> Metadata? {
                    if isMessage {
                        return try await handles[0].reviseMessage(MessageRevision(of: "c", 1, metadata: change))
                            .metadata
                    }
                    return try await handles[0].updateConversation("c", .metadata(change))?.metadata
                }
                _ = try await change(.setting("a", to: .string(half)))
                let full = try await change(.setting("b", to: .string(String(repeating: "x", count: rest))))
                #expect(full?.text.utf8.count == Limits.metadataBytes)
                let error = await #expect(throws: ChatStorageError.self) { try await change(.setting("c", to: 1)) }
                #expect(error?.code == .metadataTooLarge)
                #expect(try await change(.setting("a", to: .string(half))) == full)
                #expect(try await change(.removing("a").removing("b"))?.isEmpty == true)
            }
            let stored = try await TestPostgres.execute(
                """
                SELECT 1 FROM \(schema).chat_messages WHERE metadata IS NOT NULL
                UNION ALL SELECT 1 FROM \(schema).conversations WHERE metadata IS NOT NULL
                """)
            #expect(stored.isEmpty)
        }
    }

    /// It is another message then, whose metadata is not the first one's.
    @Test("a message of a conversation that was made again is not the one that was read")
    func aMessageOfAConversation() async throws {
        try await withTwoHandles { handles, schema in
            let row = try await TestPostgres.execute(
                "SELECT created_at FROM \(schema).chat_messages WHERE sequence = 1")
            try await handles[0].deleteConversation("c")
            try await handles[0].append([.user("another")], to: "c")
            let statements = Statements(SchemaName(name: schema))
            let sql = statements.reviseMessage.sql
            let connection = try TestPostgresConnection(url: await TestPostgres.url())
            let changed = try connection.execute(
                """
                PREPARE q (text, text, bigint, timestamptz, text, text) AS \(sql);
                EXECUTE q ('', 'c', 1, '\((row[0][0]) ?? "")', NULL, '{}')
                """)
            #expect(changed.isEmpty)
        }
    }

    /// Deleting a conversation, or replacing all of its metadata, does not read the metadata.
    @Test func damagedMetadataIsDeletedAndReplaced() async throws {
        try await withTwoHandles { handles, schema in
            func damage() async throws {
                try await handles[0].append([.user("1")], to: "d", if: .create(labels: ["pinned"]))
                try await TestPostgres.execute("UPDATE \(schema).conversations SET metadata = '{\"secret\":'")
                await expectError(.damaged) { try await handles[1].conversations() }
            }
            for labels in [[], ["other"]] as [Set<Label>] {
                try await damage()
                for isDryRun in [true, false] {
                    let count = try await handles[1].deleteConversations(
                        ofTenant: nil, updatedBefore: .latest, without: labels.union(["pinned"]), isDryRun: isDryRun)
                    #expect(count == DeletionCount(conversations: 1, messages: 2))
                }
                #expect(
                    try await handles[1].deleteConversations(
                        ofTenant: nil, updatedBefore: .latest, without: labels
                    ) == DeletionCount(conversations: 1, messages: 1))
                try await handles[0].append([.user("1"), .user("2")], to: "c")
            }
            try await damage()
            await expectError(.damaged, without: "secret") {
                try await handles[1].updateConversation("c", .metadata(.setting("b", to: 1)))
            }
            let change = ConversationChange.metadata(.replacing(with: ["a": 1])).read(through: 1)
            let changed = try await handles[1].updateConversation("c", change)
            #expect(changed?.metadata == ["a": 1] && changed?.readThrough == 1)
            #expect(try await handles[0].conversation("c") == changed)
            let expected = DeletionCount(conversations: 2, messages: 3)
            #expect(try await handles[1].eraseTenant(nil, isDryRun: true) == expected)
            #expect(try await handles[1].eraseDefaultTenant() == expected)
        }
    }

    @Test func metadataThatTheLibraryDoesNotWriteIsDamage() async throws {
        try await withTwoHandles { handles, schema in
            for text in ["[1]", "{\"a\":1,\"a\":2}", "", "{\"secret\":"] {
                try await TestPostgres.execute(
                    "UPDATE \(schema).conversations SET metadata = '\(text)'; UPDATE \(schema).chat_messages SET metadata = '\(text)'"
                )
                await expectError(.damaged, without: "secret") { try await handles[0].conversation("c") }
                await expectError(.damaged, without: "secret") { try await handles[0].messages(of: "c") }
            }
        }
    }
}
