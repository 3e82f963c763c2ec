import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStorageSQLite

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// The metadata that is too long for its conversation's row: it is there if, and only if, the row says so.
@Suite(.timeLimit(.minutes(5))) struct MetadataTableTests: SQLiteSuite {
    let folder: TemporaryFolder
    private let backend: SQLiteBackend

    init() async throws {
        folder = try TemporaryFolder()
        backend = try await folder.openStore()
    }

    /// Metadata of a number of bytes.
    private static func metadata(bytes: Int, of letter: Character = "x") -> Metadata {
        ["a": .string(String(repeating: letter, count: bytes - #"{"a":""}"#.utf8.count))]
    }

    private static let long = metadata(bytes: 64 << 10)
    private static let other = metadata(bytes: 3_000, of: "y")
    private static let short = metadata(bytes: 500)

    /// Expects a row of the table for exactly the conversations that say so, and reads to return what is stored.
    private func expectEqual(rows: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let numbers = try execute("SELECT conversation FROM conversation_metadata ORDER BY 1")
        #expect(
            try numbers == execute("SELECT conversation FROM conversations WHERE metadata = '' ORDER BY 1"),
            sourceLocation: sourceLocation)
        #expect(numbers.count == rows, sourceLocation: sourceLocation)
        let stored = try execute(
            "SELECT conversation_id, metadata FROM readable_conversations WHERE tenant = '' ORDER BY updated_at DESC, 1"
        )
        let listed = try await backend.conversations(limit: 50).map { conversation in
            [conversation.id.rawValue, conversation.metadata.isEmpty ? nil : conversation.metadata.text]
        }
        #expect(stored == listed, sourceLocation: sourceLocation)
    }

    private func metadata(of id: ConversationID) async throws -> Metadata? {
        try await backend.conversation(id)?.metadata
    }

    @Test func itFollowsEveryChangeOfTheConversation() async throws {
        try await backend.createConversation(NewConversation("a", labels: ["x"], metadata: Self.long))
        try await expectEqual(rows: 1)
        try await backend.append(.user("one"), to: "a")
        try await backend.append(.user("two", key: "k"), to: "a", if: .exists)
        let version = try #require(await backend.conversation("a")).version
        try await backend.append(.user("three"), to: "a", if: .unchanged(version))
        try await backend.append(NewMessages([.user("four")], to: "a", marksRead: true))
        #expect(try await backend.append(.user("two", key: "k"), to: "a").sequence == 2)
        #expect(try await metadata(of: "a") == Self.long)
        try await expectEqual(rows: 1)
        try await backend.updateConversation("a", .title("A title").read(through: 1))
        #expect(try await metadata(of: "a") == Self.long)
        // A member is set, all is replaced, and it becomes short and long again.
        try await backend.updateConversation("a", .metadata(.removing("b").setting("a", to: "short")))
        try await expectEqual(rows: 0)
        #expect(try await metadata(of: "a") == ["a": "short"])
        try await backend.updateConversation(
            "a", .metadata(.setting("b", to: .string(String(repeating: "b", count: 2_000)))))
        try await expectEqual(rows: 1)
        #expect(try await metadata(of: "a")?["a"] == "short")
        try await backend.updateConversation("a", .metadata(.setting("c", to: 1)))
        #expect(try await metadata(of: "a")?["c"] == 1)
        try await backend.updateConversation("a", .metadata(.replacing(with: Self.other)))
        try await expectEqual(rows: 1)
        #expect(try await metadata(of: "a") == Self.other)
        #expect(try await backend.clearMessages(of: "a") == 4)
        try await expectEqual(rows: 1)
        await expectError(.metadataTooLarge) {
            try await backend.updateConversation(
                "a", .metadata(.setting("b", to: .string(String(repeating: "b", count: 63_000)))))
        }
        #expect(try await metadata(of: "a") == Self.other)
        try await backend.updateConversation("a", .metadata(.replacing(with: [:])))
        try await expectEqual(rows: 0)
        try await backend.close()
    }

    @Test func itComesWithANewConversationAndGoesWithIt() async throws {
        try await backend.append(.user("one"), to: "b", if: .create(metadata: Self.long))
        try await expectEqual(rows: 1)
        // One that exists keeps its own, be it long, short or none.
        try await backend.append(.user("two"), to: "b", if: .create(metadata: Self.other))
        try await backend.append(.user("two"), to: "b", if: .create(metadata: Self.short))
        #expect(try await metadata(of: "b") == Self.long)
        try await backend.append(.user("one"), to: "c", if: .create(metadata: Self.short))
        try await backend.append(.user("two"), to: "c", if: .create(metadata: Self.long))
        try await backend.append(.user("one"), to: "d")
        try await backend.append(.user("two"), to: "d", if: .create(metadata: Self.long))
        #expect(try await metadata(of: "c") == Self.short)
        try await expectEqual(rows: 1)
        let time = try #require(Timestamp("2026-01-01T00:00:00Z"))
        let snapshot = ConversationSnapshot(id: "e", createdAt: time, updatedAt: time, metadata: Self.other)
        try await backend.restoreConversation(snapshot)
        try await expectEqual(rows: 2)
        await expectError(.conversationExists) { try await backend.restoreConversation(snapshot) }
        await expectError(.conversationExists) {
            try await backend.createConversation(NewConversation("e", metadata: Self.long))
        }
        #expect(
            try await backend.createConversation(NewConversation("e", metadata: Self.long, ifExists: .keep)).metadata
                == Self.other)
        try await backend.tenant("t").createConversation(NewConversation("b", metadata: Self.other))
        try await expectEqual(rows: 3)
        #expect(try await backend.deleteConversation("e"))
        try await expectEqual(rows: 2)
        #expect(try await backend.eraseDefaultTenant().conversations == 3)
        try await expectEqual(rows: 1)
        #expect(try await backend.tenant("t").conversation("b")?.metadata == Self.other)
        try await backend.close()
    }

    @Test func theBoundIsInBytesOfJSON() async throws {
        let most = StoredMetadata.bytesInRow
        try await backend.createConversation(NewConversation("a", metadata: Self.metadata(bytes: most)))
        try await expectEqual(rows: 0)
        try await backend.createConversation(NewConversation("b", metadata: Self.metadata(bytes: most + 1)))
        try await expectEqual(rows: 1)
        let letters = ["a": .string(String(repeating: "é", count: most / 2))] as Metadata
        try await backend.createConversation(NewConversation("c", metadata: letters))
        try await expectEqual(rows: 2)
        try await backend.close()
    }

    @Test func everyListBringsIt() async throws {
        try await backend.append(.user("one"), to: "a", if: .create(labels: ["x", "y"], metadata: Self.long))
        try await backend.append(.user("one"), to: "b", if: .create(labels: ["x"], metadata: Self.short))
        try await backend.append(.user("one"), to: "c", if: .create(labels: ["x"], metadata: Self.other))
        let expected = [Self.other, Self.short, Self.long]
        let queries = [
            ConversationQuery(), ConversationQuery(preview: 5), ConversationQuery(with: ["x"]),
            ConversationQuery(without: ["z"]), ConversationQuery(with: ["x"], preview: 5),
        ]
        for query in queries {
            #expect(try await backend.conversations(query).items.map(\.metadata) == expected)
            var (pages, next) = ([Metadata](), query)
            next.limit = 1
            repeat {
                let page = try await backend.conversations(next)
                pages += page.items.map(\.metadata)
                next.cursor = page.next
            } while next.cursor != nil
            #expect(pages == expected)
        }
        #expect(try await backend.conversations(ConversationQuery(with: ["y"])).items.map(\.metadata) == [Self.long])
        try await backend.close()
    }

    @Test func aConversationWithoutLongMetadataTouchesNone() async throws {
        for change in ["INSERT", "UPDATE", "DELETE"] {
            try execute(
                """
                CREATE TRIGGER t\(change) BEFORE \(change) ON conversation_metadata
                BEGIN SELECT RAISE(ABORT, 'no'); END
                """)
        }
        try await backend.append(.user("one"), to: "a", if: .create(metadata: Self.short))
        try await backend.append(.user("two"), to: "a", if: .exists)
        try await backend.updateConversation("a", .title("A title").metadata(.setting("n", to: 1)))
        try await backend.updateConversation("a", .metadata(.replacing(with: [:])))
        #expect(try await backend.clearMessages(of: "a") == 2)
        #expect(try await backend.deleteConversation("a"))
        try await backend.close()
    }

    // MARK: Several at once

    /// Two stores on one file, as two processes have them; the members together pass the bound.
    @Test func twoWhoSetDifferentMembersBothSucceed() async throws {
        let stores = [backend, try await SQLiteBackend(path: path)]
        try await stores[1].prepare()
        try await backend.createConversation("c")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, store) in stores.enumerated() {
                for number in 0..<20 {
                    let value = JSONValue.string(String(repeating: "x", count: 100))
                    let change = ConversationChange.metadata(.setting("\(index) \(number)", to: value))
                    group.addTask { try await store.updateConversation("c", change) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await metadata(of: "c")?.object.members.count == 40)
        try await expectEqual(rows: 1)
        for store in stores { try await store.close() }
    }

    /// The row and what is beside it are of one state, even if another writes between the two statements.
    @Test func aReaderBesideAWriterSeesOneState() async throws {
        try await backend.append(.user("one"), to: "c", if: .create(labels: ["x"], metadata: Self.long))
        let configuration = SQLiteBackend.Configuration(path: path)
        let database = try Database(configuration.settings(schema: .current), for: .writing)
        let interruption = Interruption(of: database, atStatementWith: "SELECT b.metadata") {
            try execute("BEGIN; DELETE FROM conversation_metadata; UPDATE conversations SET metadata = NULL; COMMIT")
        }
        defer { sqlite3_trace_v2(database.handle, 0, nil, nil) }
        let list = { try database.conversations($0, after: nil, tenant: "").items.map(\.metadata) }
        let reads: [() throws -> [Metadata]] = [
            { try database.conversation(tenant: "", "c").map { [$0.metadata] } ?? [] },
            { try list(ConversationQuery()) }, { try list(ConversationQuery(preview: 5)) },
            { try list(ConversationQuery(with: ["x"])) },
        ]
        for read in reads {
            try await backend.updateConversation("c", .metadata(.replacing(with: Self.long)))
            #expect(try read() == [Self.long])
            #expect(try read() == [[:]])
        }
        #expect(interruption.count == reads.count)
        try await backend.close()
    }

    // MARK: What another program leaves

    @Test(arguments: [
        "DELETE FROM conversation_metadata", "UPDATE conversation_metadata SET metadata = '[1]'",
        "UPDATE conversation_metadata SET metadata = ''", "UPDATE conversations SET metadata = 'a'",
    ])
    func whatNoBackendWritesIsDamaged(sql: String) async throws {
        try await backend.append(.user("one"), to: "c", if: .create(labels: ["x"], metadata: Self.long))
        try execute(sql)
        await expectError(.damaged) { try await backend.conversation("c") }
        await expectError(.damaged) { try await backend.conversations(limit: 5) }
        await expectError(.damaged) { try await backend.conversations(ConversationQuery(with: ["x"])) }
        await expectError(.damaged) { try await backend.updateConversation("c", .metadata(.setting("n", to: 1))) }
        // What needs no metadata goes on.
        #expect(try await backend.append(.user("two"), to: "c").sequence == 2)
        #expect(try await backend.messages(of: "c").count == 2)
        #expect(try await backend.deleteConversation("c"))
        #expect(try execute("SELECT 1 FROM conversation_metadata") == [])
        try await backend.close()
    }

    @Test func aRowWithoutAConversationIsNotTakenOver() async throws {
        for (index, metadata) in [[:], Self.short, Self.other].enumerated() {
            try await backend.createConversation(NewConversation("gone", metadata: Self.long))
            try execute("PRAGMA foreign_keys = OFF; DELETE FROM conversations WHERE conversation_id = 'gone'")
            #expect(try execute("SELECT 1 FROM conversation_metadata").count == 1)
            // It gets the number.
            if index % 2 == 0 {
                try await backend.createConversation(NewConversation("new", metadata: metadata))
            } else {
                try await backend.append(.user("one"), to: "new", if: .create(metadata: metadata))
            }
            #expect(try await self.metadata(of: "new") == metadata)
            try await expectEqual(rows: metadata == Self.other ? 1 : 0)
            try await backend.deleteConversation("new")
        }
        try await backend.close()
    }

    /// A new conversation's metadata is written first; then what was left under its number is removed.
    @Test func sweepingLeavesWhatTheConversationSaysItHas() async throws {
        try await backend.createConversation(NewConversation("c", metadata: Self.long))
        let configuration = SQLiteBackend.Configuration(path: path)
        let database = try Database(configuration.settings(schema: .current), for: .writing)
        let key = try #require(try database.conversationTable.findToChange(tenant: "", "c")).key
        try database.removeOrphans(of: key)
        #expect(try await metadata(of: "c") == Self.long)
        try await expectEqual(rows: 1)
        try await backend.close()
    }
}
