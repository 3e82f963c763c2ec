import ChatStorageCore

extension Check {
    /// Conversations' ids: their length, and comparison by their bytes alone.
    static let text: [Check] = [
        Check(
            "text.id.length-accepted", .t1,
            why: "Ids of other systems, such as hashes and addresses, must fit up to the documented limit."
        ) { context in
            let chats = try await context.open()
            let texts = [
                "x", String(repeating: "x", count: 100), String(repeating: "\u{e9}", count: 100),
                String(repeating: "\u{1f600}", count: 100), "e" + String(repeating: "\u{301}", count: 99),
            ]
            for id in texts.map({ ConversationID($0) }) {
                let created = try await chats.createConversation(id)
                context.expect(created.id, equals: id, "a new conversation has the id that it was given")
                context.expect(try await chats.conversation(id), equals: created, "it is found under this id")
                try await chats.append(.user("hello"), to: id)
                context.expect(try await chats.history(of: id), equals: [.user("hello")], "its messages are found")
            }
            context.expect(
                Set(try await chats.conversations(limit: 10).map(\.id)), equals: Set(texts.map { ConversationID($0) }),
                "all are listed, by the ids they were given")
        },
        Check(
            "text.id.length-refused", .t1, .t6, .e1,
            why: "A chat whose id another backend cuts or refuses cannot be moved there."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("untouched"), to: "neighbour")
            let ids = [
                "", String(repeating: "x", count: 101), String(repeating: "\u{1f600}", count: 101),
                "e" + String(repeating: "\u{301}", count: 100), String(repeating: "y", count: 100_000),
            ]
            try await context.expectUnchanged(chats, "calls with a bad id change nothing") {
                for id in ids {
                    for call in StorageCall.ofEveryOperation(takingID: ConversationID(id)) {
                        await context.expectError(.invalidArgument, "the id is refused by \(summary(of: call))") {
                            try await call.perform(on: chats)
                        }
                    }
                }
            }
        },
        Check(
            "text.id.nul-refused", .t1, .t6,
            why: "Engines written in C read text up to U+0000, so a cut id would name another conversation."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("untouched"), to: "a")
            try await context.expectUnchanged(chats, "calls with U+0000 in the id change nothing") {
                for id in ["\0", "a\0", "a\0b", "\0a"] {
                    for call in StorageCall.ofEveryOperation(takingID: ConversationID(id)) {
                        await context.expectError(.invalidArgument, "U+0000 is refused by \(summary(of: call))") {
                            try await call.perform(on: chats)
                        }
                    }
                }
            }
        },
        Check(
            "text.id.canonical-equivalents", .t2,
            why: "Swift calls composed and decomposed text equal, databases do not: chats must not be merged."
        ) { context in
            try await expectDistinct(
                ["caf\u{e9}", "cafe\u{301}", "\u{212b}", "\u{c5}", "A\u{30a}", "\u{ac00}", "\u{1100}\u{1161}"],
                in: context)
        },
        Check(
            "text.id.lookalikes", .t2,
            why: "Collations that ignore case, width or trailing spaces would merge conversations."
        ) { context in
            try await expectDistinct(
                [
                    "a", "A", "a ", " a", "\u{ff41}", "a\u{200b}", "\u{feff}a", "a\n", "stra\u{df}e", "strasse", "i",
                    "I", "\u{130}", "\u{131}", "1", "01", "1.0", "\u{661}", "null", "NULL",
                ], in: context)
        },
        Check(
            "text.id.long-lookalikes", .t1, .t2,
            why: "A column or file name that is too short for an id makes one conversation of two."
        ) { context in
            let ids = ["x", "\u{1f600}"].flatMap { filler in
                ["a", "b", ""].map { String(repeating: filler, count: 99) + $0 }
            }
            try await expectDistinct(ids.map { ConversationID($0) }, in: context)
        },
        Check(
            "text.id.any-text", .t2, .t5,
            why: "Ids sometimes come from outside the app: none may be taken for syntax or changed."
        ) { context in
            try await expectDistinct(SampleText.peculiar.map { ConversationID($0) }, in: context)
        },
        Check(
            "text.id.random", .t2, .t5,
            why: "Random texts find faults that lists of peculiar ones miss."
        ) { context in
            var random = context.random()
            var ids: Set<ConversationID> = []
            while ids.count < 40 {
                ids.insert(ConversationID(random.text(scalars: Int.random(in: 1...100, using: &random))))
            }
            try await expectDistinct(ids.sortedByUTF8(), in: context)
        },
    ]

    /// Expects each id to name a conversation of its own and to come back as it was given.
    private static func expectDistinct(_ ids: [ConversationID], in context: CheckContext) async throws {
        let chats = try await context.open()
        for (index, id) in ids.enumerated() {
            context.expect(try await chats.conversation(id), equals: nil, "no other id names the conversation")
            try await chats.createConversation(id, title: "title \(index)")
            try await chats.append(.user("message \(index)"), to: id)
        }
        for (index, id) in ids.enumerated() {
            let conversation = try context.require(
                await chats.conversation(id), "the conversation \(summary(of: id)) is found")
            context.expect(conversation.id.rawValue, equals: id.rawValue, "the id comes back byte for byte")
            context.expect(conversation.title, equals: "title \(index)", "the id has its own title")
            let messages = try await chats.messages(of: id)
            context.expect(messages.map(\.content), equals: ["message \(index)"], "the id has its own messages")
            context.expect(messages.map(\.conversationID), equals: [id], "messages have the id byte for byte")
        }
        let listed = try await chats.conversations(limit: ids.count + 1).map(\.id)
        context.expect(listed.sortedByUTF8(), equals: ids.sortedByUTF8(), "each id is listed once")
    }
}
