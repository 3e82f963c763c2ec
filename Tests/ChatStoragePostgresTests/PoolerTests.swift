import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// What a pooler can take: one Sync at a time, no named statements, and sessions that stay as they are.
@Suite(.timeLimit(.minutes(5))) struct PoolerTests {
    /// Calls a body with a prepared backend behind a pooler of the test's own, on a schema that shows sessions'
    /// settings.
    private func withPooler(
        tellsProcess: Bool = false, _ adjust: (inout PostgresBackend.Configuration) -> Void = { _ in },
        _ body: (PostgresBackend, TestPooler) async throws -> Void
    ) async throws {
        guard let server = try await PostgresServer.ifInstalled() else { return }
        let pooler = try TestPooler(before: server, tellsProcess: tellsProcess)
        let backend = try await PostgresBackend(configuration(pooler.url, "chat", adjust))
        try await backend.prepare()
        // A column's default is computed in the session that inserts.
        try await server.execute(
            """
            ALTER TABLE chat.conversations
            ALTER title SET DEFAULT current_setting('plan_cache_mode') || ' ' || current_setting('lock_timeout')
            """)
        try await body(backend, pooler)
        try await backend.close()
    }

    /// Makes calls of all kinds at once, some of which are cancelled.
    private func makeCalls(_ backend: PostgresBackend) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<300 {
                let id = ConversationID("c\(number % 10)")
                group.addTask {
                    switch number / 10 % 15 {
                    case 0: _ = try await backend.append(.user("x", key: "\(number)"), to: id)
                    case 1: _ = try await backend.messages(of: id)
                    case 2: _ = try await backend.clearMessages(of: id)
                    case 3:
                        let call = Task { try await backend.append((0..<200).map { .user("\($0)") }, to: id) }
                        call.cancel()
                        _ = try? await call.value
                    case 4: _ = try await backend.append(.user("x"), to: id)
                    case 5: _ = try await backend.conversation(id)
                    default: try await makeCallOnBranches(backend, id, number / 10 % 15)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Makes a call about a message that may not be there.
    private func makeCallOnBranches(_ backend: PostgresBackend, _ id: ConversationID, _ kind: Int) async throws {
        do {
            switch kind {
            case 6: _ = try await backend.append(.user("x"), to: id, .after(1))
            case 7: _ = try await backend.append(.user("x"), to: id, .insteadOf(2))
            case 8: _ = try await backend.updateConversation(id, .head(1))
            case 9: _ = try await backend.updateConversation(id, .show(branch: 1))
            case 10: _ = try await backend.removeMessages([1, 3], of: id)
            case 11: _ = try await backend.messages(MessageQuery(of: id, on: .through(2)))
            case 12: _ = try await backend.forks(of: id)
            case 13:
                let messages = (0..<200).map { ChatMessage.user("\($0)") }
                let call = Task { try await backend.append(NewMessages(messages, to: id, .after(1))) }
                call.cancel()
                _ = try? await call.value
            default:
                let begun = try await backend.append(NewMessages([.assistant("")], to: id, isStreaming: true))
                guard let answer = begun.messages.first else { return }
                _ = try await backend.reviseMessage(MessageRevision(of: answer, body: .assistant("x")))
            }
        } catch let error as ChatStorageError where [.messageNotFound, .conflict].contains(error.code) {}
    }

    @Test(arguments: [false, true])
    func aPoolerGetsOneSyncAtATimeAndNothingThatStays(isDeclared: Bool) async throws {
        try await withPooler({ $0.isBehindPooler = isDeclared }) { backend, pooler in
            try await makeCalls(backend)
            let listed = try await backend.withSnapshot { try await $0.conversations(limit: 100).count }
            #expect(listed == 10)
            #expect(pooler.sent.syncsAtOnce == 1)
            #expect(pooler.sent.namedStatements == 0)
            for number in 0..<10 {
                #expect(try await backend.conversation(ConversationID("c\(number)"))?.title == "auto 0")
            }
        }
    }

    /// Without a pooler, what the test above counts does occur.
    @Test("a server gets many syncs at once, named statements, and settings")
    func aServerGetsManySyncsAtOnce() async throws {
        try await withPooler(tellsProcess: true) { backend, pooler in
            try await makeCalls(backend)
            #expect(pooler.sent.syncsAtOnce > 1)
            #expect(pooler.sent.namedStatements > 0)
            #expect(try await backend.conversation("c0")?.title == "force_generic_plan 250ms")
        }
    }

    @Test func theIsolationLevelBehindAPoolerIsTheServersOwn() async throws {
        guard let server = try await PostgresServer.ifInstalled() else { return }
        try await server.execute("ALTER SYSTEM SET default_transaction_isolation = 'repeatable read'")
        try await server.execute("SELECT pg_reload_conf()")
        try await waitUntil {
            try await server.execute("SHOW default_transaction_isolation") == [["repeatable read"]]
        }
        let pooler = try TestPooler(before: server)
        let backend = try await PostgresBackend(configuration(pooler.url, "chat"))
        await expectError(.invalidArgument) { try await backend.prepare() }
        try await backend.close()
        let direct = try await PostgresBackend(configuration(server.url, "chat"))
        try await direct.prepare()
        try await direct.close()
    }

    /// A pooler that says which process serves a connection, and gives its session to others in between.
    @Test(arguments: ["PREPARE %@ AS SELECT 1", "DEALLOCATE ALL"])
    func aSessionWhoseStatementsOthersChangeIsGoneOnWith(change: String) async throws {
        try await withBackend({ $0.connections = 1 }) { backend, schema in
            let name = try #require(Statements(SchemaName(name: schema)).conversation.name)
            let statement = change.replacing("%@", with: "\(name)_0")
            try await TestPostgres.execute(
                """
                CREATE FUNCTION \(schema).change() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN EXECUTE '\(statement)'; RETURN NULL; END $$;
                CREATE TRIGGER change AFTER INSERT ON \(schema).conversations
                FOR EACH STATEMENT EXECUTE FUNCTION \(schema).change()
                """)
            _ = try await backend.createConversation("c")
            for _ in 1...3 { #expect(try await backend.conversation("c") != nil) }
            #expect(try await backend.append(.user("x"), to: "c", if: .exists).sequence == 1)
        }
    }
}
