import ChatStorageCore
import ChatStoragePostgres
import Synchronization
import TestSupport
import Testing

/// Locks that other sessions hold, and the calls that need them or others.
@Suite(.timeLimit(.minutes(5))) struct LockTests {
    private static let callTimeout = Duration.seconds(4)

    /// The lock is held for longer than a call may take, and each call that needs it ends without having been applied.
    @Test("a lock held beyond the call timeout makes no other write fail")
    func aLockHeldBeyondTheCallTimeout() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(url, schema) {
                    $0.callTimeout = Self.callTimeout
                    $0.connections = 8
                })
            try await backend.prepare()
            try await backend.createConversation("c")
            try await withLockedConversation(schema) {
                try await withOthers(63, appendingTo: backend) {
                    for _ in 0..<2 { try await expectNotApplied { try await backend.append(.user("x"), to: "c") } }
                    try await expectNotApplied { try await backend.clearMessages(of: "c") }
                }
            }
            #expect(try await backend.append(.user("x"), to: "c").sequence == 1)
            #expect(try await backend.clearMessages(of: "c") == 1)
            try await backend.close()
        }
    }

    /// No session is set up there, so the first call that meets the lock closes its connection.
    @Test("behind a pooler the same holds once a connection was given up")
    func behindAPoolerTheSameHoldsOnce() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(url, schema) {
                    $0.callTimeout = Self.callTimeout
                    $0.isBehindPooler = true
                })
            try await backend.prepare()
            try await backend.createConversation("c")
            try await withLockedConversation(schema) {
                let error = await #expect(throws: ChatStorageError.self) {
                    try await backend.append(.user("first"), to: "c")
                }
                #expect(error?.code == .unavailable && error?.writeOutcome == .unknown)
                try await withOthers(20, appendingTo: backend) {
                    try await expectNotApplied { try await backend.append(.user("x"), to: "c") }
                }
            }
            try await backend.append(.user("last"), to: "c")
            #expect(try await backend.messages(of: "c").contains { $0.content == "last" })
            try await backend.close()
        }
    }

    /// A session waits for such a lock for a quarter of a second only; the retries inside must not be seen.
    @Test(arguments: [1, 3]) func aLockHeldForLessThanTheLockTimeoutMakesNobodyFail(connections: Int) async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(url, schema) {
                    $0.connections = connections
                    ($0.lockTimeout, $0.statementTimeout) = (.seconds(100), .seconds(150))
                    $0.callTimeout = .seconds(200)
                })
            try await backend.prepare()
            try await backend.createConversation("c")
            let appends = try await withLockedConversation(schema) {
                let appends = (0..<20).map { number in
                    Task { try await backend.append(.user("x"), to: number < 5 ? "c" : ConversationID("c\(number)")) }
                }
                for append in appends.dropFirst(5) { #expect(try await append.value.sequence == 1) }
                // On the only connection every attempt is brief.
                try await waitUntil {
                    try await TestPostgres.execute(
                        """
                        SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%\(schema)%'
                            AND clock_timestamp() > query_start + interval '\(connections == 1 ? 100 : 500) ms'
                        """
                    ).count == 1
                }
                return appends
            }
            let sequences = try await withThrowingTaskGroup(of: Int64.self) { group in
                for append in appends.prefix(5) { group.addTask { try await append.value.sequence } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(sequences.sorted() == [1, 2, 3, 4, 5])
            try await backend.close()
        }
    }

    /// A read waits for no row, but for a table that is altered.
    @Test("a table locked for less than the lock timeout makes no read fail")
    func aTableLockedForLessThanTheLock() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(url, schema) { ($0.lockTimeout, $0.callTimeout) = (.seconds(100), .seconds(200)) })
            try await backend.prepare()
            try await backend.append(.user("x"), to: "c")
            let holder = try TestPostgresConnection(url: url)
            try holder.execute("BEGIN; LOCK TABLE \(schema).chat_messages IN ACCESS EXCLUSIVE MODE")
            let read = Task { try await backend.messages(of: "c").count }
            var attempts: Set<String> = []
            try await waitUntil {
                let waiting = try await TestPostgres.execute(
                    """
                    SELECT query_start FROM pg_stat_activity
                    WHERE wait_event_type = 'Lock' AND query LIKE '%\(schema)%'
                    """)
                attempts.formUnion(waiting.compactMap { $0[0] })
                return attempts.count >= 3
            }
            try holder.execute("COMMIT")
            #expect(try await read.value == 1)
            try await backend.close()
        }
    }

    @Test func sessionsHaveTimeoutsBelowTheCalls() async throws {
        try await withBackend({ ($0.callTimeout, $0.lockTimeout) = (.seconds(20), .zero) }) { backend, schema in
            try await TestPostgres.execute(
                """
                CREATE TABLE \(schema).seen (lock text, statement text, client text);
                CREATE FUNCTION \(schema).see() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO \(schema).seen VALUES (current_setting('lock_timeout'),
                        current_setting('statement_timeout'), current_setting('client_connection_check_interval', true));
                    RETURN NULL;
                END $$;
                CREATE TRIGGER see AFTER INSERT ON \(schema).chat_messages EXECUTE FUNCTION \(schema).see()
                """)
            try await backend.append(.user("x"), to: "c")
            // A call that sends more has more time, and what it sets is gone after it.
            try await backend.append(.user(String(repeating: "x", count: 5 << 20)), to: "c")
            try await backend.append(.user("x"), to: "c")
            let seen = try await TestPostgres.execute("SELECT lock, statement, client FROM \(schema).seen")
            #expect(seen.map { $0[0] } == ["250ms", "250ms", "250ms"])
            #expect(seen.map { $0[1] } == ["19s", "24s", "19s"])
            let version = try await TestPostgres.execute("SELECT version(), current_setting('server_version_num')")
            let isOldOrElsewhere = Int(version[0][1] ?? "") ?? 0 < 150_000 || version[0][0]?.contains("linux") != true
            #expect(isOldOrElsewhere || seen.allSatisfy { $0[2] == "1s" })
        }
    }

    /// Calls the body while callers append, each to a conversation of its own; none of their calls may fail.
    private func withOthers(
        _ count: Int, appendingTo backend: PostgresBackend, _ body: () async throws -> Void
    ) async throws {
        let isOver = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<count {
                group.addTask {
                    var number: Int64 = 0
                    while isOver.count.withLock({ $0 == 0 }) {
                        number += 1
                        let appended = try await backend.append(.user("x"), to: ConversationID("other \(caller)"))
                        #expect(appended.sequence == number)
                    }
                }
            }
            try await body()
            isOver.count.withLock { $0 = 1 }
            try await group.waitForAll()
        }
    }

    private func expectNotApplied(_ body: () async throws -> some Any) async throws {
        let error = await #expect(throws: ChatStorageError.self) { _ = try await body() }
        #expect(error?.code == .unavailable && error?.writeOutcome == .notApplied && error?.cause?.code == "55P03")
    }
}
