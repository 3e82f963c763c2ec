import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

/// Many callers on few connections, and independent backends on one conversation.
@Suite(.timeLimit(.minutes(5))) struct ConcurrencyTests {
    @Test func hundredsOfCallersAppendToOneConversation() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backends = try await twoBackends(url, schema)
            let sequences = try await withThrowingTaskGroup(of: Int64.self) { group in
                for caller in 0..<400 {
                    group.addTask { try await backends[caller % 2].append(.user("\(caller)"), to: "c").sequence }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(sequences.sorted() == Array(1...400))
            let stored = try await backends[0].messages(of: "c", limit: 1_000)
            #expect(stored.map(\.sequence) == Array(1...400))
            #expect(zip(stored, stored.dropFirst()).allSatisfy { $0.createdAt <= $1.createdAt })
            for backend in backends { try await backend.close() }
        }
    }

    @Test func manyGetOrCreateTheSameConversation() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backends = try await twoBackends(url, schema)
            for round in 0..<10 {
                let conversations = try await withThrowingTaskGroup(of: Conversation.self) { group in
                    for caller in 0..<20 {
                        group.addTask {
                            try await backends[caller % 2].getOrCreateConversation(
                                ConversationID("r\(round)"), title: "\(caller)")
                        }
                    }
                    return try await group.reduce(into: Set()) { $0.insert($1) }
                }
                #expect(conversations.count == 1)
            }
            for backend in backends { try await backend.close() }
        }
    }

    @Test("a restore fails as conversationExists even if the conversation is deleted before each look")
    func restoreBesideDeletions() async throws {
        try await withBackend { backend, schema in
            // What the server says when another session had the row, which is gone at the next look.
            try await TestPostgres.execute(
                """
                CREATE FUNCTION \(schema).met() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    RAISE unique_violation USING CONSTRAINT = 'conversations_pkey', TABLE = 'conversations';
                END $$;
                CREATE TRIGGER met BEFORE INSERT ON \(schema).conversations
                    FOR EACH ROW EXECUTE FUNCTION \(schema).met();
                """)
            let time = Timestamp.now()
            await expectError(.conversationExists) {
                try await backend.restoreConversation(
                    ConversationSnapshot(id: "c", createdAt: time, updatedAt: time))
            }
        }
    }

    @Test func appendsClearsAndDeletesRaceWithoutDeadlockOrGap() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backends = try await twoBackends(url, schema)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<12 {
                    let backend = backends[caller % 2]
                    group.addTask {
                        for round in 0..<40 {
                            switch (caller + round) % 6 {
                            case 0: try await backend.clearMessages(of: "c")
                            case 1 where round % 4 == 0: try await backend.deleteConversation("c")
                            case 2: try await backend.getOrCreateConversation("c")
                            case 3: try await backend.updateTitle(of: "c", to: "\(round)")
                            default: try await backend.append([.user("a"), .assistant("b")], to: "c")
                            }
                            let sequences = try await backend.messages(of: "c", limit: 1_000).map(\.sequence)
                            #expect(zip(sequences, sequences.dropFirst()).allSatisfy { $0 + 1 == $1 })
                        }
                    }
                }
                try await group.waitForAll()
            }
            let conversation = try await backends[0].getOrCreateConversation("c")
            let last = try await backends[1].append(.user("end"), to: "c")
            #expect(last.sequence == conversation.lastSequence + 1)
            for backend in backends { try await backend.close() }
        }
    }

    /// Reads that are sent together are one transaction of the server, which an error ends for all of them.
    @Test func aReadThatFailsTakesNoOtherWithIt() async throws {
        try await TestPostgres.withSchema { url, schema in
            var configuration = configuration(url, schema)
            configuration.connections = 1
            configuration.lockTimeout = .milliseconds(50)
            let backend = try await PostgresBackend(configuration)
            try await backend.prepare()
            try await backend.append(.user("hello"), to: "c")
            let other = try TestPostgresConnection(url: url)
            try other.execute("BEGIN; LOCK TABLE \(schema).chat_messages IN ACCESS EXCLUSIVE MODE")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<40 {
                    group.addTask {
                        if caller % 8 == 0 {
                            await expectError(.unavailable) { try await backend.messages(of: "c") }
                        } else {
                            let conversation = try await backend.conversation("c")
                            #expect(conversation?.lastSequence == 1)
                        }
                    }
                }
                try await group.waitForAll()
            }
            try other.execute("COMMIT")
            #expect(try await backend.messages(of: "c").count == 1)
            try await backend.close()
        }
    }

    /// The server stops reading while its answers are not read: both directions are full at once.
    @Test func largeCallsInBothDirectionsShareAConnection() async throws {
        try await withBackend({ $0.connections = 1 }) { backend in
            let content = String(repeating: "x", count: 300_000)
            try await backend.append(.user(content), to: "read")
            let sizes = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        if number % 2 == 0 {
                            return try await backend.messages(of: "read").reduce(0) { $0 + $1.content.utf8.count }
                        }
                        return try await backend.append(.user(content), to: "written").content.utf8.count
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(sizes == Array(repeating: content.utf8.count, count: 60))
        }
    }

    @Test func noKindOfCallStarvesBehindAnother() async throws {
        try await TestPostgres.withSchema { url, schema in
            var configuration = configuration(url, schema)
            configuration.connections = 1
            configuration.callsPerConnection = 1
            configuration.callTimeout = .seconds(10)
            let backend = try await PostgresBackend(configuration)
            try await backend.prepare()
            let others = (0..<64).map { number in
                Task { () async throws -> Void in
                    let id = ConversationID("c\(number)")
                    try await backend.createConversation(id)
                    while true {
                        if number % 2 == 0 {
                            try await backend.updateTitle(of: id, to: "x")
                        } else {
                            _ = try await backend.conversation(id)
                        }
                    }
                }
            }
            for number in 1...20 {
                let appended = try await backend.append(.user("x"), to: "d")
                let read = try await backend.messages(of: "d", limit: 1_000)
                #expect(appended.sequence == Int64(number) && read.count == number)
            }
            for other in others { other.cancel() }
            for other in others { await #expect(throws: CancellationError.self) { try await other.value } }
            try await backend.close()
        }
    }

    @Test func callsUnderWayFinishWhenTheStoreCloses() async throws {
        try await TestPostgres.withSchema { url, schema in
            let configuration = configuration(url, schema, setLongTimeouts)
            let backend = try await PostgresBackend(configuration)
            try await backend.prepare()
            try await backend.createConversation("c")
            let other = try TestPostgresConnection(url: url)
            try other.execute("BEGIN; SELECT FROM \(schema).conversations FOR UPDATE")
            let calls = (0..<50).map { number in
                Task { try await backend.append(.user("\(number)"), to: "c") }
            }
            try await waitUntil { try await lockWaits(schema) > 0 }
            let closing = Task { try await backend.close() }
            try await waitUntil {
                do {
                    _ = try await backend.conversation("c")
                    return false
                } catch let error as ChatStorageError where error.code == .closed {
                    return true
                }
            }
            try other.execute("COMMIT")
            try await closing.value
            var finished: [Message] = []
            for call in calls {
                do {
                    finished.append(try await call.value)
                } catch let error as ChatStorageError {
                    #expect(error.code == .closed, "\(error)")
                }
            }
            // At least the one that waited for the row.
            #expect(!finished.isEmpty)
            let reopened = try await PostgresBackend(configuration)
            #expect(try await Set(finished).isSubset(of: reopened.messages(of: "c", limit: 100)))
            try await reopened.close()
        }
    }

    private func twoBackends(_ url: String, _ schema: String) async throws -> [PostgresBackend] {
        let backends = [
            try await PostgresBackend(configuration(url, schema)),
            try await PostgresBackend(configuration(url, schema)),
        ]
        try await backends[0].prepare()
        return backends
    }
}
