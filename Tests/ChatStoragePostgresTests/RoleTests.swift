import ChatStorageCore
import Synchronization
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// The roles that a store takes, and how it comes to take more.
@Suite(.timeLimit(.minutes(5))) struct RoleTests {
    private static let result = ChatMessage(role: .tool, parts: [.toolResult(callID: "1", output: "{}")])

    private static func open(_ url: String, _ schema: String, _ roles: RoleSet) async throws -> PostgresBackend {
        try await PostgresBackend(configuration(url, schema) { $0.roles = roles })
    }

    private static func insert(_ role: String, _ sequence: Int, _ schema: String) async throws {
        try await TestPostgres.execute(
            "INSERT INTO \(schema).chat_messages VALUES ('', 'c', \(sequence), '\(role)', 'x', now())")
    }

    @Test("a new store takes the roles of its configuration and no others")
    func aNewStoreTakesTheRoles() async throws {
        try await TestPostgres.withSchema { url, schema in
            let wide = try await Self.open(url, schema, .withTools)
            try await wide.prepare()
            try await wide.append(Self.result, to: "c")
            for (number, role) in ["system", "user", "assistant", "tool", "developer"].enumerated() {
                try await Self.insert(role, number + 2, schema)
            }
            for role in ["Tool", "function", "", "tool "] {
                await #expect { try await Self.insert(role, 9, schema) } throws: {
                    ($0 as? TestPostgresError)?.sqlState == "23514"
                }
            }
            // A narrow handle opens it, reads all, and takes its own roles.
            let narrow = try await Self.open(url, schema, .standard)
            try await narrow.prepare(.verify)
            try await narrow.prepare()
            #expect(try await narrow.messages(of: "c").map(\.role).contains(.developer))
            await expectError(.invalidRole) { try await narrow.append(Self.result, to: "c") }
            try await wide.append(Self.result, to: "d")
            for backend in [wide, narrow] { try await backend.close() }
        }
    }

    @Test func aWiderConfigurationIsNotPreparedUntilItIs() async throws {
        try await TestPostgres.withSchema { url, schema in
            let narrow = try await Self.open(url, schema, .standard)
            try await narrow.prepare()
            try await narrow.append(.user("1"), to: "c")
            let wide = try await Self.open(url, schema, .withTools)
            let error = await #expect(throws: ChatStorageError.self) { try await wide.prepare(.verify) }
            #expect(error?.code == .notPrepared && error?.message.contains("developer, tool") == true)
            await expectError(.notPrepared) { try await wide.conversation("c") }
            try await wide.prepare()
            // It stays wide.
            try await narrow.prepare()
            try await Self.insert("developer", 9, schema)
            for backend in [wide, narrow] { try await backend.close() }
        }
    }

    /// A read that lasts holds the constraint up, and nobody behind it.
    @Test func rolesAreAddedUnderLoad() async throws {
        try await TestPostgres.withSchema { url, schema in
            let narrow = try await Self.open(url, schema, .standard)
            try await narrow.prepare()
            try await narrow.createConversation("c")
            let reader = try TestPostgresConnection(url: url)
            try reader.execute("BEGIN; SELECT count(*) FROM \(schema).chat_messages")
            let wide = try await Self.open(url, schema, .withTools)
            let (ended, stored, failed) = (Counter(), Counter(), Counter())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        while ended.count.withLock({ $0 }) == 0 {
                            // None meets its lock timeout.
                            do {
                                try await narrow.append(.user("x"), to: ConversationID("c\(writer)"))
                            } catch {
                                failed.count.withLock { $0 += 1 }
                                throw error
                            }
                            stored.count.withLock { $0 += 1 }
                        }
                    }
                }
                group.addTask {
                    try await wide.prepare()
                    ended.count.withLock { $0 += 1 }
                }
                // While the read lasts, it is tried and given up, and appends go on after each time.
                for _ in 0..<3 {
                    try await waitUntil {
                        try await TestPostgres.execute(
                            """
                            SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'
                                AND relation = '\(schema).chat_messages'::regclass
                            """
                        ).count == 1
                    }
                    let before = stored.count.withLock { $0 }
                    try await waitUntil {
                        stored.count.withLock { $0 } > before + 50 || failed.count.withLock { $0 } > 0
                    }
                }
                #expect(failed.count.withLock { $0 } == 0)
                #expect(ended.count.withLock { $0 } == 0)
                try reader.execute("COMMIT")
                try await group.waitForAll()
            }
            try await wide.append(Self.result, to: "c")
            let count = try await TestPostgres.execute("SELECT count(*) FROM \(schema).chat_messages")
            #expect(count == [["\(stored.count.withLock { $0 } + 1)"]])
            for backend in [wide, narrow] { try await backend.close() }
        }
    }

    @Test func manyAddRolesAtOnce() async throws {
        try await TestPostgres.withSchema { url, schema in
            let narrow = try await Self.open(url, schema, .standard)
            try await narrow.prepare()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let wide = try await Self.open(url, schema, .withTools)
                        try await wide.prepare()
                        try await wide.append(Self.result, to: ConversationID("\(number)"))
                        try await wide.close()
                    }
                }
                try await group.waitForAll()
            }
            try await narrow.close()
        }
    }

    /// A constraint that somebody took away is put back.
    @Test func aStoreWithoutTheConstraintIsNotPrepared() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await Self.open(url, schema, .standard)
            try await backend.prepare()
            try await TestPostgres.execute(
                "ALTER TABLE \(schema).chat_messages DROP CONSTRAINT chat_messages_role_check")
            let other = try await Self.open(url, schema, .standard)
            await expectError(.notPrepared) { try await other.prepare(.verify) }
            try await other.prepare()
            try await other.createConversation("c")
            await #expect(throws: TestPostgresError.self) { try await Self.insert("tool", 1, schema) }
            for backend in [backend, other] { try await backend.close() }
        }
    }

    @Test func onlyTheOwnerAddsRolesAndTheDocumentedStatementsDo() async throws {
        try await DocumentedPrivileges.withTables { server, privileges in
            let backend = try await Self.open(server.url(of: privileges.application), privileges.schema, .withTools)
            let error = await #expect(throws: ChatStorageError.self) { try await backend.prepare() }
            #expect(error?.code == .accessDenied)
            #expect(error?.message.contains("take fewer roles than the configuration names; their owner adds") == true)
            try await privileges.executeAsOwner(privileges.widening, on: server)
            try await backend.prepare(.verify)
            try await backend.append(Self.result, to: "c")
            try await backend.close()
        }
    }
}
