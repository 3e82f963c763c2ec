import ChatStorageCore

extension Check {
    /// Restoring conversations from elsewhere.
    static let restoring: [Check] = [
        Check(
            "restore.exact", .a10,
            why: "Moving a store must not change anything in it."
        ) { context in
            let chats = try await context.open()
            let snapshot = ConversationSnapshot(
                id: "one", title: "title", createdAt: .past, updatedAt: .past.advanced(by: 9), lastSequence: 40,
                messages: [
                    .init(sequence: 3, role: .system, content: "rules", createdAt: .past),
                    .init(sequence: 4, role: .user, content: "question", createdAt: .past.advanced(by: 5), key: "key"),
                    .init(sequence: 17, role: .assistant, content: "", createdAt: .past.advanced(by: 5)),
                    .init(sequence: 31, role: .user, content: "more", createdAt: .past.advanced(by: 9)),
                ])
            let returned = try await chats.restoreConversation(snapshot)
            context.expect(returned, equals: snapshot.conversation, "restoring returns the conversation")
            context.expect(try await chats.conversation("one"), equals: snapshot.conversation, "it is read back")
            context.expect(try await chats.conversations(limit: 10), equals: [snapshot.conversation], "it is listed")
            let expected = snapshot.messages.map {
                Message(
                    conversationID: "one", sequence: $0.sequence, role: $0.role, content: $0.content,
                    createdAt: $0.createdAt, key: $0.key)
            }
            context.expect(try await chats.messages(of: "one"), equals: expected, "its messages are read back")
            context.expect(
                try await chats.messages(of: "one", .after(4), limit: 1), equals: [expected[2]],
                "pages step over the gaps forwards")
            context.expect(
                try await chats.messages(of: "one", .before(31), limit: 2), equals: Array(expected[1...2]),
                "pages step over the gaps backwards")
        },
        Check(
            "restore.counting-goes-on", .a10, .o1,
            why: "A sequence that was cleared before the move must not be given again after it."
        ) { context in
            let chats = try await context.open()
            var snapshot = ConversationSnapshot.sample("gap", messages: 3)
            snapshot.lastSequence = 10
            try await chats.restoreConversation(snapshot)
            context.expect(
                try await chats.append([.user("a"), .user("b")], to: "gap").map(\.sequence), equals: [11, 12],
                "an append goes on after the last sequence, not after the last message")
            context.expect(
                try await chats.messages(of: "gap").map(\.sequence), equals: [1, 2, 3, 11, 12], "all are read")
            try await chats.restoreConversation(
                ConversationSnapshot(id: "cleared", createdAt: .past, updatedAt: .past, lastSequence: 7))
            context.expect(
                try await chats.append(.user("a"), to: "cleared").sequence, equals: 8,
                "an append goes on after the last sequence of a cleared conversation")
        },
        Check(
            "restore.cleared", .a10, .a8,
            why: "After a move too, an append must be refused if the messages that it builds on were cleared."
        ) { context in
            let chats = try await context.open()
            for count: Int64 in [0, 3] {
                let id = ConversationID("cleared \(count)")
                var snapshot = ConversationSnapshot.sample(id, messages: count)
                for index in snapshot.messages.indices { snapshot.messages[index].sequence += 5 }
                snapshot.lastSequence = 9
                snapshot.clearedThrough = count == 0 ? 9 : 5
                let restored = try await chats.restoreConversation(snapshot)
                context.expect(restored, equals: snapshot.conversation, "the call returns the restored conversation")
                let read = try await chats.conversation(id)
                context.expect(read?.version.clearedThrough, equals: snapshot.clearedThrough, "it is read back")
                context.expect(read?.messageCount, equals: Int(count), "the cleared messages do not count")
                var before = snapshot.conversation.version
                before.clearedThrough = 0
                await context.expectError(.conflict, "an append with a version from before the clear is refused") {
                    try await chats.append([.user("a")], to: id, if: .unchanged(before))
                }
                let added = try await chats.append(
                    [.user("b")], to: id, if: .unchanged(snapshot.conversation.version))
                context.expect(added.map(\.sequence), equals: [10], "an append with the restored version is accepted")
            }
        },
        Check(
            "restore.highest-sequence", .a10,
            why: "The highest sequence that can be restored must leave room to count on."
        ) { context in
            let chats = try await context.open()
            let highest = Limits.restoredSequence
            var snapshot = ConversationSnapshot.sample("one", messages: 1)
            snapshot.messages[0].sequence = highest
            snapshot.lastSequence = highest
            try await chats.restoreConversation(snapshot)
            context.expect(
                try await chats.append([.user("a"), .user("b")], to: "one").map(\.sequence),
                equals: [highest + 1, highest + 2], "an append counts on")
            context.expect(
                try await chats.messages(of: "one", .before(highest + 2), limit: 10).map(\.sequence),
                equals: [highest, highest + 1], "such sequences are exact in pages")
        },
        Check(
            "restore.many-messages", .a10, .a1,
            why: "A long chat is restored in one piece, though an append has a limit."
        ) { context in
            let chats = try await context.open()
            let count = Int64(Limits.appendMessages) + 500
            let snapshot = ConversationSnapshot.sample("one", messages: count)
            try await chats.restoreConversation(snapshot)
            context.expect(
                try await chats.messages(of: "one", limit: Int(count) + 1).map(\.sequence),
                equals: Array(1...count), "all \(count) messages are there")
            var broken = ConversationSnapshot.sample("two", messages: count)
            broken.messages[Int(count) - 1].content = "\0"
            await context.expectError(.invalidArgument, "the last of very many messages is checked") {
                try await chats.restoreConversation(broken)
            }
            context.expect(try await chats.conversation("two"), equals: nil, "nothing of it is stored")
        },
        Check(
            "restore.equal-times", .a10,
            why: "Many archives have only the day, or one time for the whole conversation."
        ) { context in
            let chats = try await context.open()
            var snapshot = ConversationSnapshot.sample("one", messages: 5)
            for index in snapshot.messages.indices { snapshot.messages[index].createdAt = .past }
            snapshot.updatedAt = .past
            try await chats.restoreConversation(snapshot)
            context.expect(
                try await chats.messages(of: "one").map(\.createdAt), equals: Array(repeating: .past, count: 5),
                "equal times are no decrease")
        },
        Check(
            "restore.invalid", .a10, .t6,
            why: "A damaged archive must be refused whole, or it damages the store."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("untouched"), to: "other")
            let breaches: [(String, @Sendable (inout ConversationSnapshot) -> Void)] = [
                ("a sequence of 0", { $0.messages[0].sequence = 0 }),
                ("a negative sequence", { $0.messages[0].sequence = -1 }),
                ("equal sequences", { $0.messages[1].sequence = 1 }),
                ("decreasing sequences", { $0.messages[1].sequence = 9 }),
                ("a last sequence below the last message's", { $0.lastSequence = 2 }),
                ("a negative last sequence", { $0.lastSequence = -1 }),
                ("a last sequence above the highest", { $0.lastSequence = Limits.restoredSequence + 1 }),
                ("the largest number as last sequence", { $0.lastSequence = .max }),
                (
                    "a message above the highest sequence",
                    {
                        $0.messages[2].sequence = .max
                        $0.lastSequence = .max
                    }
                ),
                ("a mark of clearing that is negative", { $0.clearedThrough = -1 }),
                ("a mark of clearing at the first message", { $0.clearedThrough = 1 }),
                ("a mark of clearing beyond the last sequence", { $0.clearedThrough = .max }),
                (
                    "a mark of clearing beyond the last sequence, without messages",
                    {
                        $0.messages = []
                        $0.clearedThrough = $0.lastSequence + 1
                    }
                ),
                ("an update before the creation", { $0.updatedAt = .past.advanced(by: -1) }),
                ("an update before the last message", { $0.updatedAt = .past.advanced(by: 1) }),
                ("a message before the creation", { $0.messages[0].createdAt = .past.advanced(by: -1) }),
                ("messages' times that decrease", { $0.messages[1].createdAt = .past.advanced(by: 5) }),
                ("a message after the update", { $0.messages[2].createdAt = .future }),
                (
                    "a creation before the year 1",
                    { $0.createdAt = Timestamp.earliest.advanced(by: -1) }
                ),
                ("an update after the year 9999", { $0.updatedAt = Timestamp.latest.advanced(by: 1) }),
                ("the largest number as time", { $0.updatedAt = Timestamp(microsecondsSinceEpoch: .max) }),
                ("the smallest number as time", { $0.createdAt = Timestamp(microsecondsSinceEpoch: .min) }),
                ("an empty id", { $0.id = "" }),
                ("a title that is too long", { $0.title = String(repeating: "x", count: 201) }),
                ("U+0000 in the title", { $0.title = "\0" }),
                ("a key without scalars", { $0.messages[2].key = "" }),
                ("a key that is too long", { $0.messages[2].key = String(repeating: "x", count: 201) }),
                ("U+0000 in a key", { $0.messages[2].key = "\0" }),
                (
                    "a key that comes twice",
                    {
                        $0.messages[0].key = "key"
                        $0.messages[2].key = "key"
                    }
                ),
                ("U+0000 in a content", { $0.messages[2].content = "\0" }),
            ]
            try await context.expectUnchanged(chats, "a refused snapshot leaves nothing behind") {
                for (what, breach) in breaches {
                    var snapshot = ConversationSnapshot.sample("one", title: "title", messages: 3)
                    breach(&snapshot)
                    await context.expectError(.invalidArgument, "\(what) is refused") {
                        try await chats.restoreConversation(snapshot)
                    }
                }
            }
            context.expect(
                try await chats.restoreConversation(.sample("one", title: "title", messages: 3)).lastSequence,
                equals: 3, "the snapshot without a breach is restored, so it was the breach that was refused")
        },
    ]
}
