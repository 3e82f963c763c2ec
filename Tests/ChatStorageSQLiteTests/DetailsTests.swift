import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStorageSQLite

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// The columns that say whether a row has more than a plain one: they are correct after each write, and reads use them.
@Suite struct DetailsTests: SQLiteSuite {
    let folder: TemporaryFolder
    private let backend: SQLiteBackend

    init() async throws {
        folder = try TemporaryFolder()
        backend = try await folder.openStore()
    }

    private func details() throws -> String? {
        #expect(try TreeRows.contradictions(in: path) == [])
        return try execute("SELECT details FROM conversations WHERE conversation_id = 'c'").first?[0]
    }

    @Test func aConversationHasThemWhileItIsNotPlain() async throws {
        try await backend.append([.user("1"), .user("2"), .user("3")], to: "c")
        try await backend.append(.user("4", key: "k"), to: "c", if: .exists)
        try await backend.updateConversation("c", .title("A title"))
        #expect(try details() == nil)
        // Set and taken back.
        let changes: [(set: ConversationChange, back: ConversationChange)] = [
            (.adding(label: "a"), .removing(label: "a")),
            (.read(through: 2), .unread(from: 1)),
            (.metadata(.setting("n", to: 1)), .metadata(.removing("n"))),
            (
                .metadata(.replacing(with: ["n": .string(String(repeating: "x", count: 2_000))])),
                .metadata(.replacing(with: [:]))
            ),
        ]
        for change in changes {
            try await backend.updateConversation("c", change.set)
            #expect(try details() == "0")
            try await backend.updateConversation("c", change.back)
            #expect(try details() == nil)
        }
        try await backend.updateConversation("c", .head(2))
        #expect(try details() == "1")
        try await backend.updateConversation("c", .head(4))
        #expect(try details() == nil)
        try await backend.append(NewMessages([.user("5")], to: "c", marksRead: true))
        #expect(try details() == "0")
        try await backend.updateConversation("c", .unread(from: 1))
        try await backend.append(NewMessages([.user("6")], to: "c", .after(2)))
        #expect(try details() == "1")
        // The head is then the message that 6 followed.
        #expect(try await backend.removeMessages(MessageRemoval(.messages([6]), of: "c")) == 1)
        #expect(try details() == "1")
        try await backend.updateConversation("c", .head(5))
        #expect(try details() == "0")
        #expect(try await backend.clearMessages(of: "c") == 5)
        #expect(try details() == "0")
        let cleared = try #require(await backend.conversation("c"))
        #expect(cleared.messageCount == 0 && cleared.lastSequence == 6 && cleared.version.clearedThrough == 6)
        try await backend.close()
    }

    @Test func aNewConversationHasThemIfItIsNotPlain() async throws {
        let time = try #require(Timestamp("2026-01-01T00:00:00Z"))
        let message = ConversationSnapshot.Message(sequence: 1, role: .user, content: "1", createdAt: time)
        var snapshot = ConversationSnapshot(id: "c", createdAt: time, updatedAt: time, messages: [message])
        func restore(_ details: String?) async throws {
            try await backend.restoreConversation(snapshot)
            #expect(try self.details() == details)
            try await backend.deleteConversation("c")
        }
        try await restore(nil)
        snapshot.lastSequence = 2
        try await restore("0")
        snapshot.head = 0
        try await restore("1")
        for condition in [.create(labels: ["a"]), .create(metadata: ["n": 1])] as [AppendCondition] {
            try await backend.append(.user("1"), to: "c", if: condition)
            #expect(try details() == "0")
            try await backend.deleteConversation("c")
        }
        try await backend.append(.user("1"), to: "c", if: .create(title: "A title"))
        #expect(try await backend.clearMessages(of: "none") == 0)
        #expect(try details() == nil)
        try await backend.close()
    }

    @Test func aMessageHasARevisionWhileItIsNotPlain() async throws {
        try await backend.append([.user("1"), .user([.text("a"), .text("b")])], to: "c")
        try await backend.append(.user("3", key: "k"), to: "c")
        func revisions() throws -> [String?] {
            #expect(try TreeRows.contradictions(in: path) == [])
            return try execute("SELECT revision FROM chat_messages ORDER BY sequence").map(\.[0])
        }
        #expect(try revisions() == [nil, "0", nil])
        try await backend.reviseMessage(MessageRevision(of: "c", 1, metadata: .setting("n", to: 1)))
        #expect(try revisions() == ["0", "0", nil])
        #expect(try await backend.messages(of: "c").map(\.revision) == [0, 0, 0])
        try await backend.reviseMessage(MessageRevision(of: "c", 1, metadata: .removing("n")))
        #expect(try revisions() == [nil, "0", nil])
        #expect(try execute("SELECT 1 FROM readable_messages WHERE revision IS NOT NULL") == [])
        try await backend.close()
    }

    @Test(arguments: [
        "conversations SET labels = '[\"a\"]'", "conversations SET metadata = '{}'", "conversations SET head = 1",
        "conversations SET read_through = 1", "conversations SET cleared_through = 1",
        "conversations SET removed_count = 1", "chat_messages SET parts = '{}'", "chat_messages SET metadata = '{}'",
        "chat_messages SET state = 'failed'", "chat_messages SET revised_at_us = 1",
    ])
    func theDatabaseRefusesWhatReadsWouldPassOver(change: String) async throws {
        try await backend.append(.user("1"), to: "c")
        #expect(throws: TestSQLiteError.self) { try execute("UPDATE \(change)") }
        try await backend.close()
    }

