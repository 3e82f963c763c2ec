import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Calls that need a conversation's row while another session has it, in forced orders.
///
/// Each has to see what that session wrote: it waited for the row's lock with a snapshot from before.
@Suite(.timeLimit(.minutes(5))) struct BranchLockTests {
    @Test func anAppendFollowsNoMessageThatAClearHasRemoved() async throws {
        for place in [.after(2), .insteadOf(2)] as [AppendPlace] {
            try await withSession { backend, session, schema in
                try session.execute("BEGIN; EXECUTE mark ('', 'c')")
                let stored = Task { try await backend.append(.user("4"), to: "c", place) }
                try await waitUntil { try await lockWaits(schema) > 0 }
                try session.execute("EXECUTE clear ('', 'c'); COMMIT")
                await expectError(.messageNotFound) { try await stored.value }
                #expect(try await backend.messages(of: "c").isEmpty)
            }
        }
    }

    @Test func anAppendFollowsNoMessageThatARemovalHasRemoved() async throws {
        try await withSession { backend, session, schema in
            try session.execute("BEGIN; EXECUTE lock ('', 'c'); EXECUTE remove ('', 'c', '{2}')")
            let after = Task { try await backend.append(.user("4"), to: "c", .after(2)) }
            try await waitUntil { try await lockWaits(schema) > 0 }
            try session.execute("COMMIT")
            await expectError(.messageNotFound) { try await after.value }
            // The newest message is still there to be followed.
            #expect(try await backend.append(.user("4"), to: "c", .after(3)).predecessor == nil)
        }
    }

    @Test func anAppendFollowsAMessageThatWasAddedWhileItWaited() async throws {
        try await withSession { backend, session, schema in
            try session.execute("BEGIN; \(Self.append(schema))")
            let stored = Task { try await backend.append(.user("5"), to: "c", .after(4)) }
            let other = Task { try await backend.append(.user("5"), to: "c", .insteadOf(4)) }
            try await waitUntil { try await lockWaits(schema) > 0 }
            try session.execute("COMMIT")
            let appended = [try await stored.value, try await other.value]
            #expect(appended[0].predecessor ?? appended[0].sequence - 1 == 4)
            #expect(appended[1].predecessor == 3)
        }
    }

    /// Their statement was made for a conversation whose head is the newest message, and then it has another.
    @Test(arguments: [1, 3]) func plainAppendsFollowAHeadThatWasSetWhileTheyWaited(count: Int) async throws {
        try await withSession { backend, session, schema in
            try session.execute("BEGIN; UPDATE \(schema).conversations SET head = 1, is_branched = true")
            let calls = (0..<count).map { number in
                Task { try await backend.append(.user("\(number)"), to: "c") }
            }
            let exists = Task { try await backend.append(.user("exists"), to: "c", if: .exists) }
            let keyed = Task { try await backend.append(.user("keyed", key: "k"), to: "c") }
            try await waitUntil { try await lockWaits(schema) > 0 }
            try session.execute("COMMIT")
            var stored = [try await exists.value, try await keyed.value]
            for call in calls { stored.append(try await call.value) }
            stored.sort { $0.sequence < $1.sequence }
            #expect(stored.map(\.sequence) == (4..<Int64(6 + count)).map { $0 })
            // The first goes after the head, and the others one after the other.
            #expect(stored.map(\.predecessor) == [1] + Array(repeating: nil, count: count + 1))
            let conversation = try #require(try await backend.conversation("c"))
            #expect(conversation.head == nil && conversation.isBranched)
        }
    }

    @Test("an append to a version is refused when the head was moved while it waited")
    func anAppendToAVersionIsRefused() async throws {
        try await withSession { backend, session, schema in
            let version = try #require(try await backend.conversation("c")).version
            try session.execute("BEGIN; UPDATE \(schema).conversations SET head = 1, is_branched = true")
            let stored = Task { try await backend.append(NewMessages([.user("4")], to: "c", if: .unchanged(version))) }
            let placed = Task {
                try await backend.append(NewMessages([.user("4")], to: "c", .after(1), if: .unchanged(version)))
            }
            try await waitUntil { try await lockWaits(schema) > 0 }
            try session.execute("COMMIT")
            await expectError(.conflict) { try await stored.value }
            await expectError(.conflict) { try await placed.value }
        }
    }

    @Test func aHeadIsNoMessageThatWasRemovedWhileItWaited() async throws {
        for change in [.head(3), .show(branch: 3), .head(3).title("t")] as [ConversationChange] {
            try await withSession { backend, session, schema in
                try session.execute("BEGIN; EXECUTE lock ('', 'c'); EXECUTE remove ('', 'c', '{3}')")
                let changed = Task { try await backend.updateConversation("c", change) }
                try await waitUntil { try await lockWaits(schema) > 0 }
                try session.execute("COMMIT")
                await expectError(.messageNotFound) { try await changed.value }
                #expect(try await backend.conversation("c")?.title == nil)
            }
        }
    }

    @Test func theNewestEndIsOneThatWasAddedWhileItWaited() async throws {
        try await withSession { backend, session, schema in
            try await backend.updateConversation("c", .head(1))
            try session.execute("BEGIN; UPDATE \(schema).conversations SET head = 1; \(Self.append(schema))")
            let changed = Task { try await backend.updateConversation("c", .show(branch: 2)) }
            try await waitUntil { try await lockWaits(schema) > 0 }
            try session.execute("COMMIT")
            #expect(try await changed.value?.head == nil)
            #expect(try await backend.messages(of: "c").map(\.sequence) == [1, 2, 3, 4])
        }
    }

    @Test func aRemovalMovesWhatWasAddedWhileItWaited() async throws {
        for selection in [.messages([2, 3]), .from(2)] as [MessageRemoval.Selection] {
            try await withSession { backend, session, schema in
                try session.execute(
                    "BEGIN; \(Self.append(schema, parent: "1")); UPDATE \(schema).conversations SET is_branched = true")
                let removed = Task { try await backend.removeMessages(MessageRemoval(selection, of: "c")) }
                try await waitUntil { try await lockWaits(schema) > 0 }
                try session.execute("COMMIT")
                #expect(try await removed.value == 2)
                let messages = try await backend.messages(of: "c")
                #expect(messages.map(\.sequence) == [1, 4] && messages[1].predecessor == nil)
                let conversation = try #require(try await backend.conversation("c"))
                #expect(conversation.messageCount == 2 && !conversation.isBranched && conversation.head == nil)
            }
        }
    }

    /// A revision locks the message's row alone, so both can wait for each other's row, but not in a circle.
    @Test("a revision and a removal of the same message come one after the other")
    func aRevisionAndARemovalOfTheSame() async throws {
        try await withSession { backend, session, schema in
            let answer = try await backend.append(NewMessages([.assistant("")], to: "c", isStreaming: true)).messages[0]
            try session.execute("BEGIN; UPDATE \(schema).chat_messages SET content = 'x' WHERE sequence = 4")
            let removed = Task { try await backend.removeMessages(MessageRemoval(.messages([4]), of: "c")) }
            try await waitUntil { try await lockWaits(schema) > 0 }
            try session.execute("COMMIT")
            #expect(try await removed.value == 1)
            await expectError(.messageNotFound) { try await backend.reviseMessage(MessageRevision(of: answer)) }
        }
        try await withSession { backend, session, schema in
            let answer = try await backend.append(NewMessages([.assistant("")], to: "c", isStreaming: true)).messages[0]
            try session.execute("BEGIN; EXECUTE lock ('', 'c'); EXECUTE remove ('', 'c', '{4}')")
            let revised = Task {
                try await backend.reviseMessage(MessageRevision(of: answer, body: .assistant("late")))
            }
            try await waitUntil { try await lockWaits(schema) > 0 }
            try session.execute("COMMIT")
            await expectError(.messageNotFound) { try await revised.value }
        }
    }

    @Test("a revision keeps the predecessor that a removal gave its message")
    func aRevisionKeepsThePredecessor() async throws {
        try await withSession { backend, session, schema in
            let place = NewMessages([.assistant("")], to: "c", .after(2), isStreaming: true)
            let answer = try await backend.append(place).messages[0]
            #expect(answer.predecessor == 2)
            try session.execute(
                """
                BEGIN; EXECUTE lock ('', 'c');
                UPDATE \(schema).conversations SET message_count = 3;
                DELETE FROM \(schema).chat_messages WHERE sequence = 2;
                UPDATE \(schema).chat_messages SET parent = 1 WHERE sequence = 4
                """)
            let revised = Task {
                try await backend.reviseMessage(MessageRevision(of: answer, body: .assistant("text")))
            }
            try await waitUntil { try await lockWaits(schema) > 0 }
            try session.execute("COMMIT")
            let message = try await revised.value
            #expect(message.predecessor == 1 && message.content == "text" && message.revision == 2)
            #expect(try await backend.messages(of: "c").last == message)
        }
    }

    @Test("a conversation deleted while an append waited is made anew or not there")
    func aConversationDeleted() async throws {
        try await withSession { backend, session, schema in
            try session.execute("BEGIN; DELETE FROM \(schema).conversations")
            let begun = Task { try await backend.append(.user("1"), to: "c", .after(0)) }
            try await waitUntil { try await lockWaits(schema) > 0 }
            try session.execute("COMMIT")
            #expect(try await begun.value.sequence == 1)
        }
        try await withSession { backend, session, schema in
            try session.execute("BEGIN; DELETE FROM \(schema).conversations")
            let after = Task { try await backend.append(NewMessages([.user("1")], to: "c", .after(1), if: .exists)) }
            try await waitUntil { try await lockWaits(schema) > 0 }
            try session.execute("COMMIT")
            await expectError(.conversationNotFound) { try await after.value }
        }
    }

    /// An append as another session makes it.
    private static func append(_ schema: String, parent: String = "NULL") -> String {
        """
        UPDATE \(schema).conversations SET last_sequence = 4, message_count = 4, head = NULL;
        INSERT INTO \(schema).chat_messages (tenant, conversation_id, sequence, role, content, created_at, parent)
        VALUES ('', 'c', 4, 'user', '4', now(), \(parent))
        """
    }

    /// Calls a body with a backend on a conversation of three messages, and a session that has the statements of a
    /// clear and a removal.
    private func withSession(
        _ body: (_ backend: PostgresBackend, _ session: TestPostgresConnection, _ schema: String) async throws -> Void
    ) async throws {
        try await TestPostgres.withSchema { url, schema in
            // Longer than a busy machine takes to see that a call waits.
            let backend = try await PostgresBackend(
                configuration(url, schema) {
                    ($0.lockTimeout, $0.statementTimeout, $0.callTimeout) = (.seconds(60), .seconds(90), .seconds(100))
                })
            try await backend.prepare()
            try await backend.append([.user("1"), .assistant("2"), .user("3")], to: "c")
            let statements = Statements(SchemaName(name: schema))
            let session = try TestPostgresConnection(url: url)
            for (name, statement) in [
                ("mark", statements.markCleared), ("clear", statements.deleteCleared),
                ("lock", statements.lockConversation), ("remove", statements.removeMessages),
            ] {
                let types = statement.parameters.map(\.typeName).joined(separator: ", ")
                try session.execute("PREPARE \(name) (\(types)) AS \(statement.sql)")
            }
            try await body(backend, session, schema)
            try await backend.close()
        }
    }
}
