import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// The table that finds labels says what the conversations' rows say, after every kind of change.
@Suite(.timeLimit(.minutes(5))) struct LabelTests {
    /// The labels in the conversations' rows that the table lacks or has with another time, and those that only it has.
    private static func differences(_ schema: String) async throws -> [[String?]] {
        try await TestPostgres.execute(
            """
            SELECT c.tenant, c.conversation_id, c.label, c.updated_at, l.label, l.updated_at
            FROM (SELECT tenant, conversation_id, updated_at, unnest(labels) AS label
                  FROM \(schema).conversations) AS c
            FULL JOIN \(schema).conversation_labels AS l USING (tenant, conversation_id, label)
            WHERE c.updated_at IS DISTINCT FROM l.updated_at
            """)
    }

    private static func listed(_ schema: String) async throws -> Int {
        try await TestPostgres.execute("SELECT 1 FROM \(schema).conversation_labels").count
    }

    @Test func everyChangeKeepsTheTable() async throws {
        try await withBackend({ $0.roles = .withTools }) { backend, schema in
            let parts = ChatMessage(role: .tool, parts: [.toolResult(callID: "1", output: "{}")])
            let time = Timestamp(microsecondsSinceEpoch: 5)
            let steps: [(String, Int, () async throws -> Void)] = [
                ("create", 2, { try await backend.createConversation(.init("a", labels: ["x", "y"])) }),
                ("keep", 2, { try await backend.createConversation(.init("a", labels: ["z"], ifExists: .keep)) }),
                (
                    "get or create", 3,
                    { try await backend.createConversation(.init("b", labels: ["x"], ifExists: .keep)) }
                ),
                ("create without", 3, { try await backend.createConversation(.init("plain")) }),
                ("append", 3, { try await backend.append(.user("1"), to: "a") }),
                ("append again", 3, { try await backend.append(.user("1"), to: "a") }),
                ("exists", 3, { try await backend.append(.user("1"), to: "a", if: .exists) }),
                ("parts", 3, { try await backend.append(parts, to: "b") }),
                ("keyed", 3, { try await backend.append(.user("1", key: "k"), to: "b") }),
                ("repeated", 3, { try await backend.append(.user("1", key: "k"), to: "b") }),
                ("keyed, exists", 3, { try await backend.append(.user("1", key: "l"), to: "b", if: .exists) }),
                ("read", 3, { try await backend.append(NewMessages([.user("1")], to: "a", marksRead: true)) }),
                (
                    "unchanged", 3,
                    {
                        guard let conversation = try await backend.conversation("a") else { return }
                        try await backend.append(.user("1"), to: "a", if: .unchanged(since: conversation))
                    }
                ),
                ("first values", 4, { try await backend.append(.user("1"), to: "c", if: .create(labels: ["x"])) }),
                ("no first values", 4, { try await backend.append(.user("1"), to: "c", if: .create(labels: ["q"])) }),
                ("title", 4, { try await backend.updateTitle(of: "a", to: "A") }),
                ("title if none", 4, { try await backend.updateConversation("b", .titleIfNone("B")) }),
                ("keeping place", 4, { try await backend.updateConversation("b", .title("B").keepingPlace()) }),
                ("metadata", 4, { try await backend.updateConversation("b", .metadata(.setting("m", to: 1))) }),
                ("mark", 4, { try await backend.updateConversation("b", .read(through: 1)) }),
                ("add", 5, { try await backend.updateConversation("plain", .adding(label: "x")) }),
                ("append to it", 5, { try await backend.append(.user("1"), to: "plain") }),
                (
                    "add and remove", 5,
                    { try await backend.updateConversation("a", .adding(label: "é").removing(label: "y")) }
                ),
                (
                    "remove and retitle", 4,
                    { try await backend.updateConversation("a", .removing(label: "x").title("B")) }
                ),
                ("remove the last", 3, { try await backend.updateConversation("plain", .removing(label: "x")) }),
                ("append after it", 3, { try await backend.append(.user("1"), to: "plain") }),
                ("clear", 3, { try await backend.clearMessages(of: "b") }),
                ("append after a clear", 3, { try await backend.append(.user("1"), to: "b") }),
                ("append at a place", 3, { try await backend.append(.user("2"), to: "b", .insteadOf(4)) }),
                (
                    "begin an answer", 3,
                    { try await backend.append(NewMessages([.assistant("")], to: "b", isStreaming: true)) }
                ),
                ("head", 3, { try await backend.updateConversation("b", .head(4)) }),
                ("remove one", 3, { try await backend.removeMessages([5], of: "b") }),
                ("remove from one", 3, { try await backend.removeMessages(MessageRemoval(.from(6), of: "b")) }),
                (
                    "restore", 5,
                    {
                        try await backend.restoreConversation(
                            .init(id: "r", createdAt: time, updatedAt: time, labels: ["x", "w"]))
                    }
                ),
                ("delete", 4, { try await backend.deleteConversation("b") }),
                ("spared", 4, { _ = try await backend.deleteConversation(.init("r", without: ["w"])) }),
                ("delete if", 2, { _ = try await backend.deleteConversation(.init("r", without: ["v"])) }),
            ]
            for (name, count, change) in steps {
                try await change()
                #expect(try await Self.differences(schema) == [], "\(name)")
                #expect(try await Self.listed(schema) == count, "\(name)")
            }
            #expect(try await backend.conversation("a")?.labels == ["é"])
            #expect(try await backend.messages(of: "a").count == 5)
        }
    }

    @Test("labels that another program wrote keep nobody from appending", arguments: ["{one,one,two}", "{one,NULL}"])
    func labelsOfAnother(_ labels: String) async throws {
        try await withBackend({ $0.roles = .withTools }) { backend, schema in
            try await backend.createConversation(.init("a", labels: ["one"]))
            try await TestPostgres.execute("UPDATE \(schema).conversations SET labels = '\(labels)'")
            try await backend.append(.user("1"), to: "a")
            try await backend.append(.user("2"), to: "a", if: .exists)
            do {
                _ = try await backend.updateConversation("a", .adding(label: "three"))
            } catch let error as ChatStorageError {
                #expect(error.code == .damaged)
            }
        }
    }

    /// Appends of many callers meet conversations that get and lose labels meanwhile, on two handles, as two
    /// processes have them.
    @Test func theTableIsRightUnderLoad() async throws {
        try await withBackend({ $0.roles = .withTools }) { backend, schema in
            let other = try await PostgresBackend(configuration(TestPostgres.url(), schema) { $0.roles = .withTools })
            let labels: [Label] = ["x", "y", "z"]
            let stored = try await withThrowingTaskGroup(of: Int.self) { group in
                for caller in 0..<16 {
                    let backend = caller % 2 == 0 ? backend : other
                    group.addTask {
                        var stored = 0
                        for round in 0..<40 {
                            let id = ConversationID("c\((caller + round) % 5)")
                            let label = labels[(caller / 2 + round) % 3]
                            switch (caller / 2 + round / 2) % 6 {
                            case 0: try await backend.updateConversation(id, .adding(label: label))
                            case 1: try await backend.updateConversation(id, .removing(label: label))
                            case 2:
                                try await backend.append(.user("\(round)", key: "\(caller) \(round)"), to: id)
                                stored += 1
                            case 3 where round % 8 == 0: try await backend.updateTitle(of: id, to: "\(round)")
                            default:
                                try await backend.append([.user("\(round)"), .assistant("\(round)")], to: id)
                                stored += 2
                            }
                        }
                        return stored
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(try await Self.differences(schema) == [])
            let counts = try await TestPostgres.execute(
                """
                SELECT sum(message_count), sum(last_sequence), (SELECT count(*) FROM \(schema).chat_messages)
                FROM \(schema).conversations
                """)
            #expect(counts == [["\(stored)", "\(stored)", "\(stored)"]])
            try await other.close()
        }
    }

    /// One statement carries appends to conversations with and without labels; each is stored once.
    @Test("merged appends to conversations with and without labels are all stored")
    func mergedAppendsToConversations() async throws {
        try await withBackend({ $0.roles = .withTools }) { backend, schema in
            for number in stride(from: 0, to: 20, by: 3) {
                try await backend.createConversation(.init(ConversationID("c\(number)"), labels: ["x"]))
            }
            let results = try await withThrowingTaskGroup(of: Message.self) { group in
                for number in 0..<200 {
                    let message =
                        number % 7 == 0
                        ? ChatMessage(role: .user, parts: [.text("a"), .text("\(number)")]) : .user("\(number)")
                    group.addTask { try await backend.append(message, to: ConversationID("c\(number % 20)")) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(results.map(\.id)).count == 200)
            for number in 0..<20 {
                let id = ConversationID("c\(number)")
                let messages = try await backend.messages(of: id, limit: 100)
                #expect(messages.map(\.sequence) == Array(1...10))
                #expect(Set(messages) == Set(results.filter { $0.conversationID == id }))
                #expect(try await backend.conversation(id)?.messageCount == 10)
            }
            #expect(try await Self.differences(schema) == [])
        }
    }

    /// What a handle knows of labels is only a hint: another process can change them.
    @Test func anAppendIsRightWhateverIsKnownOfLabels() async throws {
        try await withBackend({ $0.roles = .withTools }) { backend, schema in
            let other = try await PostgresBackend(configuration(TestPostgres.url(), schema))
            for round in 0..<4 {
                try await other.updateConversation(
                    "c", round % 2 == 0 ? .removing(label: "x") : .adding(label: "x"))
                #expect(try await backend.append(.user("1"), to: "c").sequence == Int64(3 * round + 1))
                #expect(try await backend.append(.user("2", key: "\(round)"), to: "c").sequence == Int64(3 * round + 2))
                #expect(try await backend.append(.user("3"), to: "c", if: .exists).sequence == Int64(3 * round + 3))
                #expect(try await Self.differences(schema) == [])
            }
            await expectError(.conversationNotFound) { try await backend.append(.user("1"), to: "none", if: .exists) }
            try await other.close()
        }
    }

    @Test func whatIsKnownOfLabelsIsBounded() {
        let known = KnownConversations()
        let keys = (0...KnownConversations.limit).map { ConversationKey(tenant: "", id: ConversationID("\($0)")) }
        known.note(keys[0], isIn: false)
        #expect(!known.contains(keys[0]))
        for key in keys { known.note(key, isIn: true) }
        #expect(keys.count { known.contains($0) } <= KnownConversations.limit)
        #expect(known.contains(keys[KnownConversations.limit]))
        known.note(keys[KnownConversations.limit], isIn: false)
        #expect(!known.contains(keys[KnownConversations.limit]))
    }
}
