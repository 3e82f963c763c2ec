import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStorageSQLite

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// Which statements a call runs: a plain one no more than it needs.
@Suite struct StatementCountTests {
    /// The first words of each statement that a connection runs.
    ///
    /// It belongs to one test, whose connection runs on its thread.
    private final class Trace {
        private(set) var statements: [String] = []

        func install(on database: Database) {
            let context = Unmanaged.passUnretained(self).toOpaque()
            sqlite3_trace_v2(
                database.handle, UInt32(SQLITE_TRACE_STMT),
                { _, context, _, text in
                    guard let context, let text else { return 0 }
                    let sql = String(cString: text.assumingMemoryBound(to: CChar.self))
                    let words = sql.split(whereSeparator: \.isWhitespace).prefix(4).joined(separator: " ")
                    Unmanaged<Trace>.fromOpaque(context).takeUnretainedValue().statements.append(words)
                    return 0
                }, context)
        }
    }

    private let folder: TemporaryFolder
    private let database: Database

    init() async throws {
        folder = try TemporaryFolder()
        let configuration = SQLiteBackend.Configuration(path: folder.path(of: "chat.db"))
        let backend = try await SQLiteBackend(configuration)
        try await backend.prepare()
        try await backend.append(.user("one"), to: "plain")
        try await backend.createConversation(
            NewConversation("labelled", labels: ["a", "b"], metadata: ["of some": "bytes"]))
        let text = JSONValue.string(String(repeating: "x", count: 2_000))
        try await backend.tenant("long").createConversation(NewConversation("long", metadata: ["a": text]))
        try await backend.close()
        database = try Database(configuration.settings(schema: .current), for: .writing)
    }

    private func statements(_ body: () throws -> some Any) throws -> [String] {
        let trace = Trace()
        trace.install(on: database)
        defer { sqlite3_trace_v2(database.handle, 0, nil, nil) }
        _ = try body()
        return trace.statements
    }

    private static let place = "SELECT conversation, created_at_us, updated_at_us,"
    private static let update = "UPDATE conversations SET last_sequence"
    private static let insert = "INSERT INTO chat_messages (conversation,"

    /// Looking at the conversation's row first takes less than an INSERT that becomes an UPDATE.
    @Test func aPlainAppendIsThree() throws {
        func append(_ messages: [ChatMessage], if condition: AppendCondition = .createIfMissing) throws -> [String] {
            try statements { try database.append(NewMessages(messages, to: "plain", if: condition), tenant: "") }
        }
        let expected = [Self.place, Self.update, Self.insert]
        #expect(try append([.user("two")]) == expected)
        #expect(try append([.user("two")], if: .create(title: "Kyoto")) == expected)
        #expect(try append([.user("two"), .user("three")]) == expected + [Self.insert])
        #expect(try append([.user("two")], if: .exists) == expected)
        #expect(try append([.user([.text("a"), .text("b")])]) == expected)
        let marked = NewMessages([.user("two")], to: "plain", marksRead: true)
        #expect(try statements { try database.append(marked, tenant: "") } == expected)
    }

