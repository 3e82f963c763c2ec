import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The dispatcher with a connection to a server, at times and with readings that the test chooses.
@Suite(.timeLimit(.minutes(5))) struct DispatcherTests {
    private let start = ContinuousClock.now

    /// The call's time passed while it waited behind another; the server does not answer it either.
    @Test func aConnectionWhoseNextCallIsOverdueIsGivenUpSoon() async throws {
        let url = try await TestPostgres.url()
        let lock = "pg_advisory_lock(\(Int64.random(in: .min ... .max)))"
        let other = try TestPostgresConnection(url: url)
        try other.execute("SELECT \(lock)")
        var dispatcher = try connected(url)
        dispatcher.add(call("SELECT 1", .seconds(100)))
        dispatcher.add(call("SELECT \(lock)::text", .seconds(10)))
        #expect(dispatcher.advance(now: start) == 0)
        #expect(dispatcher.connections.first?.count == 2)
        dispatcher.expire(now: start + .seconds(10))
        #expect(dispatcher.nextEvent(after: start + .seconds(10)) == start + .seconds(100))

        try read(&dispatcher, now: start + .seconds(20)) { $0.connections.first?.count == 1 }
        let end = start + .seconds(20) + CallConnection.stallTime * 2
        #expect(dispatcher.nextEvent(after: start + .seconds(20)) == end)
        dispatcher.expire(now: end)
        #expect(dispatcher.connections.isEmpty)
    }

    /// A dispatcher with one connection, whose session has no timeouts.
    private func connected(_ url: String) throws -> Dispatcher {
        let settings = configuration(url, "chat") { $0.connections = 1 }
        var dispatcher = Dispatcher(settings)
        for setting in ["lock_timeout", "statement_timeout"] {
            dispatcher.add(call("SET \(setting) = 0", .seconds(100)))
        }
        #expect(dispatcher.advance(now: start) == 1)
        let connector = Connector(settings, stopPipe: try #require(WakePipe()))
        dispatcher.connected(connector.connect(), now: start)
        try read(&dispatcher, now: start) { $0.isIdle && $0.connections.contains(where: \.isReady) }
        return dispatcher
    }

    /// Sends what can be sent and reads what comes, until a condition holds.
    private func read(
        _ dispatcher: inout Dispatcher, now: ContinuousClock.Instant, until isDone: (Dispatcher) -> Bool
    ) throws {
        _ = dispatcher.advance(now: now)
        while !isDone(dispatcher) {
            let descriptor = try #require(dispatcher.connections.first).descriptor
            var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
            try #require(poll(&descriptors, 1, 60_000) > 0)
            dispatcher.read(descriptor: descriptor, now: now)
            _ = dispatcher.advance(now: now)
        }
    }

    /// A read for which nobody waits.
    private func call(_ sql: String, _ time: Duration) -> Call {
        let request = Request.read(PreparedSQL(text: sql))
        return Call(request, purpose: .merged([], NoWrites(request: request)), deadline: start + time)
    }
}

/// A request that carries nobody's writes.
private struct NoWrites: MergedWrites {
    let keys: [ConversationKey] = []
    let request: Request

    func shares(of answers: [QueryResult]) -> [Result<any Sendable, any Error>] { [] }
}
