import ChatStorageCore

extension Check {
    /// What apps keep beside conversations and messages.
    static let metadata: [Check] = [
        Check(
            "metadata.values", .m1, .t5,
            why: "A number that comes back as another one makes a wrong bill."
        ) { context in
            let chats = try await context.open()
            let values: [JSONValue] = [
                .null, true, false, .integer(.max), .integer(.min), 0, .integer(1 << 53 + 1), 1.5,
                .number(.leastNonzeroMagnitude),
                .number(.greatestFiniteMagnitude), .number(-0.0), 0.1, .number(1e23), "", "\u{e9}", "e\u{301}",
                "\u{2028}\"\\/",
                [], [:], [1, [2, ["a": 3]]], ["\u{e9}": 1, "": 3, "e\u{301}\u{301}": 2], "\u{1}\u{1f}\u{7f}",
                "'; $1 ?1 --",
            ]
            for (index, value) in values.enumerated() {
                let metadata: Metadata = ["value": value, index % 2 == 0 ? "\u{e9}" : "e\u{301}": "name"]
                let id = ConversationID("\(index)")
                let created = try await chats.createConversation(NewConversation(id, metadata: metadata))
                context.expect(created.metadata, equals: metadata, "a new conversation has the metadata")
                context.expect(
                    try await chats.conversation(id)?.metadata, equals: metadata, "a read returns the same metadata")
                context.expect(
                    try await chats.conversation(id)?.metadata.text, equals: metadata.text,
                    "the metadata's text is the same")
                try await chats.append(.user("text"), to: id)
                let revised = try await chats.updateMetadata(of: 1, .replacing(with: metadata), in: id)
                context.expect(revised.metadata, equals: metadata, "a message has the metadata")
                context.expect(try await chats.messages(of: id), equals: [revised], "a read returns the same metadata")
            }
        },
        Check(
            "metadata.conversation.change", .m2, .k3, .o6,
            why: "A change of one member must not undo that of another, nor move the chat to the top."
        ) { context in
            let chats = try await context.open()
            var old = ConversationSnapshot.sample("one")
            old.metadata = ["a": 1, "b": 2]
            let first = try await chats.restoreConversation(old)
            try await chats.createConversation("two")
            func change(_ change: MetadataChange, _ expected: Metadata) async throws {
                let changed = try await chats.updateConversation("one", .metadata(change))
                context.expect(changed?.metadata, equals: expected, "the metadata is as changed")
                context.expect(try await chats.conversation("one"), equals: changed, "a read returns the same")
                context.expect(changed?.updatedAt, equals: first.updatedAt, "the time of update stays")
                context.expect(changed?.version, equals: first.version, "the version stays")
            }
            try await change(.setting("c", to: 3), ["a": 1, "b": 2, "c": 3])
            try await change(.removing("b"), ["a": 1, "c": 3])
            try await change(.setting("a", to: ["x": .null]).removing("never"), ["a": ["x": .null], "c": 3])
            try await change(.setting("a", to: .null), ["a": .null, "c": 3])
            try await change(.replacing(with: ["d": 4]), ["d": 4])
            try await change(MetadataChange.replacing(with: ["d": 4]).setting("e", to: 5), ["d": 4, "e": 5])
            try await change(MetadataChange(), ["d": 4, "e": 5])
            try await change(.setting("\u{e9}", to: 1), ["d": 4, "e": 5, "\u{e9}": 1])
            try await change(.setting("e\u{301}", to: 2), ["d": 4, "e": 5, "e\u{301}": 2])
            try await change(.removing("\u{e9}"), ["d": 4, "e": 5])
            try await change(.replacing(with: [:]), [:])
            for change in [
                MetadataChange.replacing(with: ["\u{e9}": 1, "e\u{301}": 2]),
                .setting("a", to: ["\u{212a}": 1, "K": 2]),
                MetadataChange.setting("\u{e9}", to: 1).setting("e\u{301}", to: 2),
            ] {
                await context.expectError(.invalidArgument, "two forms of one name are refused") {
                    try await chats.updateConversation("one", .metadata(change))
                }
            }
            context.expect(
                try await chats.updateConversation("never", .metadata(.setting("a", to: 1))), equals: nil,
                "a missing conversation is nil")
            context.expect(
                try await chats.conversations(limit: 10).map(\.id), equals: ["two", "one"],
                "the order of the list stays")
        },
        Check(
            "metadata.message.change", .m3, .m2, .e1,
            why: "A thumb up must not change the message, its place or its chat."
        ) { context in
            let chats = try await context.open()
            try await chats.append(SampleParts.messages, to: "one")
            let before = try await TenantState(of: chats)
            var expected = before.messages[0]
            for (index, message) in before.messages[0].enumerated() {
                let revised = try await chats.updateMetadata(of: message.sequence, .setting("rating", to: 1), in: "one")
                var body = message.body
                body.metadata["rating"] = 1
                expected[index] = Message(
                    conversationID: "one", sequence: message.sequence, body: body, createdAt: message.createdAt)
                context.expect(revised, equals: expected[index], "nothing else of the message changes")
            }
            var after = try await TenantState(of: chats)
            context.expect(after.messages[0], equals: expected, "a read returns the same messages")
            context.expect(after.conversations, equals: before.conversations, "the conversation stays as it is")
            for message in before.messages[0] {
                try await chats.updateMetadata(of: message.sequence, .removing("rating"), in: "one")
            }
            after = try await TenantState(of: chats)
            context.expect(
                after.messages[0], equals: before.messages[0], "without the member the messages are as before")
            for (id, sequence) in [("one", 0), ("one", 100), ("two", 1), ("one", .max)] as [(ConversationID, Int64)] {
                await context.expectError(.messageNotFound, "a missing message is not found") {
                    try await chats.updateMetadata(of: sequence, .setting("a", to: 1), in: id)
                }
            }
            await context.expectError(.invalidArgument, "a negative sequence is refused") {
                try await chats.updateMetadata(of: -1, .setting("a", to: 1), in: "one")
            }
        },
        Check(
            "metadata.limit", .m1, .m2, .e1, .t6,
            why: "A limit must also hold for changes, and a change beyond it must not half happen."
        ) { context in
            let chats = try await context.open()
            let room = (64 << 10) - #"{"a":"","b":""}"#.utf8.count
            let half = String(repeating: "x", count: room / 2)
            try await chats.createConversation(NewConversation("one", metadata: ["a": .string(half)]))
            try await chats.append(.user("text"), to: "one")
            try await chats.updateMetadata(of: 1, .setting("a", to: .string(half)), in: "one")
            let rest = String(repeating: "y", count: room - room / 2)
            try await context.expectUnchanged(chats, "a merge beyond the limit changes nothing") {
                let error = await context.expectError(.metadataTooLarge, "a byte more is too large") {
                    try await chats.updateConversation(
                        "one", .title("other").metadata(.setting("b", to: .string(rest + "y"))))
                }
                context.expect(
                    error.map { $0.message.contains("65537") && $0.message.contains("65536") } ?? true,
                    "the error has both lengths", actual: error?.message)
                await context.expectError(.metadataTooLarge, "a message's metadata has the same limit") {
                    try await chats.updateMetadata(of: 1, .setting("b", to: .string(rest + "y")), in: "one")
                }
                await context.expectError(
                    .invalidArgument, "a change that is too large by itself is an invalid argument"
                ) {
                    try await chats.updateConversation(
                        "one", .metadata(.setting("b", to: .string(String(repeating: "x", count: 64 << 10)))))
                }
            }
            let full = try await chats.updateConversation("one", .metadata(.setting("b", to: .string(rest))))
            context.expect(full?.metadata.text.utf8.count, equals: 64 << 10, "64 KiB are accepted")
            let message = try await chats.updateMetadata(of: 1, .setting("b", to: .string(rest)), in: "one")
            context.expect(message.metadata.text.utf8.count, equals: 64 << 10, "64 KiB are accepted beside a message")
            context.expect(
                try await chats.append(.user("next"), to: "one").sequence, equals: 2,
                "an append beside full metadata works")
        },
        Check(
            "metadata.merge.race", .m2, .m3,
            why: "Two features of an app that keep something beside one chat must not undo each other."
        ) { context in
            let handles = try await context.open(handles: 4)
            try await handles[0].append([.user("1"), .user("2")], to: "one")
            let rounds = 25
            _ = try await context.concurrently(handles.count) { caller in
                for round in 0..<rounds {
                    let change = MetadataChange.setting("caller \(caller)", to: .integer(Int64(round)))
                    try await handles[caller].updateConversation("one", .metadata(change))
                    try await handles[caller].updateMetadata(of: 2, change, in: "one")
                    if caller == 0 { try await handles[caller].append(.user("more"), to: "one") }
                }
            }
            var expected = Metadata()
            for caller in handles.indices { expected["caller \(caller)"] = .integer(Int64(rounds - 1)) }
            context.expect(
                try await handles[1].conversation("one")?.metadata, equals: expected, "every member is there")
            context.expect(
                try await handles[2].messages(MessageQuery(of: "one", .sequences([2]))).items.first?.metadata,
                equals: expected, "every member is there beside the message")
        },
    ]
}
