import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

/// What a closed store has left open, and how many connections it opens before.
@Suite(.timeLimit(.minutes(5))) struct ClosingTests {
    /// Nothing but the end of the attempt lets `close()` return in time.
    @Test func closingEndsAnAttemptThatNobodyAnswers() async throws {
        let silent = try SilentServer()
        var configuration = PostgresBackend.Configuration(url: silent.url)
        (configuration.connectTimeout, configuration.callTimeout) = (.seconds(6_000), .seconds(6_000))
        let backend = try await PostgresBackend(configuration)
        let call = Task { try await backend.conversation("c") }
        try await waitUntil { silent.connections().all > 0 }
        #expect(silent.connections().open > 0)
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        try await backend.close()
        // The other end is closed when `close()` returns, not some time later.
        #expect(silent.connections().open == 0)
    }

    @Test func callersThatCloseAtOnceAllWaitForTheEnd() async throws {
        let silent = try SilentServer()
        var configuration = PostgresBackend.Configuration(url: silent.url)
        (configuration.connectTimeout, configuration.callTimeout) = (.seconds(6_000), .seconds(6_000))
        let backend = try await PostgresBackend(configuration)
        let call = Task { try await backend.conversation("c") }
        try await waitUntil { silent.connections().all > 0 }
        call.cancel()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await backend.close()
                    return silent.connections().open
                }
            }
            for try await open in group { #expect(open == 0) }
        }
    }

    @Test func noSessionIsLeftWhenCloseReturns() async throws {
        guard let server = try await PostgresServer.ifInstalled() else { return }
        defer { withExtendedLifetime(server) {} }
        for _ in 0..<20 {
            let backend = try await PostgresBackend(url: server.url)
            try await backend.prepare()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<64 {
                    group.addTask { try await backend.append(.user("x"), to: ConversationID("\(number)")) }
                }
                try await group.waitForAll()
            }
            #expect(server.connections > 0)
            try await backend.close()
            #expect(server.connections == 0)
        }
    }

    @Test("a call alone opens one connection and one that would wait another")
    func aCallAloneOpensOneConnection() async throws {
        try await TestPostgres.withSchema { url, schema in
            let named = adding("application_name=\(schema)", to: url)
            let backend = try await PostgresBackend(
                configuration(named, schema) { ($0.lockTimeout, $0.statementTimeout) = (.zero, .zero) })
            func sessions() async throws -> Int {
                try await TestPostgres.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE application_name = '\(schema)'"
                ).count
            }
            try await backend.prepare()
            for number in 1...5 {
                #expect(try await backend.append(.user("x"), to: "c").sequence == Int64(number))
                #expect(try await backend.messages(of: "c").count == number)
            }
            #expect(try await sessions() == 1)

            let other = try TestPostgresConnection(url: url)
            try other.execute("BEGIN; SELECT FROM \(schema).conversations WHERE conversation_id = 'c' FOR UPDATE")
            let blocked = Task { try await backend.append(.user("y"), to: "c") }
            try await waitUntil { try await lockWaits(schema) == 1 }
            #expect(try await backend.append(.user("x"), to: "d").sequence == 1)
            #expect(try await sessions() == 2)
            try other.execute("COMMIT")
            #expect(try await blocked.value.sequence == 6)
            try await backend.close()
        }
    }

    /// Also one that is made while the second connection is opened.
    @Test func noCallWaitsBehindTheFirstForALock() async throws {
        try await TestPostgres.withSchema { url, schema in
            func open() async throws -> PostgresBackend {
                try await PostgresBackend(
                    configuration(url, schema) { ($0.lockTimeout, $0.statementTimeout) = (.zero, .zero) })
            }
            let first = try await open()
            try await first.prepare()
            try await first.createConversation("c")
            let other = try TestPostgresConnection(url: url)
            try other.execute("BEGIN; SELECT FROM \(schema).conversations WHERE conversation_id = 'c' FOR UPDATE")
            var backends = [first]
            var blocked: [Task<Message, any Error>] = []
            for round in 1...5 {
                let backend = try await open()
                backends.append(backend)
                _ = try await backend.conversation("c")
                blocked.append(Task { try await backend.append(.user("x"), to: "c") })
                for number in 1...5 { try await backend.createConversation(ConversationID("\(round) \(number)")) }
            }
            try other.execute("COMMIT")
            for call in blocked { _ = try await call.value }
            #expect(try await first.messages(of: "c").count == 5)
            for backend in backends { try await backend.close() }
        }
    }

    @Test func aServerThatDoesNotAnswerIsFollowedByTheNext() async throws {
        guard let server = try await PostgresServer.ifInstalled() else { return }
        defer { withExtendedLifetime(server) {} }
        let silent = try SilentServer()
        let folder = silent.socketFolder.replacing("/", with: "%2F")
        var configuration = PostgresBackend.Configuration(
            url: server.url.replacing("host=", with: "host=\(folder),\(folder),"))
        configuration.connectTimeout = .seconds(2)
        let backend = try await PostgresBackend(configuration)
        try await backend.prepare()
        #expect(try await backend.append(.user("x"), to: "c").sequence == 1)
        try await backend.close()
        #expect(silent.connections().open == 0)
    }
}
