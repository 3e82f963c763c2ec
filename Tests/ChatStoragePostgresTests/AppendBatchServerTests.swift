import ChatStorageCore
import ChatStoragePostgres
import Synchronization
import TestSupport
import Testing

/// Appends of many callers in one statement, on a server.
@Suite(.timeLimit(.minutes(5))) struct AppendBatchServerTests {
    @Test("appends that wait go in one statement and come back as if alone")
    func appendsThatWaitGo() async throws {
        try await withBackend({ $0.connections = 2 }) { backend in
            try await backend.append(.user("first"), to: "c0")
            let stored = try await appendAtOnce(240) { number in
                try await backend.tenant("t\(number % 2)").append(
                    [.user("\(number) a"), .assistant("\(number) b")], to: ConversationID("c\(number % 7)"))
            }
            for (number, messages) in stored {
                let id = ConversationID("c\(number % 7)")
                let range = MessagePosition.after(messages[0].sequence - 1)
                #expect(messages.map(\.content) == ["\(number) a", "\(number) b"])
                #expect(try await backend.tenant("t\(number % 2)").messages(of: id, range, limit: 2) == messages)
            }
            for number in 0..<14 {
                let id = ConversationID("c\(number % 7)")
                let all = try await backend.tenant("t\(number % 2)").messages(of: id, limit: 1_000)
                #expect(all.map(\.sequence) == Array(1...Int64(all.count)))
            }
            #expect(stored.count == 240)
            // Messages of one statement share its time; with a statement each there would be 240 times.
            #expect(Set(stored.values.flatMap { $0.map(\.createdAt) }).count < 120)
        }
    }

    @Test func mergingCanBeTurnedOff() async throws {
        try await withBackend({ $0.mergesAppends = false }) { backend, schema in
            let stored = try await appendAtOnce(60) { number in
                try await backend.append([.user("x")], to: ConversationID("c\(number)"))
            }
            let transactions = try await TestPostgres.execute("SELECT DISTINCT xmin::text FROM \(schema).chat_messages")
            #expect(stored.count == 60 && transactions.count == 60)
        }
    }

    @Test func whatTheDatabaseRefusesIsRefusedToItsCallerAlone() async throws {
        try await withBackend { backend, schema in
            try await TestPostgres.execute(
                "ALTER TABLE \(schema).chat_messages ADD CONSTRAINT even CHECK (content NOT LIKE '%secret%')")
            let refused = Mutex(0)
            let stored = try await appendAtOnce(100) { number in
                do {
                    let content = number % 10 == 3 ? "secret" : "\(number)"
                    return try await backend.append([.user(content)], to: ConversationID("c\(number % 5)"))
                } catch let error as ChatStorageError where error.cause?.code == "23514" {
                    refused.withLock { $0 += 1 }
                    return []
                }
            }
            #expect(refused.withLock { $0 } == 10)
            let kept = stored.values.joined()
            #expect(kept.count == 90)
            for id in 0..<5 {
                let all = try await backend.messages(of: ConversationID("c\(id)"), limit: 1_000)
                #expect(all.map(\.sequence) == Array(1...Int64(all.count)))
                #expect(Set(all) == Set(kept.filter { $0.conversationID == ConversationID("c\(id)") }))
            }
        }
    }

    @Test("a cancelled caller leaves the others of its statement alone")
    func aCancelledCallerLeaves() async throws {
        try await withBackend { backend, schema in
            let calls = (0..<200).map { number in
                Task { try await backend.append(.user("\(number)"), to: ConversationID("c\(number % 3)")) }
            }
            for number in stride(from: 0, to: 200, by: 3) { calls[number].cancel() }
            for (number, call) in calls.enumerated() {
                do {
                    #expect(try await call.value.content == "\(number)")
                } catch is CancellationError {
                    #expect(number % 3 == 0)
                }
            }
            let rows = try await TestPostgres.execute(
                "SELECT content FROM \(schema).chat_messages GROUP BY 1 HAVING count(*) > 1")
            #expect(rows.isEmpty)
        }
    }

    @Test("a locked conversation blocks one connection however many call it and holds up no others for good")
    func aLockedConversationBlocks() async throws {
        try await TestPostgres.withSchema { url, schema in
            var configuration = configuration(url, schema)
            configuration.lockTimeout = .milliseconds(250)
            let backend = try await PostgresBackend(configuration)
            try await backend.prepare()
            try await backend.createConversation("c")
            let locker = try TestPostgresConnection(url: url)
            try locker.execute("BEGIN; SELECT FROM \(schema).conversations WHERE conversation_id = 'c' FOR UPDATE")
            let ended = Counter()
            let blocked = (0..<8).map { number in
                Task { () async -> ChatStorageError? in
                    defer { ended.count.withLock { $0 += 1 } }
                    return await #expect(throws: ChatStorageError.self) {
                        if number % 2 == 0 {
                            try await backend.updateTitle(of: "c", to: "x")
                        } else {
                            try await backend.clearMessages(of: "c")
                        }
                    }
                }
            }
            // On a busy machine all of them may have met their lock timeout before this looks.
            try await waitUntil { try await lockWaits(schema) > 0 || ended.count.withLock { $0 } == 8 }
            #expect(try await lockWaits(schema) <= 1)
            _ = try await appendAtOnce(100) { number in
                let id = ConversationID("other\(number % 20)")
                let stored = try await backend.append([.user("y")], to: id)
                try await backend.updateTitle(of: id, to: "y")
                _ = try await backend.messages(of: id)
                if number % 10 == 0 { #expect(try await lockWaits(schema) <= 1) }
                return stored
            }
            for call in blocked {
                let error = await call.value
                #expect(error?.cause?.code == "55P03" && error?.writeOutcome == .notApplied)
            }
            try locker.execute("COMMIT")
            for number in 1...20 { #expect(try await backend.append(.user("z"), to: "c").sequence == Int64(number)) }
            try await backend.close()
        }
    }

    @Test func tenThousandCallsAtOnceWaitAndAreAllDone() async throws {
        try await withBackend { backend in
            let stored = try await appendAtOnce(10_000) { number in
                try await backend.append([.user("\(number)")], to: ConversationID("c\(number % 100)"))
            }
            #expect(Set(stored.values.joined().map(\.id)).count == 10_000)
            for number in 0..<100 {
                #expect(try await backend.conversation(ConversationID("c\(number)"))?.lastSequence == 100)
            }
        }
    }

    @Test("whoever shares a statement with a locked conversation is stored after its lock timeout")
    func whoeverSharesAStatement() async throws {
        try await TestPostgres.withSchema { url, schema in
            var configuration = configuration(url, schema)
            configuration.lockTimeout = .milliseconds(100)
            let backend = try await PostgresBackend(configuration)
            let locker = try TestPostgresConnection(url: url)
            try await backend.prepare()
            try await backend.createConversation("c0")
            try locker.execute("BEGIN; SELECT FROM \(schema).conversations WHERE conversation_id = 'c0' FOR UPDATE")
            let locked = Mutex(0)
            let stored = try await appendAtOnce(200) { number in
                do {
                    return try await backend.append([.user("x")], to: ConversationID("c\(number % 50)"))
                } catch let error as ChatStorageError where error.cause?.code == "55P03" {
                    #expect(error.writeOutcome == .notApplied && number % 50 == 0)
                    locked.withLock { $0 += 1 }
                    return []
                }
            }
            #expect(locked.withLock { $0 } == 4)
            #expect(stored.values.joined().count == 196)
            try locker.execute("COMMIT")
            for number in 1...20 { #expect(try await backend.append(.user("z"), to: "c0").sequence == Int64(number)) }
            try await backend.close()
        }
    }

    private func appendAtOnce(
        _ count: Int, _ append: @escaping @Sendable (Int) async throws -> [Message]
    ) async throws -> [Int: [Message]] {
        try await withThrowingTaskGroup(of: (Int, [Message]).self) { group in
            for number in 0..<count { group.addTask { (number, try await append(number)) } }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }
}
