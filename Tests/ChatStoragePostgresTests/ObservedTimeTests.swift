import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Where an observed call's time went, and how often it was tried again.
@Suite(.timeLimit(.minutes(5))) struct ObservedTimeTests {
    @Test func aWaitForSomebodysLockIsNotTheEnginesWork() async throws {
        try await withObserver { backend, observer, schema in
            try await backend.createConversation("c")
            let append = try await withLockedConversation(schema) {
                let append = Task { try await backend.append(.user("x"), to: "c") }
                try await waitUntilLockWait(schema, milliseconds: 500)
                return append
            }
            #expect(try await append.value.sequence == 1)
            let call = try #require(observer.calls(.append).first)
            #expect(call.lockWait > call.engine && call.lockWait > .milliseconds(500) && call.repeats >= 1)
            #expect(call.lockWait + call.engine <= call.duration)
        }
    }

    @Test func aSlowEnginesWorkIsNoWaitForALock() async throws {
        try await withObserver { backend, observer, schema in
            try await TestPostgres.execute(Self.sleepingTrigger(schema, "PERFORM pg_sleep(0.5)"))
            try await backend.append(.user("x"), to: "c")
            let call = try #require(observer.calls(.append).first)
            #expect(call.engine > .milliseconds(500) && call.lockWait == .zero && call.repeats == 0)
        }
    }

    @Test func aCallThatGivesUpHasWaitedForTheLock() async throws {
        try await withObserver({ $0.lockTimeout = .milliseconds(400) }) { backend, observer, schema in
            try await backend.createConversation("c")
            try await withLockedConversation(schema) {
                await expectError(.unavailable) { try await backend.append(.user("x"), to: "c") }
            }
            let call = try #require(observer.calls(.append).first)
            #expect(call.error?.cause?.code == "55P03" && call.lockWait >= .milliseconds(400))
            #expect(call.lockWait > call.engine && call.repeats >= 1)
        }
    }

    /// The caller leaves while the server still waits: the engine did not work all that time.
    @Test("a call that is cancelled while it waits for a lock has not worked")
    func aCallThatIsCancelled() async throws {
        try await withObserver { backend, observer, schema in
            try await backend.createConversation("c")
            try await withLockedConversation(schema) {
                let append = Task { try await backend.append(.user("x"), to: "c") }
                try await waitUntilLockWait(schema, milliseconds: 1_000)
                append.cancel()
                await #expect(throws: CancellationError.self) { try await append.value }
            }
            let call = try #require(observer.calls(.append).first)
            #expect(call.engine < call.lockWait && call.duration > .seconds(1))
        }
    }

    /// An append with keys whose connection ends is sent again.
    @Test func aCallWhoseConnectionWasLostIsRepeated() async throws {
        try await withObserver { backend, observer, schema in
            try await TestPostgres.execute(
                """
                CREATE TABLE \(schema).slow AS SELECT 1 AS one;
                \(Self.sleepingTrigger(schema, "PERFORM pg_sleep(600) FROM \(schema).slow"))
                """)
            let append = Task { try await backend.append(.user("x", key: "k"), to: "c") }
            try await waitUntil {
                try await TestPostgres.execute(
                    """
                    SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%\(schema)%'
                    """
                ).count == 1
            }
            try await TestPostgres.execute("DELETE FROM \(schema).slow")
            try await TestPostgres.execute(
                """
                SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                WHERE wait_event = 'PgSleep' AND query LIKE '%\(schema)%'
                """)
            #expect(try await append.value.sequence == 1)
            #expect(observer.calls(.append).map(\.repeats) == [1])
            #expect(observer.closed.compactMap(\.error?.cause?.code) == ["57P01"])
        }
    }

    /// The change was made from a row that somebody has changed by the time it is written.
    @Test func aChangeThatIsMadeAgainIsRepeated() async throws {
        try await withObserver { backend, observer, schema in
            try await backend.createConversation("c")
            let other = try TestPostgresConnection(url: await TestPostgres.url())
            try other.execute("BEGIN; UPDATE \(schema).conversations SET metadata = '{\"b\":2}' WHERE true")
            let change = Task { try await backend.updateConversation("c", .metadata(.setting("a", to: 1))) }
            try await waitUntil { try await lockWaits(schema) > 0 }
            try other.execute("COMMIT")
            #expect(try await change.value?.metadata == ["a": 1, "b": 2])
            #expect(try #require(observer.calls(.updateConversation).first).repeats >= 1)
        }
    }

    /// The handle does not know yet that the conversation has labels, and its first statement leaves such out.
    @Test func anAppendThatLooksAgainIsRepeated() async throws {
        try await withObserver { backend, observer, _ in
            try await backend.createConversation(NewConversation("c", labels: ["l"]))
            try await backend.append(.user("x", key: "k"), to: "c")
            #expect(observer.calls(.append).map(\.repeats) == [1])
        }
    }

    @Test func callsOfAStatementThatWaitedForALockHaveAllWaited() async throws {
        let (observer, statements) = (RecordingObserver(), Statements(SchemaName(name: "s")))
        let start = ContinuousClock.now
        func append(_ id: ConversationID, _ meter: CallMeter?) -> Call {
            let append = Append(MessageValues([.user("x")]), to: ConversationKey(tenant: "", id: id), statements)
            var call = Call(append.request, purpose: .session, deadline: start, meter: meter)
            _ = call.begin()
            return call
        }
        try await CallMeter.measure(observer, .append, tenant: nil, "a") { first in
            try await CallMeter.measure(observer, .append, tenant: nil, "b") { second in
                var merged = try #require(Call(merging: [append("a", first), append("b", second)]))
                merged.noteSent(waitsForLock: false, at: start)
                merged.noteEnded(lockTimeout: .milliseconds(250), at: start + .milliseconds(300))
                let refusal = ServerError(sqlState: "55P03")
                let again = merged.verdicts(on: refusal, isBehindPooler: false).map(\.call)
                for var call in again {
                    _ = call.begin()
                    call.noteSent(waitsForLock: false, at: start + .seconds(1))
                    call.noteEnded(at: start + .seconds(3))
                }
            }
        }
        #expect(observer.calls.count == 2)
        for call in observer.calls {
            #expect(call.lockWait == .milliseconds(250) && call.engine == .milliseconds(2_050))
            #expect(call.repeats == 1 && call.batchSize == 1)
        }
    }

    private func withObserver(
        _ adjust: (inout PostgresBackend.Configuration) -> Void = { _ in },
        _ body: (PostgresBackend, RecordingObserver, _ schema: String) async throws -> Void
    ) async throws {
        try await TestPostgres.withSchema { url, schema in
            let observer = RecordingObserver()
            var configuration = configuration(url, schema)
            configuration.observer = observer
            // Locks are held here until somebody is seen to wait for them.
            (configuration.lockTimeout, configuration.statementTimeout) = (.seconds(200), .seconds(240))
            configuration.callTimeout = .seconds(270)
            adjust(&configuration)
            let backend = try await PostgresBackend(configuration)
            try await backend.prepare()
            try await body(backend, observer, schema)
            try await backend.close()
        }
    }

    /// Waits until a session has waited for a lock this long.
    private func waitUntilLockWait(_ schema: String, milliseconds: Int) async throws {
        try await waitUntil {
            try await TestPostgres.execute(
                """
                SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%\(schema)%'
                    AND clock_timestamp() > query_start + interval '\(milliseconds) ms'
                """
            ).count == 1
        }
    }

    /// A trigger of each append.
    private static func sleepingTrigger(_ schema: String, _ body: String) -> String {
        """
        CREATE FUNCTION \(schema).rest() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN \(body); RETURN NULL; END $$;
        CREATE TRIGGER rest AFTER INSERT ON \(schema).chat_messages EXECUTE FUNCTION \(schema).rest()
        """
    }
}
