import ChatStorageCore

extension Check {
    /// Messages with keys, which make appends repeatable.
    static let keys: [Check] = [
        Check(
            "keys.repeated", .a9, .o6,
            why: "An app that does not know whether a message was stored sends it again."
        ) { context in
            let chats = try await context.open()
            let batch: [ChatMessage] = [.system("rules", key: "1"), .user("", key: "2"), .user("same", key: "3")]
            let stored = try await chats.append(batch, to: "one")
            context.expect(stored.map(\.key), equals: ["1", "2", "3"], "the stored messages have their keys")
            try await chats.append(.user("same", key: "4"), to: "one")
            try await chats.append(.user("same"), to: "one")
            try await context.expectUnchanged(chats, "a repeated append changes nothing, not even a time") {
                context.expect(try await chats.append(batch, to: "one"), equals: stored, "it returns what is stored")
                context.expect(
                    try await chats.append(batch[2], to: "one"), equals: stored[2],
                    "a repeat of one of its messages returns it")
                context.expect(
                    try await chats.append([batch[2], batch[0]], to: "one"), equals: [stored[2], stored[0]],
                    "a repeat in another order returns them")
            }
        },
        Check(
            "keys.read-back", .a9, .t5,
            why: "Keys show an app which of its messages have arrived."
        ) { context in
            let chats = try await context.open()
            var stored = try await chats.append([.user("a", key: "a"), .user("b", key: "b")], to: "one")
            stored.append(try await chats.append(.user("c"), to: "one"))
            for (position, limit) in [(.end, 10), (.after(0), 10), (.before(4), 10)] as [(MessagePosition, Int)] {
                context.expect(
                    try await chats.messages(of: "one", position, limit: limit), equals: stored,
                    "a page has the keys")
            }
            context.expect(
                try await chats.history(of: "one"), equals: [.user("a"), .user("b"), .user("c")],
                "a history has no keys")
        },
        Check(
            "keys.limits", .a9, .t6, .e1,
            why: "A key that one backend takes must not be refused by another."
        ) { context in
            let chats = try await context.open()
            var random = context.random()
            let keys =
                ["x", " ", "'; --", "\u{1f600}", "\u{301}"].map {
                    String(repeating: $0, count: 200 / $0.unicodeScalars.count)
                }
                + SampleText.peculiar + [random.text(scalars: 200), "k"]
            let stored = try await chats.append(keys.map { .user("", key: $0) }, to: "one")
            context.expect(
                try await chats.messages(of: "one", limit: keys.count).compactMap(\.key), equals: keys,
                "every key comes back as it was")
            context.expect(
                try await chats.append(keys.map { .user("", key: $0) }, to: "one"), equals: stored,
                "every key is found again")
            try await context.expectUnchanged(chats, "a refused key leaves nothing behind") {
                for id in ["one", "new"] as [ConversationID] {
                    for key in ["", "\0", "k\0", String(repeating: "e\u{301}", count: 101)] {
                        let error = await context.expectError(.invalidArgument, "the key is refused") {
                            try await chats.append([.user("text", key: "fine"), .user("text", key: key)], to: id)
                        }
                        context.expect(
                            error?.message.contains("messages[1].key") ?? true, "the error names the key's place",
                            actual: error?.message)
                    }
                    await context.expectError(.invalidArgument, "a key that comes twice is refused") {
                        try await chats.append([.user("a", key: "new"), .user("c", key: "new")], to: id)
                    }
                }
            }
        },
        Check(
            "keys.mismatch", .a9,
            why: "A key that is used for two messages hides a mistake that loses one of them."
        ) { context in
            let chats = try await context.open()
            try await chats.append([.user("a", key: "a"), .user("b", key: "b")], to: "one")
            let breaches: [(String, [ChatMessage])] = [
                ("another content", [.user("A", key: "a")]), ("a longer content", [.user("a ", key: "a")]),
                ("no content", [.user("", key: "a")]), ("another role", [.assistant("a", key: "a")]),
                ("the contents exchanged", [.user("b", key: "a"), .user("a", key: "b")]),
                ("one that differs", [.user("a", key: "a"), .user("x", key: "b")]),
                ("a new one after it", [.user("a", key: "a"), .user("c", key: "c")]),
                ("a new one before it", [.user("c", key: "c"), .user("b", key: "b")]),
            ]
            try await context.expectUnchanged(chats, "a mismatch writes nothing") {
                for (what, messages) in breaches {
                    for condition in [.createIfMissing, .exists] as [AppendCondition] {
                        await context.expectError(.idempotencyMismatch, "\(what) is a mismatch") {
                            try await chats.append(messages, to: "one", if: condition)
                        }
                    }
                }
            }
        },
        Check(
            "keys.all-or-none", .a9, .e1,
            why: "A message without a key would be stored a second time by a repeat of its append."
        ) { context in
            let chats = try await context.open()
            try await chats.append([.user("a", key: "a"), .user("b", key: "b")], to: "one")
            let bad = ChatMessage(role: Role(rawValue: "x"), content: "")
            try await context.expectUnchanged(chats, "it changes nothing") {
                for (keyless, messages) in [
                    (0, [.user("x"), .user("y", key: "y")]), (1, [.user("x", key: "x"), .user("y")]),
                    (2, [.user("a", key: "a"), .user("b", key: "b"), .user("c")]),
                    (1, [.user("x", key: "x"), bad]),
                ] as [(Int, [ChatMessage])] {
                    for id in ["one", "new"] as [ConversationID] {
                        for condition in [.createIfMissing, .exists] as [AppendCondition] {
                            let error = await context.expectError(.invalidArgument, "keys for some are refused") {
                                try await chats.append(messages, to: id, if: condition)
                            }
                            context.expect(
                                error?.message.contains("messages[\(keyless)]") ?? true,
                                "the error names the message without a key", actual: error?.message)
                        }
                    }
                }
            }
            let plain = [ChatMessage.user("a"), .user("a")]
            context.expect(
                try await chats.append(plain, to: "one").map(\.sequence), equals: [3, 4],
                "messages without keys are never taken for others")
        },
        Check(
            "keys.before-condition", .a9, .a8, .e1,
            why: "The append that is repeated has itself changed the conversation that it depended on."
        ) { context in
            let chats = try await context.open()
            let created = try await chats.createConversation("one")
            let batch: [ChatMessage] = [.user("a", key: "a"), .assistant("b", key: "answer")]
            let stored = try await chats.append(batch, to: "one", if: .unchanged(since: created))
            try await context.expectUnchanged(chats, "it changes nothing") {
                context.expect(
                    try await chats.append(batch, to: "one", if: .unchanged(since: created)), equals: stored,
                    "a repeated append is no conflict")
                context.expect(
                    try await chats.append(batch, to: "one", if: .exists), equals: stored,
                    "a repeated append meets any condition")
                await context.expectError(.idempotencyMismatch, "a mismatch comes before a conflict") {
                    try await chats.append([.user("b", key: "a")], to: "one", if: .unchanged(since: created))
                }
                await context.expectError(.conflict, "an append with new keys is a conflict") {
                    try await chats.append([.user("a", key: "b")], to: "one", if: .unchanged(since: created))
                }
                await context.expectError(.conversationNotFound, "a repeat in a missing conversation is not found") {
                    try await chats.append(batch, to: "two", if: .unchanged(since: created))
                }
                await context.expectError(
                    .conversationNotFound, "a repeat in a missing conversation that must exist is not found"
                ) {
                    try await chats.append(batch, to: "two", if: .exists)
                }
            }
        },
        Check(
            "keys.bytes", .a9, .t2,
            why: "Programs make keys; two that look alike are still two keys."
        ) { context in
            let chats = try await context.open()
            let keys = ["\u{e9}", "e\u{301}", "k", "K", "k ", " k", "\u{212a}", "\u{feff}k", "\u{131}", "i"]
            for (index, key) in keys.enumerated() {
                context.expect(
                    try await chats.append(.user("\(index)", key: key), to: "one").sequence, equals: Int64(index) + 1,
                    "\(summary(of: key)) is another key than those before")
            }
            context.expect(
                try await chats.append([.user("0", key: "\u{e9}"), .user("1", key: "e\u{301}")], to: "one")
                    .map(\.sequence), equals: [1, 2], "each is found by its bytes")
        },
        Check(
            "keys.elsewhere", .a9, .n1,
            why: "A key that counts in one chat must not swallow a message of another, least of all of somebody else."
        ) { context in
            let backend = try await context.open()
            for tenant in [nil, "a", "b"] as [String?] {
                for id in ["one", "two"] as [ConversationID] {
                    let message = ChatMessage.user("\(tenant ?? "") \(id)", key: "key")
                    for _ in 1...2 {
                        let stored = try await backend.storage(of: tenant).append(message, to: id)
                        context.expect(stored.sequence, equals: 1, "the message is the first there")
                        context.expect(stored.content, equals: message.content, "the message is the one that was given")
                    }
                }
            }
        },
        Check(
            "keys.removed", .a9, .c1, .c4,
            why: "A deleted message must not prevent a new one with the same key from being stored."
        ) { context in
            let chats = try await context.open()
            try await chats.append([.user("old", key: "key"), .user("old", key: "other")], to: "one")
            try await chats.clearMessages(of: "one")
            context.expect(
                try await chats.append(.user("new", key: "key"), to: "one").sequence, equals: 3,
                "a key is free once its message was cleared")
            try await chats.deleteConversation("one")
            context.expect(
                try await chats.append(.assistant("newer", key: "key"), to: "one").sequence, equals: 1,
                "a key is free once its conversation was deleted")
            context.expect(
                try await chats.messages(of: "one").map(\.content), equals: ["newer"], "only the new message is there")
        },
        Check(
            "keys.refused-append", .a9, .a1,
            why: "A key must not stay behind when its message was refused."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("first"), to: "one")
            let bad = ChatMessage(role: Role(rawValue: "x"), content: "", key: "bad")
            await context.expectError(.invalidRole, "a bad role is refused") {
                try await chats.append([.user("text", key: "key"), bad], to: "one")
            }
            await context.expectError(.conversationNotFound, "a missing conversation that must exist is not found") {
                try await chats.append(.user("text", key: "key"), to: "two", if: .exists)
            }
            for id in ["one", "two"] as [ConversationID] {
                context.expect(
                    try await chats.append(.assistant("other", key: "key"), to: id).content, equals: "other",
                    "the key is free")
            }
        },
        Check(
            "keys.restored", .a9, .a10,
            why: "After moving a store, an app's late repeat must not become a second message."
        ) { context in
            let chats = try await context.open()
            var snapshot = ConversationSnapshot.sample("one", messages: 4)
            snapshot.messages[1].key = "\u{e9}"
            snapshot.messages[3].key = "e\u{301}"
            snapshot.messages[3].sequence = 9
            snapshot.lastSequence = 20
            try await chats.restoreConversation(snapshot)
            let read = try await chats.messages(of: "one")
            context.expect(
                read.map(\.key), equals: [nil, "\u{e9}", nil, "e\u{301}"], "a restored conversation keeps its keys")
            context.expect(
                try await chats.append(.assistant("message 2", key: "\u{e9}"), to: "one"), equals: read[1],
                "an append that is repeated finds them")
            context.expect(
                try await chats.append(
                    [.assistant("message 4", key: "e\u{301}"), .assistant("message 2", key: "\u{e9}")], to: "one"),
                equals: [read[3], read[1]], "a repeat finds keys on both sides of a gap")
            await context.expectError(.idempotencyMismatch, "another message of the key is a mismatch") {
                try await chats.append(.user("other", key: "e\u{301}"), to: "one")
            }
            context.expect(try await chats.conversation("one"), equals: snapshot.conversation, "nothing has changed")
        },
        Check(
            "keys.most-messages", .a9, .t4,
            why: "An import in large appends is also repeated after a failure."
        ) { context in
            let chats = try await context.open()
            let batch = (1...Limits.appendMessages).map { ChatMessage.user("\($0)", key: "key \($0)") }
            try await chats.append([.user("before"), .user("before")], to: "one")
            let stored = try await chats.append(batch, to: "one")
            context.expect(stored.count, equals: batch.count, "the messages are stored")
            context.expect(try await chats.append(batch, to: "one"), equals: stored, "a repeat finds the messages")
            context.expect(
                try await chats.conversation("one")?.lastSequence, equals: Int64(batch.count) + 2,
                "the messages are stored once")
        },
        Check(
            "keys.after-reopening", .a9, .d1, needs: [.capability(.durable), .ownStore],
            why: "An app that was killed during an append repeats it when it starts again."
        ) { context in
            let stored = try await context.open().append([.user("a", key: "a"), .user("b", key: "b")], to: "one")
            let chats = try await context.reopen()
            context.expect(
                try await chats.append([.user("a", key: "a"), .user("b", key: "b")], to: "one"), equals: stored,
                "the keys are there after the store was opened again")
            context.expect(try await chats.messages(of: "one"), equals: stored, "nothing is doubled")
        },
    ]
}
