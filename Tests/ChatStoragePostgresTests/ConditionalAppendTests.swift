import ChatStorageCore
import Synchronization
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Appends with keys and under the condition that nothing changed, where sessions meet and connections break.
@Suite(.timeLimit(.minutes(5))) struct ConditionalAppendTests {
    @Test func callersOfOneKeyOnSeveralConnectionsGetOneMessage() async throws {
        try await TestPostgres.withSchema { url, schema in
            var backends: [PostgresBackend] = []
            for _ in 1...3 { backends.append(try await PostgresBackend(configuration(url, schema))) }
            try await backends[0].prepare()
            for round in 1...10 {
                let id = ConversationID("round \(round)")
                let stored = try await withThrowingTaskGroup(of: [Message].self) { [backends] group in
                    for caller in 0..<24 {
                        group.addTask {
                            let messages: [ChatMessage] = [.user("one", key: "k"), .assistant("two", key: "l")]
                            return try await backends[caller % backends.count].append(messages, to: id)
                        }
                    }
                    return try await group.reduce(into: Set<[Message]>()) { $0.insert($1) }
                }
                #expect(stored.count == 1)
                #expect(try await backends[0].messages(of: id).map(\.sequence) == [1, 2])
            }
            for backend in backends { try await backend.close() }
        }
    }

    /// Another session holds the conversation's row while the append waits, and then commits what it did.
    private func whileWaiting(
        _ messages: [ChatMessage], if condition: @Sendable (Conversation) -> AppendCondition, other sql: String
    ) async throws -> Result<[Message], any Error> {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema, setLongTimeouts))
            try await backend.prepare()
            try await backend.append(.user("one"), to: "c")
            let read = try #require(await backend.conversation("c"))
            let condition = condition(read)
            let other = try TestPostgresConnection(url: url)
            try other.execute("SET search_path = \(schema); BEGIN; \(sql)")
            async let result = Result<[Message], any Error>.catching {
                try await backend.append(messages, to: "c", if: condition)
            }
            try await waitUntil { try await lockWaits(schema) > 0 }
            try other.execute("COMMIT")
            let ended = await result
            try await backend.close()
            return ended
        }
    }

    private static let append = """
        UPDATE conversations SET last_sequence = 2;
        INSERT INTO chat_messages VALUES ('', 'c', 2, 'user', 'two', now(), 'k')
        """

    @Test func aKeyThatComesDuringTheWaitIsFound() async throws {
        for condition in [
            { _ in .createIfMissing }, { _ in .exists }, { .unchanged(since: $0) },
        ] as [@Sendable (Conversation) -> AppendCondition] {
            let result = try await whileWaiting([.user("two", key: "k")], if: condition, other: Self.append)
            #expect(try result.get().map(\.sequence) == [2])
            let differs = try await whileWaiting([.user("other", key: "k")], if: condition, other: Self.append)
            #expect(differs.code == .idempotencyMismatch)
        }
    }

    @Test func anAppendDuringTheWaitIsAConflict() async throws {
        for key in [nil, "another"] {
            let result = try await whileWaiting(
                [.user("three", key: key)], if: { .unchanged(since: $0) }, other: Self.append)
            #expect(throws: ChatStorageError.self) { try result.get() }
            #expect(result.code == .conflict)
        }
    }

    @Test func aTitleDuringTheWaitIsNone() async throws {
        let result = try await whileWaiting(
            [.user("two")], if: { .unchanged(since: $0) }, other: "UPDATE conversations SET title = 'new'")
        #expect(try result.get().map(\.sequence) == [2])
    }

    @Test func aDeleteDuringTheWaitIsNotFound() async throws {
        for key in [nil, "k"] {
            let result = try await whileWaiting(
                [.user("two", key: key)], if: { .unchanged(since: $0) }, other: "DELETE FROM conversations")
            #expect(result.code == .conversationNotFound)
        }
    }

    /// What the first attempt met may be an earlier one that was not answered, so nobody knows whether it was applied.
    @Test("a failure after another session's change has an unknown outcome if there are keys", arguments: [nil, "k"])
    func whatFailsAfterAnotherSession(key: String?) async throws {
        try await withBackend { backend, schema in
            let read = try await backend.createConversation("c")
            try await TestPostgres.execute(
                """
                SET search_path = \(schema);
                CREATE SEQUENCE attempts;
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF nextval('\(schema).attempts') = 1 THEN RAISE EXCEPTION USING ERRCODE = 'unique_violation'; END IF;
                    RAISE EXCEPTION USING ERRCODE = 'disk_full';
                END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON chat_messages FOR EACH ROW EXECUTE FUNCTION refuse()
                """)
            let error = await #expect(throws: ChatStorageError.self) {
                try await backend.append([.user("x", key: key)], to: "c", if: .unchanged(since: read))
            }
            #expect(error?.code == .unavailable && error?.cause?.code == "53100")
            #expect(error?.writeOutcome == (key == nil ? .notApplied : .unknown))
            #expect(try await TestPostgres.execute("SELECT last_value FROM \(schema).attempts") == [["2"]])
        }
    }

    /// Appends until it is answered, each time with the same key.
    private static func append(
        _ message: ChatMessage, to id: ConversationID, if condition: AppendCondition, of backend: PostgresBackend
    ) async throws -> Message {
        while true {
            do {
                return try await backend.append(message, to: id, if: condition)
            } catch let error as ChatStorageError where error.isRetryable {
                continue
            }
        }
    }

    @Test func keysMakeAppendsSafeWhenConnectionsBreak() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(adding("application_name=\(schema)", to: url), schema))
            try await backend.prepare()
            let finished = Counter()
            let ended = try await withThrowingTaskGroup(of: Int.self) { group in
                for caller in 0..<16 {
                    group.addTask {
                        defer { finished.count.withLock { $0 += 1 } }
                        for number in 0..<40 {
                            let message = ChatMessage.user("\(caller) \(number)", key: "\(caller) \(number)")
                            let id = ConversationID("c\(caller % 3)")
                            let stored = try await Self.append(message, to: id, if: .createIfMissing, of: backend)
                            #expect(try await Self.append(message, to: id, if: .exists, of: backend) == stored)
                        }
                        return 0
                    }
                }
                group.addTask {
                    var ended = 0
                    // Not for ever: whoever is cut off each time would never come to an end.
                    for _ in 0..<20 where finished.count.withLock({ $0 }) < 16 {
                        ended += try await TestPostgres.execute(
                            """
                            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                            WHERE application_name = '\(schema)'
                            """
                        ).count
                    }
                    return ended
                }
                return try await group.reduce(0, +)
            }
            #expect(ended > 0)
            let rows = try await TestPostgres.execute(
                "SELECT count(*), count(DISTINCT content), count(DISTINCT message_key) FROM \(schema).chat_messages")
            #expect(rows == [["640", "640", "640"]])
            try await backend.close()
        }
    }

    @Test("only appends with keys are sent again after a lost connection")
    func onlyAppendsWithKeysAreSent() async throws {
        let key = ConversationKey(tenant: "", id: "c")
        let statements = Statements(SchemaName(name: "s"))
        func repeats(_ messages: [ChatMessage], if condition: AppendCondition) -> Bool {
            let append = ConditionalAppend(
                NewMessages(messages, to: "c", if: condition), MessageValues(messages), to: key, hasLabels: false,
                statements)
            let call = Call(append.request, purpose: .session, deadline: .now)
            if case .again = call.verdict(on: .unknown) { return true }
            return false
        }
        let version = AppendCondition.unchanged(ConversationVersion(createdAt: .earliest, lastSequence: 1))
        #expect(repeats([.user("", key: "k")], if: .createIfMissing))
        #expect(repeats([.user("", key: "k"), .user("", key: "l")], if: version))
        #expect(!repeats([.user("")], if: version))
    }
}

extension Result {
    fileprivate static func catching(_ body: () async throws -> Success) async -> Self where Failure == any Error {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    fileprivate var code: ChatStorageError.Code? {
        guard case .failure(let error) = self else { return nil }
        return (error as? ChatStorageError)?.code
    }
}
