import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

/// The conversation's version that an append gives back, which its statement reads on the way.
@Suite(.timeLimit(.minutes(5))) struct AppendResultTests {
    private func appends(after version: ConversationVersion) -> [NewMessages] {
        [
            NewMessages([.user("plain"), .user("two")], to: "c"),
            NewMessages([.user("plain")], to: "c", if: .exists),
            NewMessages([.user("unchanged")], to: "c", if: .unchanged(version)),
            NewMessages([.user("keyed", key: "k"), .user("two", key: "l")], to: "c"),
            NewMessages([.user("keyed", key: "k")], to: "c", if: .exists),
            NewMessages([.user("keyed", key: "k")], to: "c", if: .unchanged(version)),
        ]
    }

    @Test func everyFormOfAppendGivesTheVersionThatAReadGives() async throws {
        try await withBackend { backend in
            let created = try await backend.createConversation("c")
            let count = appends(after: created.version).count
            for number in 0..<count {
                try await backend.deleteConversation("c")
                let created = try await backend.createConversation("c")
                let result = try await backend.append(appends(after: created.version)[number])
                let read = try #require(await backend.conversation("c"))
                #expect(result.version == read.version && read.createdAt == created.createdAt)
                #expect(result.messages == (try await backend.messages(of: "c")))
                // So appends can follow each other without a read.
                let next = try await backend.append(.user("x"), to: "c", if: .unchanged(read.version))
                #expect(next.sequence == read.lastSequence + 1)
            }
        }
    }

    @Test func anAppendThatCreatesTheConversationGivesItsVersion() async throws {
        try await withBackend { backend in
            for key in [nil, "k"] {
                let id = ConversationID("new \(key ?? "")")
                let result = try await backend.append(NewMessages([.user("x", key: key)], to: id))
                #expect(result.version == (try await backend.conversation(id))?.version)
                #expect(result.version?.lastSequence == 1)
            }
        }
    }

    @Test func aRepeatGivesTheVersionAsItIsNow() async throws {
        try await withBackend { backend in
            for condition in [.createIfMissing, .exists] as [AppendCondition] {
                let id = ConversationID("\(condition.createsConversation)")
                try await backend.createConversation(id)
                let new = NewMessages([.user("x", key: "k")], to: id, if: condition)
                let first = try await backend.append(new)
                try await backend.append(.user("later"), to: id)
                let again = try await backend.append(new)
                #expect(again.messages == first.messages && again.version != first.version)
                #expect(again.version == (try await backend.conversation(id))?.version)
            }
        }
    }

    /// Each caller gets the version after its own messages, as if it had appended alone.
    @Test func callersOfOneStatementGetVersionsOfTheirOwn() async throws {
        try await withBackend({ $0.connections = 2 }) { backend in
            try await backend.createConversation("c0")
            let results = try await withThrowingTaskGroup(of: AppendResult.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        try await backend.append(
                            NewMessages([.user("a"), .user("b")], to: ConversationID("c\(number % 5)")))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for result in results {
                let last = try #require(result.messages.last)
                let conversation = try #require(await backend.conversation(last.conversationID))
                #expect(
                    result.version
                        == ConversationVersion(createdAt: conversation.createdAt, lastSequence: last.sequence))
            }
            // Messages of one statement share its time; with a statement each there would be 200 times.
            #expect(Set(results.flatMap { $0.messages.map(\.createdAt) }).count < 100)
        }
    }

    @Test func noMessagesHaveNoVersion() async throws {
        try await withBackend { backend in
            try await backend.createConversation("c")
            let result = try await backend.append(NewMessages([], to: "c"))
            #expect(result.messages.isEmpty && result.version == nil)
        }
    }
}
