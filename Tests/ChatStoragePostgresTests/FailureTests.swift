import ChatStorageCore
import ChatStoragePostgres
import Synchronization
import TestSupport
import Testing

/// Servers that go away, refuse or do not answer.
@Suite(.timeLimit(.minutes(5))) struct FailureTests {
    @Test func callsWorkAfterTheServerEndedTheConnections() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(named(url, schema), schema))
            try await backend.prepare()
            for number in 1...5 {
                #expect(try await endConnections(schema) > 0)
                #expect(try await backend.append(.user("\(number)"), to: "c").sequence == Int64(number))
                #expect(try await endConnections(schema) > 0)
                #expect(try await backend.messages(of: "c").count == number)
            }
            try await backend.close()
        }
    }

    @Test func whatIsAcknowledgedIsThereAndWhatIsNotAppliedIsNot() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(named(url, schema), schema))
            try await backend.prepare()
            let outcomes = Outcomes()
            let ended = try await withThrowingTaskGroup(of: Int.self) { group in
                for caller in 0..<16 {
                    group.addTask {
                        for number in 0..<60 {
                            let content = "\(caller) \(number)"
                            do {
                                try await backend.append(.user(content), to: ConversationID("c\(caller % 3)"))
                                outcomes.all.withLock { $0[content] = .some(nil) }
                            } catch let error as ChatStorageError where error.code == .unavailable {
                                outcomes.all.withLock { $0[content] = error.writeOutcome }
                            }
                        }
                        return 0
                    }
                }
                group.addTask {
                    var ended = 0
                    while outcomes.all.withLock({ $0.count }) < 16 * 60 { ended += try await endConnections(schema) }
                    return ended
                }
                return try await group.reduce(0, +)
            }
            #expect(ended > 0)
            let rows = try await TestPostgres.execute(
                "SELECT content, count(*) FROM \(schema).chat_messages GROUP BY 1")
            let counts = Dictionary(uniqueKeysWithValues: rows.map { ($0[0] ?? "", $0[1] ?? "") })
            for (content, outcome) in outcomes.all.withLock({ $0 }) {
                switch outcome {
                case nil: #expect(counts[content] == "1")
                case .notApplied?: #expect(counts[content] == nil)
                case .unknown?: #expect(counts[content] == nil || counts[content] == "1")
                }
            }
            try await backend.close()
        }
    }

    @Test func aCommitThatFailsAfterItsRowsIsNotAcknowledged() async throws {
        try await withBackend { backend, schema in
            try await TestPostgres.execute(
                """
                ALTER TABLE \(schema).chat_messages
                ADD CONSTRAINT only_once UNIQUE (content) DEFERRABLE INITIALLY DEFERRED
                """)
            try await backend.append(.user("secret"), to: "c")
            await expectError(.schemaMismatch, without: "secret") { try await backend.append(.user("secret"), to: "c") }
            #expect(try await backend.append(.user("other"), to: "c").sequence == 2)
            // Another constraint than the conversation's key.
            let time = Timestamp(microsecondsSinceEpoch: 0)
            let snapshot = ConversationSnapshot(
                id: "d", title: nil, createdAt: time, updatedAt: time, lastSequence: 1,
                messages: [.init(sequence: 1, role: .user, content: "secret", createdAt: time)])
            await expectError(.schemaMismatch, without: "secret") {
                try await backend.restoreConversation(snapshot)
            }
        }
    }

    @Test func anUnreachableServerIsUnavailable() async throws {
        let folder = try TemporaryFolder()
        let url = "postgres://user:hunter2@/db?host=\(folder.path.replacing("/", with: "%2F"))"
        let backend = try await PostgresBackend(url: url)
        for _ in 1...3 {
            await expectError(.unavailable, without: "hunter2") { try await backend.prepare() }
            await expectError(.unavailable, without: "hunter2") { try await backend.append(.user("x"), to: "c") }
        }
        try await backend.close()
        await expectError(.closed) { try await backend.conversation("c") }
    }

    @Test func aFirstWriteWithoutAServerWasNotApplied() async throws {
        let folder = try TemporaryFolder()
        let url = "postgres://user@/db?host=\(folder.path.replacing("/", with: "%2F"))"
        let backend = try await PostgresBackend(url: url)
        let writes: [@Sendable () async throws -> Void] = [
            { try await backend.append(.user("x"), to: "c") }, { try await backend.createConversation("c") },
            { try await backend.getOrCreateConversation("c") }, { try await backend.updateTitle(of: "c", to: nil) },
            { try await backend.deleteConversation("c") }, { try await backend.clearMessages(of: "c") },
        ]
        for write in writes {
            let error = await #expect(throws: ChatStorageError.self) { try await write() }
            #expect(error?.code == .unavailable && error?.writeOutcome == .notApplied)
        }
        let error = await #expect(throws: ChatStorageError.self) { try await backend.conversation("c") }
        #expect(error?.code == .unavailable && error?.writeOutcome == nil)
        try await backend.close()
    }

    @Test("a server that refuses the user or has no such database denies access")
    func aServerThatRefusesTheUser() async throws {
        let url = try await TestPostgres.url()
        for wrong in ["user=nobody_here&password=hunter2", "dbname=nothing_here&password=hunter2"] {
            let backend = try await PostgresBackend(url: adding(wrong, to: url))
            await expectError(.accessDenied, without: "hunter2") { try await backend.prepare() }
            try await backend.close()
        }
    }

    @Test("a setting in the URL that the server refuses is the caller's mistake")
    func aSettingInTheURLThatTheServer() async throws {
        let url = try await TestPostgres.url()
        for options in ["-csearchpath%3Dchat", "search_path%3Dchat", "-cstatement_timeout%3Dabc"] {
            let backend = try await PostgresBackend(url: adding("options=\(options)", to: url))
            await expectError(.invalidArgument) { try await backend.prepare() }
            try await backend.close()
        }
    }

    @Test func aSearchPathWithoutASchemaIsNamed() async throws {
        let url = adding("options=-csearch_path%3Dchta", to: try await TestPostgres.url())
        let backend = try await PostgresBackend(url: url)
        let error = await #expect(throws: ChatStorageError.self) { try await backend.prepare() }
        #expect(error?.code == .invalidArgument && error?.message.contains("(chta)") == true)
        try await backend.close()
    }

    @Test("a server that accepts and never answers ends calls at their deadline")
    func aServerThatAcceptsAndNever() async throws {
        let silent = try SilentServer()
        var configuration = PostgresBackend.Configuration(url: silent.url)
        configuration.callTimeout = .milliseconds(200)
        let backend = try await PostgresBackend(configuration)
        await expectError(.unavailable) { try await backend.prepare() }
        try await backend.close()
    }

    @Test func aLockThatIsHeldTooLongEndsTheCall() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            try await backend.prepare()
            try await backend.createConversation("c")
            // On a busy machine even a lock that nobody holds for long can cost this much.
            let impatient = try await PostgresBackend(configuration(url, schema) { $0.lockTimeout = .milliseconds(50) })
            try await withLockedConversation(schema) {
                do {
                    try await impatient.append(.user("x"), to: "c")
                    Issue.record("no error")
                } catch let error as ChatStorageError {
                    #expect(error.code == .unavailable && error.writeOutcome == .notApplied)
                    #expect(error.cause?.code == "55P03")
                }
                await expectError(.unavailable) { try await impatient.clearMessages(of: "c") }
                #expect(try await backend.messages(of: "c").isEmpty)
            }
            #expect(try await backend.append(.user("x"), to: "c").sequence == 1)
            #expect(try await backend.clearMessages(of: "c") == 1)
            try await impatient.close()
            try await backend.close()
        }
    }

    @Test func aLockedConversationHoldsUpNoOthers() async throws {
        try await withBackend({ ($0.lockTimeout, $0.statementTimeout) = (.zero, .zero) }) { backend, schema in
            try await backend.createConversation("c")
            let blocked = try await withLockedConversation(schema) {
                let blocked = Task { try await backend.append(.user("x"), to: "c") }
                try await waitUntil { try await lockWaits(schema) == 1 }
                for number in 1...50 {
                    #expect(try await backend.append(.user("y"), to: "other").sequence == Int64(number))
                }
                return blocked
            }
            #expect(try await blocked.value.sequence == 1)
        }
    }

    @Test func aPassedDeadlineEndsTheCallAndItsConnection() async throws {
        try await TestPostgres.withSchema { url, schema in
            let setUp = try await PostgresBackend(configuration(url, schema))
            try await setUp.prepare()
            try await setUp.createConversation("c")
            let backend = try await PostgresBackend(
                configuration(url, schema) {
                    // Nobody sets up the session, whose timeouts would end the wait before.
                    $0.isBehindPooler = true
                    $0.callTimeout = .seconds(5)
                    $0.connections = 1
                })
            #expect(try await backend.messages(of: "c").isEmpty)
            try await withLockedConversation(schema) {
                do {
                    try await backend.append(.user("x"), to: "c")
                    Issue.record("no error")
                } catch let error as ChatStorageError {
                    #expect(error.code == .unavailable && error.writeOutcome == .unknown)
                }
                #expect(try await backend.createConversation("other").lastSequence == 0)
            }
            try await backend.close()
            try await setUp.close()
        }
    }

    @Test func aServerThatTakesNoWritesIsReadOnly() async throws {
        try await TestPostgres.withSchema { url, schema in
            let writer = try await PostgresBackend(configuration(url, schema))
            try await writer.prepare()
            try await writer.createConversation("c")
            let reader = try await PostgresBackend(
                configuration(adding("options=-cdefault_transaction_read_only%3Don", to: url), schema))
            await expectError(.readOnly) { try await reader.append(.user("x"), to: "c") }
            await expectError(.readOnly) { try await reader.clearMessages(of: "c") }
            #expect(try await reader.conversation("c") != nil)
            try await reader.close()
            try await writer.close()
        }
    }

    @Test func moreCallsThanMayWaitAreRefusedAtOnce() async throws {
        let silent = try SilentServer()
        var configuration = PostgresBackend.Configuration(url: silent.url)
        configuration.waitingCalls = 10
        // Nothing ends the calls that wait before they are cancelled, however busy the machine is.
        (configuration.connectTimeout, configuration.callTimeout) = (.seconds(600), .seconds(600))
        let backend = try await PostgresBackend(configuration)
        await withTaskGroup(of: (any Error)?.self) { group in
            for _ in 0..<30 {
                group.addTask {
                    do {
                        _ = try await backend.conversation("c")
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            for _ in 0..<20 {
                let error = await group.next()
                #expect((error as? ChatStorageError)?.code == .unavailable)
            }
            group.cancelAll()
            for await error in group { #expect(error is CancellationError) }
        }
        // Nobody waits for the server any more, so closing does not either.
        try await backend.close()
    }

    @Test func aCallThatTheServerWorksOnDoesNotWait() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(url, schema) {
                    $0.connections = 1
                    $0.waitingCalls = 1
                    $0.lockTimeout = .seconds(60)
                    $0.statementTimeout = .seconds(90)
                })
            try await backend.prepare()
            try await backend.createConversation("c")
            let calls = try await withLockedConversation(schema) {
                let blocked = Task { try await backend.append(.user("x"), to: "c") }
                try await waitUntil { try await lockWaits(schema) == 1 }
                return [blocked, Task { try await backend.append(.user("y"), to: "other") }]
            }
            for call in calls { #expect(try await call.value.sequence == 1) }
            try await backend.close()
        }
    }

    @Test func aCancelledCallEndsAtOnceAndDisturbsNobody() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(url, schema) {
                    $0.connections = 1
                    // Longer than a busy machine takes to see that the call waits.
                    $0.lockTimeout = .seconds(60)
                    $0.statementTimeout = .seconds(90)
                })
            try await backend.prepare()
            try await backend.createConversation("c")
            try await withLockedConversation(schema) {
                let blocked = Task { try await backend.append(.user("x"), to: "c") }
                let behind = Task { try await backend.createConversation("other") }
                try await waitUntil { try await lockWaits(schema) == 1 }
                blocked.cancel()
                await #expect(throws: CancellationError.self) { try await blocked.value }
                _ = behind
            }
            #expect(try await backend.getOrCreateConversation("other").lastSequence == 0)
            #expect(try await backend.append(.user("y"), to: "c").sequence <= 2)
            try await backend.close()
        }
    }

    @Test func aBackendThatIsDroppedClosesItsConnections() async throws {
        try await TestPostgres.withSchema { url, schema in
            do {
                let backend = try await PostgresBackend(configuration(named(url, schema), schema))
                try await backend.prepare()
                #expect(try await openConnections(schema) > 0)
            }
            try await waitUntil { try await openConnections(schema) == 0 }
        }
    }
}

/// What became of each message: nil if its append was acknowledged.
private final class Outcomes: Sendable {
    let all = Mutex<[String: ChatStorageError.WriteOutcome?]>([:])
}

/// The URL with a name by which a test finds its own connections.
private func named(_ url: String, _ name: String) -> String { adding("application_name=\(name)", to: url) }

private func openConnections(_ name: String) async throws -> Int {
    try await TestPostgres.execute("SELECT 1 FROM pg_stat_activity WHERE application_name = '\(name)'").count
}

/// Ends the server's side of connections, and waits until they are gone.
private func endConnections(_ name: String) async throws -> Int {
    try await TestPostgres.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = '\(name)'"
    ).count
}

/// Calls the body while another session holds the row of the conversation `c`.
func withLockedConversation<Result>(
    _ schema: String, _ body: () async throws -> Result
) async throws -> Result {
    let other = try TestPostgresConnection(url: await TestPostgres.url())
    try other.execute("BEGIN; SELECT FROM \(schema).conversations WHERE conversation_id = 'c' FOR UPDATE")
    let result = try await body()
    try other.execute("COMMIT")
    return result
}
