import ChatStorageCore
import ChatStorageSQLite
import TestSupport
import Testing

/// Parents, heads and states that no backend writes: a call ends, and says so or gives an answer that is defined.
@Suite struct DamagedTreeTests {
    private static let parents = [
        "UPDATE chat_messages SET parent = 9 WHERE sequence = 5",
        "UPDATE chat_messages SET parent = 5 WHERE sequence = 5",
        "UPDATE chat_messages SET parent = -1 WHERE sequence = 5",
        "UPDATE chat_messages SET parent = 7 WHERE sequence = 6",
        "DELETE FROM chat_messages WHERE sequence = 2",
    ]
    private static let heads = [
        "UPDATE conversations SET head = 99", "UPDATE conversations SET head = -7",
        "DELETE FROM chat_messages WHERE sequence = 7",
    ]
    private static let states = [
        "UPDATE chat_messages SET revision = 1, state = 'odd' WHERE sequence = 6",
        "UPDATE chat_messages SET revision = 0, state = 'streaming' WHERE sequence = 6",
        "UPDATE chat_messages SET revision = 3, revised_at_us = 9223372036854775807 WHERE sequence = 6",
    ]
    private static let flags = [
        "UPDATE conversations SET details = 0", "UPDATE conversations SET details = 7",
        "UPDATE conversations SET head = NULL", "UPDATE chat_messages SET parent = NULL",
    ]

    /// 1 to 4 follow one another; 5 follows 2, 6 follows 5 and 7 follows 6; 8 follows 2 too; 7 is the head.
    private static func withStore(after sql: String, _ body: (SQLiteBackend) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chat.db")
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        try await backend.append((1...4).map { .user("\($0)") }, to: "c")
        try await backend.append(NewMessages((5...7).map { .user("\($0)") }, to: "c", .after(2)))
        try await backend.append(NewMessages([.user("8")], to: "c", .insteadOf(5), movesHead: false))
        try TestSQLiteConnection(path: path).execute(sql)
        try await body(backend)
        try await backend.close()
    }

    private static let reads: [MessageQuery] = [
        MessageQuery(of: "c"), MessageQuery(of: "c", limit: 1), MessageQuery(of: "c", .before(7)),
        MessageQuery(of: "c", .before(3)), MessageQuery(of: "c", .before(100)), MessageQuery(of: "c", .after(0)),
        MessageQuery(of: "c", .after(6)), MessageQuery(of: "c", .after(100)), MessageQuery(of: "c", on: .through(8)),
        MessageQuery(of: "c", .after(1), on: .through(7), states: .finished), MessageQuery(of: "c", on: .all),
    ]

    @Test(arguments: parents + heads + states + flags)
    func everyCallEnds(sql: String) async throws {
        try await Self.withStore(after: sql) { backend in
            func attempt(_ call: () async throws -> some Any) async throws {
                do { _ = try await call() } catch let error as ChatStorageError {
                    #expect([.damaged, .messageNotFound, .conflict].contains(error.code), "\(error)")
                }
            }
            for query in Self.reads {
                try await attempt {
                    let page = try await backend.messages(query)
                    #expect(page.items.map(\.sequence) == Set(page.items.map(\.sequence)).sorted())
                }
            }
            try await attempt { try await backend.forks(of: "c") }
            try await attempt { try await backend.conversations(ConversationQuery(preview: 5)) }
            try await attempt { try await backend.conversation("c") }
            try await attempt { try await backend.unfinishedMessages(UnfinishedQuery(notRevisedFor: .zero)) }
            try await attempt { try await backend.messages(MessageQuery(of: "c", .sequences([5, 6, 7]))) }
            try await attempt { try await backend.messages(MessageQuery(of: "c", .keys(["k"]))) }
            try await attempt {
                try await backend.reviseMessage(MessageRevision(of: "c", 6, metadata: .setting("n", to: 1)))
            }
            try await attempt { try await backend.append(NewMessages([.user("9")], to: "c", .insteadOf(5))) }
            try await attempt { try await backend.append(.user("10"), to: "c") }
            try await attempt { try await backend.updateConversation("c", .show(branch: 1)) }
            try await attempt { try await backend.updateConversation("c", .head(5)) }
            try await attempt { try await backend.removeMessages(MessageRemoval(.messages([6]), of: "c")) }
            try await attempt { try await backend.removeMessages(MessageRemoval(.from(5), of: "c")) }
            try await attempt { try await backend.clearMessages(of: "c") }
            #expect(try await backend.deleteConversation("c"))
        }
    }

    @Test(arguments: parents + heads + states)
    func whatThePathMeetsIsDamaged(sql: String) async throws {
        try await Self.withStore(after: sql) { backend in
            await expectError(.damaged) { try await backend.messages(MessageQuery(of: "c")).items.count }
            await expectError(.damaged) { try await backend.messages(MessageQuery(of: "c", .after(0))).items.count }
        }
    }

    @Test(arguments: parents)
    func aTreeOfThemIsDamaged(sql: String) async throws {
        try await Self.withStore(after: sql) { backend in
            await expectError(.damaged) { try await backend.forks(of: "c").count }
            await expectError(.damaged) { try await backend.updateConversation("c", .show(branch: 1))?.id }
            await expectError(.damaged) { try await backend.removeMessages(MessageRemoval(.from(4), of: "c")) }
        }
    }

    @Test("a plain conversation that says it is branched is read as it is")
    func aPlainConversationThatSays() async throws {
        let sql = "UPDATE conversations SET head = NULL; UPDATE chat_messages SET parent = NULL"
        try await Self.withStore(after: sql) { backend in
            let page = try await backend.messages(MessageQuery(of: "c"))
            #expect(page.items.map(\.sequence) == Array(1...8) && page.through == 8)
        }
    }
}
