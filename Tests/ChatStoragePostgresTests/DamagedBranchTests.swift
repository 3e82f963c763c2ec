import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

/// Branches and states that only another program writes: each call ends, and none goes on along a wrong path.
@Suite(.timeLimit(.minutes(5))) struct DamagedBranchTests {
    /// What is written to a conversation of messages 1 to 4, of which 4 follows 2.
    private static let damages = [
        "UPDATE chat_messages SET parent = 4 WHERE sequence = 4",
        "UPDATE chat_messages SET parent = 9 WHERE sequence = 4",
        "UPDATE chat_messages SET parent = 3 WHERE sequence = 2; UPDATE chat_messages SET parent = 2 WHERE sequence = 3",
        "UPDATE chat_messages SET parent = -1 WHERE sequence = 4",
        "DELETE FROM chat_messages WHERE sequence = 2",
    ]

    @Test(arguments: damages) func aWrongPredecessorIsDamage(damage: String) async throws {
        try await withBranches { backend, execute in
            try await execute(damage)
            func attempt(_ call: () async throws -> some Any) async throws {
                do { _ = try await call() } catch let error as ChatStorageError {
                    #expect([.damaged, .messageNotFound, .conflict].contains(error.code), "\(error)")
                }
            }
            for query in [
                MessageQuery(of: "c"), MessageQuery(of: "c", states: .finished), MessageQuery(of: "c", .after(0)),
                MessageQuery(of: "c", .before(4)), MessageQuery(of: "c", on: .through(4)),
            ] {
                // What precedes a message may be right where the message itself is wrong.
                let isBefore = query.position.upperBound != nil && !damage.contains("WHERE sequence = 4")
                if isBefore {
                    try await attempt {
                        let page = try await backend.messages(query)
                        #expect(page.items.map(\.sequence) == Set(page.items.map(\.sequence)).sorted())
                    }
                } else {
                    await expectError(.damaged) { try await backend.messages(query) }
                }
            }
            await expectError(.damaged) { try await backend.forks(of: "c") }
            // These end, whatever they find.
            try await attempt { try await backend.updateConversation("c", .show(branch: 1)) }
            try await attempt { try await backend.conversations(ConversationQuery(preview: 10)) }
            try await attempt { try await backend.append(.user("5"), to: "c", .insteadOf(4)) }
            try await attempt { try await backend.removeMessages(MessageRemoval(.messages([2, 3]), of: "c")) }
            try await attempt { try await backend.removeMessages(MessageRemoval(.from(4), of: "c")) }
            try await backend.clearMessages(of: "c")
            #expect(try await backend.messages(MessageQuery(of: "c", on: .all)).items.isEmpty)
            #expect(try await backend.append(.user("again"), to: "c").predecessor == nil)
        }
    }

    @Test func aHeadThatIsNotThereIsDamage() async throws {
        try await withBranches { backend, execute in
            try await execute("DELETE FROM chat_messages WHERE sequence = 3; UPDATE conversations SET head = 3")
            await expectError(.damaged) { try await backend.messages(of: "c") }
            await expectError(.damaged) { try await backend.messages(MessageQuery(of: "c", .after(1))) }
            try await backend.updateConversation("c", .head(4))
            #expect(try await backend.messages(of: "c").map(\.sequence) == [1, 2, 4])
        }
        for head in ["-1", "5"] {
            try await withBranches { backend, execute in
                try await execute("UPDATE conversations SET head = \(head)")
                await expectError(.damaged) { try await backend.conversation("c") }
                await expectError(.damaged) { try await backend.messages(of: "c") }
            }
        }
    }

    @Test func aHeadOfAConversationThatHasNotBranchedIsDamage() async throws {
        try await withBranches { backend, execute in
            try await execute("UPDATE conversations SET head = 2, is_branched = false")
            await expectError(.damaged) { try await backend.conversation("c") }
        }
    }

    @Test(arguments: [
        "state = 'writing', revision = 1", "state = 'streaming'", "state = 'failed', revision = 0", "revision = -3",
        "revised_at = now()", "state = 'stopped', revision = 2, revised_at = 'infinity'",
    ])
    func aStateThatTheLibraryDoesNotWriteIsDamage(values: String) async throws {
        try await withBranches { backend, execute in
            try await execute("UPDATE chat_messages SET \(values) WHERE sequence = 4")
            await expectError(.damaged) { try await backend.messages(of: "c") }
            await expectError(.damaged) { try await backend.messages(MessageQuery(of: "c", on: .all)) }
            await expectError(.damaged) { try await backend.messages(MessageQuery(of: "c", .sequences([4]))) }
            #expect(try await backend.messages(MessageQuery(of: "c", .before(4))).items.map(\.sequence) == [1, 2])
        }
    }

    @Test func aPreviewOfAnUnknownStateIsDamage() async throws {
        try await withBranches { backend, execute in
            try await execute("UPDATE chat_messages SET state = 'writing', revision = 1 WHERE sequence = 4")
            await expectError(.damaged) { try await backend.conversations(ConversationQuery(preview: 10)) }
        }
    }

    private func withBranches(
        _ body: (_ backend: PostgresBackend, _ execute: (String) async throws -> Void) async throws -> Void
    ) async throws {
        try await withBackend { backend, schema in
            try await backend.append([.user("1"), .assistant("2"), .user("3")], to: "c")
            try await backend.append(.user("4"), to: "c", .insteadOf(3))
            #expect(try await backend.messages(of: "c").map(\.sequence) == [1, 2, 4])
            try await body(backend) { sql in
                try await TestPostgres.execute("SET search_path = \(schema); \(sql)")
            }
        }
    }
}
