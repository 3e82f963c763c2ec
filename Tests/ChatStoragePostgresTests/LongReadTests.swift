import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Reads whose answers are long, and calls beside them.
@Suite(.timeLimit(.minutes(5))) struct LongReadTests {
    /// Reads wait for the table that another session has locked, so that those under way can be counted.
    @Test(arguments: [(connections: 1, atOnce: 1), (2, 1), (3, 1), (5, 3)])
    func longReadsLeaveConnectionsToOtherCalls(connections: Int, atOnce: Int) async throws {
        try await expectReads(of: 1_000, messages: [.user("x")], connections, atOnce: atOnce)
    }

    @Test(arguments: [(connections: 3, atOnce: 1), (5, 3)])
    func shortPagesOfLargeMessagesAreLongReads(connections: Int, atOnce: Int) async throws {
        let large = ChatMessage.user(String(repeating: "x", count: AnswerSizes.longAnswer / 2))
        try await expectReads(of: 20, messages: [large, large], connections, atOnce: atOnce)
    }

    /// Expects that no more reads of a page are under way, and that calls which need another table are answered.
    private func expectReads(
        of limit: Int, messages: [ChatMessage], _ connections: Int, atOnce: Int
    ) async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(url, schema) {
                    $0.connections = connections
                    $0.lockTimeout = .seconds(100)
                    $0.statementTimeout = .seconds(150)
                    $0.callTimeout = .seconds(200)
                })
            try await backend.prepare()
            try await backend.append(messages, to: "c")
            #expect(try await backend.messages(of: "c", limit: limit).count == messages.count)
            let other = try TestPostgresConnection(url: url)
            try other.execute("BEGIN; LOCK TABLE \(schema).chat_messages IN ACCESS EXCLUSIVE MODE")
            let reads = (0..<16).map { _ in Task { try await backend.messages(of: "c", limit: limit).count } }
            try await waitUntil { try await lockWaits(schema) == atOnce }
            // The only connection is held up by the only long read.
            for number in 0..<(connections > 1 ? 40 : 0) {
                #expect(try await backend.conversation("c") != nil)
                #expect(try await backend.updateTitle(of: "c", to: "\(number)") != nil)
                #expect(try await lockWaits(schema) <= atOnce)
            }
            try other.execute("COMMIT")
            for read in reads { #expect(try await read.value == messages.count) }
            try await backend.close()
        }
    }
}

/// Which conversations are known to have large messages.
@Suite struct AnswerSizesTests {
    @Test func aShortPageOfAConversationThatHadALongAnswerIsLong() {
        var sizes = AnswerSizes()
        sizes.note(page("short", 200), messages: 200, bytes: AnswerSizes.longAnswer - 1)
        #expect(sizes.count == 0)
        sizes.note(page("large", 20), messages: 20, bytes: 20 << 20)
        #expect(sizes.isLong(page("large", 20)) && sizes.isLong(page("large", 1)))
        #expect(!sizes.isLong(page("short", 200)) && !sizes.isLong(page("large", 0)))
        #expect(!sizes.isLong(page("large", 20, tenant: "other")))
        // An empty page says nothing, and a small message little.
        sizes.note(page("large", 20), messages: 0, bytes: 100)
        sizes.note(page("large", 1), messages: 1, bytes: 100)
        #expect(sizes.isLong(page("large", 20)))
        for _ in 0..<10 { sizes.note(page("large", 20), messages: 20, bytes: 2_000) }
        #expect(!sizes.isLong(page("large", 20)))
    }

    @Test func onlySoManyConversationsAreRemembered() {
        var sizes = AnswerSizes()
        for number in 0..<10_000 {
            sizes.note(page("c\(number)", 20), messages: 20, bytes: 20 << 20)
            #expect(sizes.count <= AnswerSizes.limit)
            #expect(sizes.isLong(page("c\(max(0, number - AnswerSizes.limit / 2 + 1))", 20)))
        }
    }

    private func page(_ id: String, _ limit: Int, tenant: String = "") -> Request.Page {
        Request.Page(tenant: tenant, id: ConversationID(id), limit: limit)
    }
}