    @Test func anAppendToALabelledConversationIsFive() throws {
        let new = NewMessages([.user("one")], to: "labelled", if: .exists)
        let labels = ["UPDATE OR REPLACE conversation_labels", "SELECT 1 FROM conversation_labels"]
        #expect(
            try statements { try database.append(new, tenant: "") }
                == [Self.place, Self.update] + labels + [Self.insert])
    }

    @Test("long metadata is read beside the row and not touched by an append")
    func longMetadataIsReadBesideTheRow() throws {
        let new = NewMessages([.user("one")], to: "long", if: .exists)
        #expect(
            try statements { try database.append(new, tenant: "long") } == [Self.place, Self.update, Self.insert])
        let beside = "SELECT b.metadata FROM conversations"
        #expect(try statements { try database.conversation(tenant: "long", "long") }.dropFirst(2) == [beside])
        let list = { try database.conversations(ConversationQuery(), after: nil, tenant: "long") }
        #expect(try statements { try list() }.count { $0 == beside } == 1)
    }

    /// A conversation that has branched: a page from the end takes a statement a run, whatever lies above it.
    @Test func aPageOfAPathIsAStatementARun() throws {
        for number in 0..<30 {
            _ = try database.append(NewMessages([.user("a"), .user("b")], to: "plain", .after(1)), tenant: "")
            if number == 14 { _ = try database.append(NewMessages([.user("a"), .user("b")], to: "plain"), tenant: "") }
        }
        func runs(_ query: MessageQuery) throws -> Int {
            try statements { try database.messages(query, tenant: "") }
                .count { $0 == "SELECT m.sequence, m.role, m.created_at_us," }
        }
        // The first finds nothing, since the conversation has branched.
        #expect(try runs(MessageQuery(of: "plain", limit: 2)) == 2)
        #expect(try runs(MessageQuery(of: "plain", limit: 20)) == 3)
        #expect(try runs(MessageQuery(of: "plain", .before(33), limit: 2, states: .finished)) == 2)
        #expect(try statements { try database.messages(MessageQuery(of: "plain", on: .all), tenant: "") }.count == 1)
        #expect(
            try statements { try database.append(NewMessages([.user("c")], to: "plain"), tenant: "") }
                == [Self.place, Self.update, Self.insert])
    }

    /// It touches the message's row alone, and no index: the state of an answer under way is not named.
    @Test func aCheckpointWritesOneRow() throws {
        let new = NewMessages([.assistant("")], to: "plain", isStreaming: true)
        var trace: [String] = []
        var answer = try #require(database.append(new, tenant: "").messages.first)
        for state in [nil, nil, .complete] as [MessageState?] {
            let revision = MessageRevision(of: answer, body: .assistant("more"), state: state)
            trace += try statements { answer = try database.revise(revision, tenant: "") }
        }
        #expect(trace.count { $0.hasPrefix("UPDATE") } == 3 && trace.count == 6)
        #expect(trace.filter { $0.hasPrefix("UPDATE") }.allSatisfy { $0.hasPrefix("UPDATE chat_messages") })
        #expect(!MessageTable.sql.write.text.contains("state"))
    }

    /// The second tells whether nothing is there or the conversation has branched.
    @Test func anEmptyPageIsTwo() throws {
        let query = MessageQuery(of: "plain", .after(100))
        #expect(try statements { try database.messages(query, tenant: "") }.count == 2)
        #expect(try statements { try database.messages(MessageQuery(of: "none"), tenant: "") }.count == 2)
    }

    @Test func aReadIsOne() throws {
        #expect(try statements { try database.conversation(tenant: "", "plain") }.count == 1)
        #expect(try statements { try database.messages(MessageQuery(of: "plain"), tenant: "") }.count == 1)
        let list = { try database.conversations(ConversationQuery(limit: 1), after: nil, tenant: "") }
        _ = try database.append(NewMessages([.user("newest")], to: "plain"), tenant: "")
        #expect(try statements(list).count == 1)
        // One more for a conversation whose last message is not there.
        let previews = ConversationQuery(preview: 9)
        #expect(try statements { try database.conversations(previews, after: nil, tenant: "") }.count == 2)
    }

    /// What plain rows have is read first; a statement that reads all goes on where a row has more.
    @Test func aReadOfMoreIsOneMoreAndNotOneForEachRow() throws {
        #expect(try statements { try database.conversation(tenant: "", "labelled") }.count == 2)
        for number in 0..<9 {
            let new = NewConversation(ConversationID("labelled \(number)"), labels: ["a"])
            _ = try database.createConversation(new, tenant: "")
            let message = ChatMessage.user([.text("\(number)"), .text("b")])
            _ = try database.append(NewMessages([message, .user("c")], to: "plain"), tenant: "")
        }
        // Those of the same time, and the older ones.
        #expect(
            try statements { try database.conversations(ConversationQuery(), after: nil, tenant: "") }.count == 3)
        #expect(try statements { try database.messages(MessageQuery(of: "plain"), tenant: "") }.count == 2)
    }
}
