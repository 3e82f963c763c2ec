import ChatStorageCore
@testable import ChatStoragePostgres
import Synchronization
import TestSupport
import Testing

/// How the tables keep branches and answers under way, and what these cost.
@Suite(.timeLimit(.minutes(5))) struct BranchTableTests {
    @Test("a conversation that has not branched has none of the columns")
    func unbranchedConversation() async throws {
        try await withBackend { backend, schema in
            try await backend.append([.user("1"), .assistant("2"), .user("3")], to: "c")
            try await backend.append(.user("4"), to: "c", .after(3))
            try await backend.append(.user("5", key: "k"), to: "c", .insteadOf(4))
            try await backend.removeMessages([5], of: "c")
            try await backend.removeMessages([2], of: "c")
            try await backend.updateConversation("c", .head(4))
            let jumps = try await TestPostgres.execute(
                "SELECT 1 FROM \(schema).chat_messages WHERE num_nonnulls(parent, state, revision, revised_at) > 0")
            let branched = try await TestPostgres.execute(
                "SELECT 1 FROM \(schema).conversations WHERE is_branched OR head IS NOT NULL OR message_count <> 3")
            #expect(jumps.isEmpty && branched.isEmpty)
        }
    }

    /// Later reads begin with the statement that follows branches.
    @Test func aReadRemembersWhetherAConversationHasBranched() async throws {
        try await withBackend { backend in
            try await backend.append([.user("1"), .assistant("2")], to: "c")
            let key = ConversationKey(tenant: "", id: "c")
            for isBranched in [false, true, false] {
                if isBranched { try await backend.append(.assistant("3"), to: "c", .insteadOf(2)) }
                let last = try await backend.messages(of: "c").last?.sequence ?? 0
                #expect(backend.store.branched.contains(key) == isBranched)
                #expect(try await backend.messages(of: "c").map(\.sequence) == [1, last])
                if isBranched { try await backend.removeMessages([2], of: "c") }
            }
        }
    }

    @Test func aRevisionDoesNotTouchItsConversationsRow() async throws {
        try await withBackend { backend, schema in
            var answer = try await backend.append(NewMessages([.assistant("")], to: "c", isStreaming: true)).messages[0]
            let before = try await backend.conversation("c")
            let rows = "SELECT xmin::text FROM \(schema).conversations"
            let version = try await TestPostgres.execute(rows)
            for text in ["a", "a b", "a b c"] {
                answer = try await backend.reviseMessage(MessageRevision(of: answer, body: .assistant(text)))
            }
            answer = try await backend.reviseMessage(MessageRevision(of: answer, state: .stopped))
            #expect(answer.content == "a b c" && answer.state == .stopped && answer.revision == 5)
            #expect(try await backend.messages(of: "c") == [answer])
            #expect(try await TestPostgres.execute(rows) == version)
            #expect(try await backend.conversation("c") == before)
        }
    }

    /// The time is the server's, and never before the message's own.
    @Test func aRevisionIsNotBeforeItsMessage() async throws {
        try await withBackend { backend, schema in
            try await backend.append(NewMessages([.assistant("")], to: "c", isStreaming: true))
            try await TestPostgres.execute(
                "UPDATE \(schema).chat_messages SET created_at = created_at + interval '1 hour'")
            let answer = try #require(try await backend.messages(of: "c").first)
            let revised = try await backend.reviseMessage(MessageRevision(of: answer, body: .assistant("x")))
            #expect(revised.revisedAt == answer.createdAt)
            #expect(try await backend.unfinishedMessages(.init(notRevisedFor: .zero)).items.isEmpty)
        }
    }

    /// The order is that of the bytes, over all tenants, whatever else is in the table.
    @Test func unfinishedMessagesComeInPages() async throws {
        try await withBackend { backend in
            let names = [nil, "A", "a", "ä", "z"]
            for name in names.shuffled() {
                let handle: any ChatStorage = if let name { backend.tenant(name) } else { backend.defaultTenant }
                for id in ["c", "C", "é"] as [ConversationID] {
                    try await handle.append(NewMessages([.user("?"), .assistant("")], to: id, isStreaming: true))
                    try await handle.append(NewMessages([.assistant("")], to: id, isStreaming: true))
                }
            }
            var query = UnfinishedQuery(notRevisedFor: .zero, limit: 4)
            var found: [UnfinishedMessage] = []
            repeat {
                let page = try await backend.unfinishedMessages(query)
                found += page.items
                query.after = page.next
            } while query.after != nil
            #expect(found.count == 30 && found.map(\.tenant?.utf8.count).first == .some(nil))
            #expect(zip(found, found.dropFirst()).allSatisfy { $0.place < $1.place })
            for duration in [Duration.seconds(3_600), .seconds(Int64.max / 2)] {
                #expect(try await backend.unfinishedMessages(.init(notRevisedFor: duration)).items.isEmpty)
            }
            #expect(try await backend.endUnfinishedMessages(notRevisedFor: .zero) == 30)
        }
    }

    /// Ends that are being written when the store closes are written.
    @Test func closingWaitsForEndsOfAnswers() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            try await backend.prepare()
            #expect(backend.endingAnswers === backend.tenant("t").endingAnswers)
            let answer = try await backend.append(NewMessages([.assistant("")], to: "c", isStreaming: true)).messages[0]
            backend.endingAnswers.begin()
            let closed = Counter()
            let closing = Task {
                try await backend.close()
                closed.count.withLock { $0 += 1 }
            }
            // Nothing tells that it has begun to wait.
            for _ in 0..<1_000 { await Task.yield() }
            try await backend.reviseMessage(MessageRevision(of: answer, state: .stopped))
            #expect(closed.count.withLock { $0 } == 0)
            backend.endingAnswers.end()
            try await closing.value
            await expectError(.closed) { try await backend.messages(of: "c") }
        }
    }

    /// Appends of several callers to conversations with and without a head: the one statement leaves out those with a
    /// head.
    @Test func mergedAppendsFollowEachConversationsHead() async throws {
        try await withBackend({ $0.connections = 1 }) { backend in
            let ids = (0..<8).map { ConversationID("c\($0)") }
            for (number, id) in ids.enumerated() {
                try await backend.append([.user("1"), .assistant("2")], to: id)
                if number % 2 == 0 { try await backend.updateConversation(id, .head(1)) }
            }
            let stored = try await withThrowingTaskGroup(of: Message.self) { group in
                for _ in 0..<5 { for id in ids { group.addTask { try await backend.append(.user("x"), to: id) } } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for (number, id) in ids.enumerated() {
                let mine = stored.filter { $0.conversationID == id }.sorted { $0.sequence < $1.sequence }
                #expect(mine.map(\.sequence) == [3, 4, 5, 6, 7])
                #expect(
                    mine.compactMap(\.predecessor) == (number % 2 == 0 ? [1] : []) && (mine[0].predecessor ?? 2) < 3)
                let path: [Int64] = number % 2 == 0 ? [1, 3, 4, 5, 6, 7] : [1, 2, 3, 4, 5, 6, 7]
                #expect(try await backend.messages(of: id).map(\.sequence) == path)
            }
        }
    }

    /// Ten thousand forks come in one call, and pages beside them stay what they are.
    @Test func aConversationCanHaveTenThousandForks() async throws {
        try await withBackend { backend in
            let now = Timestamp.now()
            let messages = (1...20_001 as ClosedRange<Int64>).map { sequence in
                ConversationSnapshot.Message(
                    sequence: sequence, body: .user("\(sequence)"), createdAt: now,
                    predecessor: sequence > 1 && sequence % 2 == 1 ? sequence - 2 : nil)
            }
            try await backend.restoreConversation(
                ConversationSnapshot(id: "c", createdAt: now, updatedAt: now, messages: messages))
            let forks = try await backend.forks(of: "c")
            #expect(forks.count == 10_000)
            #expect(
                forks.first
                    == Fork(
                        after: 1, successors: [.init(sequence: 2, newestEnd: 2), .init(sequence: 3, newestEnd: 20_001)])
            )
            #expect(try await backend.messages(of: "c", limit: 3).map(\.sequence) == [19_997, 19_999, 20_001])
            #expect(try await backend.updateConversation("c", .show(branch: 10_000))?.head == 10_000)
            #expect(try await backend.updateConversation("c", .show(branch: 3))?.head == nil)
            #expect(try await backend.removeMessages(MessageRemoval(.from(10_001), of: "c")) == 10_001)
            #expect(try await backend.conversation("c")?.head == 9_999)
        }
    }
}
