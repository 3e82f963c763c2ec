import ChatStorageCore

extension Check {
    /// Appends that depend on the conversation being unchanged.
    static let conditions: [Check] = [
        Check(
            "conditions.unchanged.append", .a8,
            why: "An answer belongs to the messages that the model was given, and to no others."
        ) { context in
            let chats = try await context.open()
            let created = try await chats.createConversation("one")
            let first = try await chats.append([.user("1"), .user("2")], to: "one", if: .unchanged(since: created))
            context.expect(first.map(\.sequence), equals: [1, 2], "a conversation without messages is unchanged")
            let read = try context.require(await chats.conversation("one"), "it is there")
            context.expect(
                try await chats.append(.user("3"), to: "one", if: .unchanged(since: read)).sequence, equals: 3,
                "a conversation read after the last append is unchanged")
            try await context.expectUnchanged(chats, "a conflict writes nothing") {
                for old in [created, read] {
                    await context.expectError(.conflict, "an append since then is a conflict") {
                        try await chats.append([.user("x"), .user("y")], to: "one", if: .unchanged(since: old))
                    }
                }
                for last in [-1, 2, 4, .min, .max] as [Int64] {
                    let version = ConversationVersion(createdAt: created.createdAt, lastSequence: last)
                    await context.expectError(.conflict, "a last sequence of \(last) is a conflict") {
                        try await chats.append(.user("x"), to: "one", if: .unchanged(version))
                    }
                }
            }
        },
        Check(
            "conditions.unchanged.returned-version", .a8, .a9,
            why: "An app that appends several times need not read the conversation in between."
        ) { context in
            let chats = try await context.open()
            let first = try await chats.append(NewMessages([.user("1"), .user("2")], to: "one"))
            var version = try context.require(first.version, "a new conversation's version is returned")
            context.expect(
                version, equals: try await chats.conversation("one")?.version, "it is the new conversation's version")
            let keyed = try await chats.append(NewMessages([.user("1", key: "1")], to: "keyed"))
            context.expect(
                keyed.version, equals: try await chats.conversation("keyed")?.version,
                "an append with keys returns the new conversation's version")
            let conditions: [(ConversationVersion) -> AppendCondition] = [
                { _ in .createIfMissing }, { _ in .exists }, AppendCondition.unchanged,
            ]
            for (index, condition) in conditions.enumerated() {
                for key in [nil, "key \(index)"] {
                    let new = NewMessages([.user("next", key: key)], to: "one", if: condition(version))
                    let result = try await chats.append(new)
                    version = try context.require(result.version, "every append returns a version")
                    context.expect(
                        version, equals: try await chats.conversation("one")?.version, "it is the conversation's")
                }
            }
            for condition in [.createIfMissing, .exists] as [AppendCondition] {
                let again = NewMessages([.user("next", key: "key 0")], to: "one", if: condition)
                let result = try await chats.append(again)
                context.expect(result.version, equals: version, "a repeat returns the version as it is now")
            }
            let none = try await chats.append(NewMessages([], to: "one"))
            context.expect(none.version, equals: nil, "an append of nothing returns no version")
        },
        Check(
            "conditions.unchanged.missing", .a8, .a3, .e1,
            why: "An answer that comes after the person deleted the chat must not bring it back."
        ) { context in
            let chats = try await context.open()
            let created = try await chats.createConversation("one")
            try await chats.deleteConversation("one")
            for id in ["one", "never"] as [ConversationID] {
                await context.expectError(.conversationNotFound, "a missing conversation is not found") {
                    try await chats.append(.user("x"), to: id, if: .unchanged(since: created))
                }
            }
            context.expect(try await chats.conversations(limit: 10), equals: [], "nothing is created")
        },
        Check(
            "conditions.unchanged.incarnation", .a8, .c3,
            why: "A chat that was deleted and made again under its name is another one, even if it is as long."
        ) { context in
            let chats = try await context.open()
            try await chats.restoreConversation(.sample("one", messages: 2))
            let read = try context.require(await chats.conversation("one"), "it is there")
            for other in [
                ConversationVersion(createdAt: .past.advanced(by: 1), lastSequence: 2),
                ConversationVersion(createdAt: .past.advanced(by: -1), lastSequence: 2),
                ConversationVersion(createdAt: Timestamp(microsecondsSinceEpoch: .max), lastSequence: 2),
                ConversationVersion(createdAt: Timestamp(microsecondsSinceEpoch: .min), lastSequence: 2),
            ] {
                await context.expectError(.conflict, "a conversation created at another time is a conflict: \(other)") {
                    try await chats.append(.user("x"), to: "one", if: .unchanged(other))
                }
            }
            try await chats.deleteConversation("one")
            try await chats.append([.user("1"), .user("2")], to: "one")
            await context.expectError(.conflict, "a new conversation of the same last sequence is a conflict") {
                try await chats.append(.user("x"), to: "one", if: .unchanged(since: read))
            }
            context.expect(try await chats.messages(of: "one").count, equals: 2, "nothing is appended to it")
        },
        Check(
            "conditions.unchanged.other-changes", .a8,
            why: "A title that is made up while the model answers must not cost the answer."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("question"), to: "one")
            let read = try context.require(await chats.conversation("one"), "it is there")
            try await chats.updateTitle(of: "one", to: "title")
            context.expect(
                try await chats.append(.assistant("answer"), to: "one", if: .unchanged(since: read)).sequence,
                equals: 2, "another title is no change")
            let longer = try context.require(await chats.conversation("one"), "it is there")
            try await chats.updateConversation(
                "one", .adding(label: "pinned").read(through: 2).metadata(.setting("a", to: 1)))
            try await chats.updateMetadata(of: 1, .setting("rating", to: 1), in: "one")
            context.expect(
                try await chats.append(.assistant("answer"), to: "one", if: .unchanged(since: longer)).sequence,
                equals: 3, "labels, read marks and metadata are no change")
        },
        Check(
            "conditions.unchanged.cleared", .a8, .c4,
            why: "An answer to messages that the person has cleared meanwhile answers nothing."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("question"), to: "one")
            let read = try context.require(await chats.conversation("one"), "it is there")
            try await chats.clearMessages(of: "one")
            await context.expectError(.conflict, "a clear is a change") {
                try await chats.append(.assistant("answer"), to: "one", if: .unchanged(since: read))
            }
            await context.expectError(.conflict, "a clear is a change for messages with keys too") {
                try await chats.append(.assistant("answer", key: "key"), to: "one", if: .unchanged(since: read))
            }
            let cleared = try context.require(await chats.conversation("one"), "it is there")
            context.expect(
                try await chats.append(.user("new"), to: "one", if: .unchanged(since: cleared)).sequence, equals: 2,
                "the version after the clear is accepted")
            let later = try context.require(await chats.conversation("one"), "it is there")
            context.expect(
                try await chats.append(.user("next", key: "next"), to: "one", if: .unchanged(since: later)).sequence,
                equals: 3, "the version after a later append is accepted")
        },
        Check(
            "conditions.unchanged.race", .a8, .a6,
            why: "Of several answers to one question one is stored, and the others get an error."
        ) { context in
            let handles = try await context.open(handles: 6)
            for round in 0..<10 {
                let id = ConversationID("round \(round)")
                let read = try await handles[0].createConversation(id)
                let won = try await context.concurrently(handles.count) { index -> [Message] in
                    do {
                        return try await handles[index].append(
                            [.user("\(index)"), .assistant("\(index)")], to: id, if: .unchanged(since: read))
                    } catch let error as ChatStorageError where error.code == .conflict {
                        return []
                    }
                }
                context.expect(won.count { !$0.isEmpty }, equals: 1, "one of the callers appends")
                context.expect(
                    try await handles[1].messages(of: id), equals: won.flatMap(\.self),
                    "the messages of that caller are there")
            }
        },
    ]
}