    @Test(arguments: [
        "conversations SET details = 0, head = 1", "conversations SET details = 1, head = -1",
        "conversations SET details = 0, removed_count = -9223372036854775808",
        "conversations SET details = 0, removed_count = 2", "chat_messages SET revision = 0, state = 'failed'",
        "chat_messages SET revision = 0, revised_at_us = 1", "chat_messages SET revision = -1",
    ])
    func whatCannotBeTogetherIsDamaged(change: String) async throws {
        try await backend.append(.user("1"), to: "c")
        try execute("UPDATE \(change)")
        let isMessage = change.hasPrefix("chat_messages")
        await expectError(.damaged) {
            isMessage ? try await backend.messages(of: "c").count : try await backend.conversations(limit: 5).count
        }
        #expect(try await backend.deleteConversation("c"))
        try await backend.close()
    }

    // MARK: Pages

    /// Wherever a page first meets a conversation that is not plain, and however many have its time.
    @Test func aListGoesOnWhereOneHasMore() async throws {
        let time = try #require(Timestamp("2026-01-01T00:00:00Z"))
        for number in 0..<7 {
            let updatedAt = Timestamp(microsecondsSinceEpoch: time.microsecondsSinceEpoch + Int64(number / 3))
            for tenant in 0..<7 {
                let snapshot = ConversationSnapshot(
                    id: ConversationID("\(number)"), createdAt: time, updatedAt: updatedAt,
                    labels: tenant == number ? ["one"] : [])
                try await backend.tenant("\(tenant)").restoreConversation(snapshot)
            }
        }
        let order: [ConversationID] = ["6", "3", "4", "5", "0", "1", "2"]
        for tenant in 0..<7 {
            let storage = backend.tenant("\(tenant)")
            for limit in 1...8 {
                var (items, query) = ([Conversation](), ConversationQuery(limit: limit))
                repeat {
                    let page = try await storage.conversations(query)
                    items += page.items
                    query.cursor = page.next
                } while query.cursor != nil && items.count < 20
                #expect(items.map(\.id) == order)
                #expect(items.filter { !$0.labels.isEmpty }.map(\.id) == ["\(tenant)"])
            }
        }
        try await backend.close()
    }

    /// In both directions, and with states that the query passes over.
    @Test func aPageGoesOnWhereAMessageHasMore() async throws {
        try await backend.append((1...9).map { .user("\($0)") }, to: "c")
        for sequence in [4, 6, 7] as [Int64] {
            try await backend.reviseMessage(MessageRevision(of: "c", sequence, metadata: .setting("n", to: 1)))
        }
        let all = try await backend.messages(MessageQuery(of: "c", on: .all)).items
        #expect(all.map(\.metadata.isEmpty) == [true, true, true, false, true, false, false, true, true])
        for bound in 0...10 as ClosedRange<Int64> {
            for limit in 1...10 {
                let (after, before) = (all.filter { $0.sequence > bound }, all.filter { $0.sequence < bound })
                for states in [.all, .finished, .streaming] as [MessageStates] {
                    let isShown = states != .streaming
                    let next = try await backend.messages(
                        MessageQuery(of: "c", .after(bound), limit: limit, states: states))
                    #expect(next.items == (isShown ? Array(after.prefix(limit)) : []))
                    let last = try await backend.messages(
                        MessageQuery(of: "c", .before(bound), limit: limit, states: states))
                    #expect(last.items == (isShown ? before.suffix(limit) : []))
                }
            }
        }
        try await backend.close()
    }

    /// What both statements of a read see is of one state, even if another writes between them.
    @Test func aReaderBesideAWriterSeesOneState() async throws {
        try await backend.append(.user([.text("a"), .text("b")]), to: "c", if: .create(labels: ["x"]))
        let configuration = SQLiteBackend.Configuration(path: path)
        let database = try Database(configuration.settings(schema: .current), for: .writing)
        let interruption = Interruption(of: database, atStatementWith: "metadata") {
            try execute("UPDATE conversations SET labels = NULL, details = NULL; DELETE FROM chat_messages")
        }
        defer { sqlite3_trace_v2(database.handle, 0, nil, nil) }
        #expect(try database.conversation(tenant: "", "c")?.labels == ["x"])
        #expect(try database.conversation(tenant: "", "c")?.labels == [])
        try execute("UPDATE conversations SET labels = '[\"x\"]', details = 0")
        let list = { try database.conversations(ConversationQuery(), after: nil, tenant: "").items.map(\.labels) }
        #expect(try list() == [["x"]])
        #expect(try list() == [[]])
        try await backend.append(.user([.text("a"), .text("b")]), to: "c")
        #expect(try database.messages(MessageQuery(of: "c"), tenant: "").items.map(\.parts.count) == [2])
        #expect(try database.messages(MessageQuery(of: "c"), tenant: "").items == [])
        #expect(interruption.count >= 3)
        try await backend.close()
    }
}
