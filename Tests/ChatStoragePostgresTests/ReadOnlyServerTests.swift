import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Servers that take no writes, for a while or for good.
@Suite(.timeLimit(.minutes(5))) struct ReadOnlyServerTests {
    @Test func refusedWritesOpenFewSessions() async throws {
        var options = PostgresServer.Options()
        options.settings = ["log_connections=on"]
        guard let server = try await PostgresServer.ifInstalled(options) else { return }
        let writer = try await PostgresBackend(url: server.url)
        try await writer.prepare()
        try await writer.createConversation("c")
        try await writer.close()
        let reader = try await PostgresBackend(
            url: adding("application_name=reader&options=-cdefault_transaction_read_only%3Don", to: server.url))
        let started = ContinuousClock.now
        for _ in 0..<500 { await expectError(.readOnly) { try await reader.append(.user("x"), to: "c") } }
        var allowed = 2
        var (time, delay) = (Duration.zero, ConnectBackoff.shortest)
        while time < ContinuousClock.now - started {
            // Jitter halves a delay at most.
            time += delay / 2
            delay = min(delay * 2, ConnectBackoff.longest)
            allowed += 1
        }
        try await reader.close()
        let log = try await server.execute("SELECT pg_read_file('../server.log')")
        let count = try #require(log.first?.first ?? nil).ranges(of: "application_name=reader").count
        #expect((1...allowed).contains(count), "\(count) sessions, \(allowed) allowed")
    }

    @Test("a server that stops taking writes is left for one that takes them")
    func aServerThatStopsTakingWrites() async throws {
        guard let old = try await PostgresServer.ifInstalled(), let new = try await PostgresServer.ifInstalled()
        else { return }
        defer { withExtendedLifetime((old, new)) {} }
        for server in [old, new] {
            let backend = try await PostgresBackend(url: server.url)
            try await backend.prepare()
            try await backend.close()
        }
        let folder = try #require(new.url.split(separator: "host=").last)
        let backend = try await PostgresBackend(
            url: adding("target_session_attrs=read-write", to: "\(old.url),\(folder)"))
        func append() async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask { try await backend.append(.user("x"), to: ConversationID("\(number)")) }
                }
                try await group.waitForAll()
            }
        }
        try await append()
        #expect(try await old.execute("SELECT count(*) FROM chat_messages") == [["20"]])
        try await old.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        try await old.execute("SELECT pg_reload_conf()")
        // Sessions on the old server go on, and refuse writes.
        try await waitUntil {
            do {
                try await append()
                return try await new.execute("SELECT count(*) FROM chat_messages") != [["0"]]
            } catch let error as ChatStorageError where error.code == .readOnly {
                return false
            }
        }
        try await backend.close()
    }
}
