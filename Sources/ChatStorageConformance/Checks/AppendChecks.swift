import ChatStorageCore

extension Check {
    /// Appends: completely or not at all, and under conditions.
    static let appends: [Check] = [
        Check(
            "atomicity.append.whole-or-nothing", .a1, .t6,
            why: "Half of an exchange in the history makes the model's next answer wrong."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("before"), to: "existing")
            let good = (1...20).map { ChatMessage.user("\($0)") }
            let bad: [(ChatMessage, ChatStorageError.Code)] = [
                (ChatMessage(role: Role(rawValue: "x"), content: "text"), .invalidRole),
                (.user("\0"), .invalidArgument),
            ]
            try await context.expectUnchanged(chats, "a refused append leaves no message and no conversation") {
                for id in ["existing", "new"] as [ConversationID] {
                    for (message, code) in bad {
                        for place in [0, 10, 20] {
                            var messages = good
                            messages.insert(message, at: place)
                            await context.expectError(code, "a bad message at place \(place) is refused") {
                                try await chats.append(messages, to: id)
                            }
                        }
                    }
                }
                await context.expectError(.conversationNotFound, "the condition is not met") {
                    try await chats.append(good, to: "new", if: .exists)
                }
            }
        },
        Check(
            "atomicity.append.returns-what-is-stored", .a1, .o1, .o5,
            why: "An app shows what the append returned, without reading it again."
        ) { context in
            let chats = try await context.open()
            let messages: [ChatMessage] = [.system("rules"), .user("question"), .assistant("answer")]
            let returned = try await chats.append(messages, to: "one")
            context.expect(returned.map(\.chatMessage), equals: messages, "roles and contents are those given")
            context.expect(returned.map(\.conversationID), equals: ["one", "one", "one"], "the conversation is given")
            context.expect(try await chats.messages(of: "one"), equals: returned, "the same is read")
            let single = try await chats.append(.user("more"), to: "one")
            context.expect(
                try await chats.messages(of: "one").last, equals: single, "a single message is read back too")
        },
        Check(
            "atomicity.append.nothing", .a2, .l1,
            why: "An empty batch is usual in a loop, and must not make an empty chat."
        ) { context in
            let chats = try await context.open()
            try await chats.restoreConversation(.sample("existing", messages: 2))
            try await context.expectUnchanged(chats, "appending nothing changes nothing") {
                for id in ["existing", "new"] as [ConversationID] {
                    for condition in [
                        .createIfMissing, .exists,
                        .unchanged(ConversationVersion(createdAt: .future, lastSequence: 9)),
                    ] as [AppendCondition] {
                        context.expect(
                            try await chats.append([], to: id, if: condition), equals: [],
                            "appending nothing to \(id) returns nothing")
                    }
                }
                await context.expectError(.invalidArgument, "the id is checked even so") {
                    try await chats.append([], to: "")
                }
            }
        },
        Check(
            "atomicity.append.creates", .a3, .a1,
            why: "Most apps begin a chat with its first message."
        ) { context in
            let chats = try await context.open()
            try await chats.append([.user("1"), .assistant("2")], to: "one")
            let created = try context.require(await chats.conversation("one"), "the append creates the conversation")
            context.expect(created.title, equals: nil, "it has no title")
            context.expect(created.lastSequence, equals: 2, "it has the messages' last sequence")
            context.expect(try await chats.conversations(limit: 10), equals: [created], "it is listed once")
            try await chats.append(.user("3"), to: "one")
            context.expect(
                try await chats.conversation("one")?.createdAt, equals: created.createdAt,
                "appending again does not create it again")
        },
        Check(
            "atomicity.append.must-exist", .a3,
            why: "An answer that comes after the person deleted the chat must not bring it back."
        ) { context in
            let chats = try await context.open()
            await context.expectError(.conversationNotFound, "a conversation that never was is not found") {
                try await chats.append(.assistant("late"), to: "one", if: .exists)
            }
            context.expect(try await chats.conversations(limit: 10), equals: [], "nothing is created")
            try await chats.append(.user("question"), to: "one")
            context.expect(
                try await chats.append(.assistant("answer"), to: "one", if: .exists).sequence, equals: 2,
                "an existing conversation is appended to")
            try await chats.clearMessages(of: "one")
            context.expect(
                try await chats.append(.assistant("answer"), to: "one", if: .exists).sequence, equals: 3,
                "a cleared conversation exists")
            try await chats.deleteConversation("one")
            await context.expectError(.conversationNotFound, "a deleted conversation is not found") {
                try await chats.append([.assistant("late"), .user("later")], to: "one", if: .exists)
            }
            context.expect(try await chats.conversation("one"), equals: nil, "it stays deleted")
        },
    ]

    /// Creating what may exist already.
    static let creation: [Check] = [
        Check(
            "atomicity.create.existing", .a4,
            why: "Two chats that were given one name must not become one."
        ) { context in
            let chats = try await context.open()
            try await chats.restoreConversation(.sample("one", title: "title", messages: 3))
            try await context.expectUnchanged(chats, "what exists is left as it is") {
                for title in [nil, "title", "other"] as [String?] {
                    await context.expectError(.conversationExists, "it is not created again") {
                        try await chats.createConversation("one", title: title)
                    }
                }
                for snapshot in [.sample("one"), .sample("one", title: "title", messages: 3)]
                    as [ConversationSnapshot]
                {
                    await context.expectError(.conversationExists, "it is not restored over, not even by an equal one")
                    {
                        try await chats.restoreConversation(snapshot)
                    }
                }
            }
        },
        Check(
            "atomicity.get-or-create.existing", .a5, .o6,
            why: "Opening a chat must not rename it."
        ) { context in
            let chats = try await context.open()
            let created = try await chats.getOrCreateConversation("one", title: "first")
            context.expect(created.title, equals: "first", "a new conversation has the title")
            for title in ["second", nil] {
                context.expect(
                    try await chats.getOrCreateConversation("one", title: title), equals: created,
                    "an existing conversation comes back as it is")
            }
            try await chats.updateTitle(of: "one", to: nil)
            context.expect(
                try await chats.getOrCreateConversation("one", title: "third").title, equals: nil,
                "a conversation without a title still has none")
        },
        Check(
            "atomicity.get-or-create.race", .a5,
            why: "Two tabs that open one chat at once must get the same chat, without an error."
        ) { context in
            let handles = try await context.open(handles: 8)
            for round in 0..<10 {
                let id = ConversationID("round \(round)")
                let got = try await context.concurrently(handles.count) {
                    try await handles[$0].getOrCreateConversation(id, title: "title \($0)")
                }
                context.expect(Set(got).count, equals: 1, "all callers get the same conversation")
                context.expect(
                    got[0].title?.hasPrefix("title ") == true, "it has the title of one of them",
                    actual: summary(of: got[0].title))
                context.expect(
                    try await handles[0].conversation(id), equals: got[0], "it is the conversation that is stored")
            }
            context.expect(try await handles[0].conversations(limit: 100).count, equals: 10, "each exists once")
        },
        Check(
            "atomicity.create.race", .a4,
            why: "If two callers both think that they made a chat, one writes into the other's."
        ) { context in
            let handles = try await context.open(handles: 6)
            for round in 0..<10 {
                let id = ConversationID("round \(round)")
                let created = try await context.concurrently(handles.count) { index -> Conversation? in
                    do {
                        return index % 2 == 0
                            ? try await handles[index].createConversation(id, title: "title \(index)")
                            : try await handles[index].restoreConversation(.sample(id, title: "title \(index)"))
                    } catch let error as ChatStorageError where error.code == .conversationExists {
                        return nil
                    }
                }
                context.expect(
                    created.compactMap(\.self).count, equals: 1, "one caller creates it, for the others it exists")
                context.expect(
                    try await handles[0].conversation(id), equals: created.compactMap(\.self).first,
                    "it is the one that was created")
            }
        },
        Check(
            "atomicity.append.creation-race", .a6, .a3,
            why: "The first messages of a chat may come from several places at once."
        ) { context in
            let handles = try await context.open(handles: 8)
            for round in 0..<10 {
                let id = ConversationID("round \(round)")
                let messages = try await context.concurrently(handles.count) {
                    try await handles[$0].append(.user("\($0)"), to: id)
                }
                let sorted = messages.sorted { $0.sequence < $1.sequence }
                context.expect(
                    sorted.map(\.sequence), equals: Array(1...Int64(handles.count)), "the sequences are 1 to 8")
                context.expect(try await handles[0].messages(of: id), equals: sorted, "no message is lost")
                context.expect(
                    try await handles[1].conversation(id)?.createdAt, equals: sorted[0].createdAt,
                    "the conversation was created by its first message")
            }
        },
    ]
}
