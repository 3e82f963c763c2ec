import ChatStorageCore

extension Check {
    /// Messages' contents: their size, and the exact bytes.
    static let contents: [Check] = [
        Check(
            "text.content.empty", .t4, .t5,
            why: "Models do answer with nothing; an empty content is not a missing one."
        ) { context in
            let chats = try await context.open()
            let returned = try await chats.append([.user(""), .assistant("")], to: "one")
            context.expect(returned.map(\.content), equals: ["", ""], "the append returns empty contents")
            try await context.expectContents(of: "one", in: chats, equal: ["", ""], "empty contents are read back")
        },
        Check(
            "text.content.largest", .t4, .t5,
            why: "A pasted book or a picture in base64 must fit up to the documented limit, counted in bytes."
        ) { context in
            let chats = try await context.open()
            let limit = Limits.contentBytes.upperBound
            let texts = [
                String(repeating: "x", count: limit), String(repeating: "\u{1f600}", count: limit / 4),
            ]
            for (index, text) in texts.enumerated() {
                let id = ConversationID("\(index)")
                try await chats.append(.user(text), to: id)
                let read = try await chats.messages(of: id)
                context.expect(read.map(\.content.utf8.count), equals: [limit], "16 MiB come back whole")
                context.expect(read.first?.chatMessage == .user(text), "16 MiB come back byte for byte")
            }
        },
        Check(
            "text.content.too-large", .t4, .t6,
            why: "A message that only some backends take cannot be moved between them."
        ) { context in
            let chats = try await context.open()
            let limit = Limits.contentBytes.upperBound
            let tooLarge = [
                String(repeating: "x", count: limit + 1), String(repeating: "\u{e9}", count: limit / 2) + "x",
            ]
            try await context.expectUnchanged(chats, "contents that are too large leave nothing behind") {
                for text in tooLarge {
                    await context.expectError(.invalidArgument, "one byte more than 16 MiB is refused") {
                        try await chats.append([.user("small"), .user(text)], to: "one")
                    }
                    var snapshot = ConversationSnapshot.sample("one", messages: 2)
                    snapshot.messages[1].content = text
                    await context.expectError(.invalidArgument, "one byte more is refused in a restored conversation") {
                        try await chats.restoreConversation(snapshot)
                    }
                }
            }
        },
        Check(
            "text.content.nul-refused", .t4, .t6,
            why: "PostgreSQL cannot hold U+0000 and C stops at it: a message must not be cut there silently."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("before"), to: "existing")
            try await context.expectUnchanged(chats, "contents with U+0000 leave nothing behind") {
                for text in ["\0", "cut\0here", "end\0", "\0start"] {
                    for id in ["existing", "new"] as [ConversationID] {
                        await context.expectError(.invalidArgument, "U+0000 is refused in a content") {
                            try await chats.append(.user(text), to: id)
                        }
                        await context.expectError(.invalidArgument, "U+0000 is refused in the last of several") {
                            try await chats.append([.user("fine"), .assistant(text)], to: id)
                        }
                    }
                    var snapshot = ConversationSnapshot.sample("new", messages: 2)
                    snapshot.messages[1].content = text
                    await context.expectError(.invalidArgument, "U+0000 is refused in a restored content") {
                        try await chats.restoreConversation(snapshot)
                    }
                }
            }
        },
        Check(
            "text.append.most-messages", .t4, .a1,
            why: "Importing in batches needs to know how large a batch may be, on every backend."
        ) { context in
            let chats = try await context.open()
            let most = (1...Limits.appendMessages).map { ChatMessage.user("\($0)") }
            let returned = try await chats.append(most, to: "one")
            context.expect(
                returned.map(\.sequence), equals: Array(1...Int64(most.count)), "10,000 messages are appended at once")
            context.expect(
                try await chats.history(of: "one", limit: most.count + 1), equals: most, "all are read back in order")
            await context.expectError(.invalidArgument, "10,001 messages are refused") {
                try await chats.append(most + [.user("one more")], to: "one")
            }
            context.expect(
                try await chats.conversation("one")?.lastSequence, equals: Int64(most.count),
                "refused messages leave nothing behind")
        },
        Check(
            "text.append.most-bytes", .t4, .a1,
            why: "An append that is too large for an engine must be refused the same way on all of them."
        ) { context in
            let chats = try await context.open()
            let quarter = ChatMessage.user(String(repeating: "x", count: Limits.appendBytes / 4))
            let most = [quarter, quarter, quarter, quarter]
            await context.expectError(.invalidArgument, "one byte more than 64 MiB is refused") {
                try await chats.append(most + [.user("x")], to: "one")
            }
            context.expect(try await chats.conversation("one"), equals: nil, "nothing is left behind")
            let returned = try await chats.append(most + [.user("")], to: "one")
            context.expect(returned.map(\.sequence), equals: [1, 2, 3, 4, 5], "64 MiB are appended at once")
            context.expect(
                try await chats.messages(of: "one", .before(5), limit: 1).map(\.chatMessage), equals: [quarter],
                "the last of them comes back byte for byte")
        },
        Check(
            "text.content.any-text", .t5,
            why: "A text of a person or a model must come back as it was, whatever it looks like."
        ) { context in
            let chats = try await context.open()
            let texts = SampleText.peculiar
            let returned = try await chats.append(texts.map { .user($0) }, to: "together")
            context.expect(
                returned.map(\.chatMessage), equals: texts.map { .user($0) }, "the append returns the contents exactly")
            for text in texts {
                let one = try await chats.append(.assistant(text), to: "one by one")
                context.expect(one.content, equals: text, "a single append returns the content exactly")
            }
            var snapshot = ConversationSnapshot.sample("restored", messages: Int64(texts.count))
            for (index, text) in texts.enumerated() { snapshot.messages[index].content = text }
            try await chats.restoreConversation(snapshot)
            for id in ["together", "one by one", "restored"] as [ConversationID] {
                try await context.expectContents(of: id, in: chats, equal: texts, "contents are read back exactly")
            }
        },
        Check(
            "text.content.random", .t5,
            why: "Random texts find faults that lists of peculiar ones miss."
        ) { context in
            let chats = try await context.open()
            var random = context.random()
            let texts = (0..<100).map { _ in random.text(scalars: Int.random(in: 0...200, using: &random)) }
            try await chats.append(texts.map { .user($0) }, to: "one")
            try await context.expectContents(of: "one", in: chats, equal: texts, "contents are read back exactly")
        },
        Check(
            "text.breach.names-field-and-lengths", .t6,
            why: "A developer must learn which limit was exceeded and by how much, and a log must not quote the text."
        ) { context in
            let backend = try await context.open()
            let chats = backend.asDefaultTenant
            func long(_ count: Int) -> String { String(repeating: "q", count: count) }
            let content = Limits.contentBytes.upperBound
            let quarters = Array(repeating: ChatMessage.user(long(Limits.appendBytes / 4)), count: 4)
            let tenant = backend.tenant(long(101))
            let tenantLength = context.tenantName(long(101)).unicodeScalars.count
            let tooMany = Array(repeating: ChatMessage.user("qqq"), count: Limits.appendMessages + 1)
            let breaches: [(field: String, limit: Int, length: Int, storage: InterceptedStorage, call: StorageCall)] = [
                ("tenant", 100, tenantLength, tenant, .conversation("one")),
                ("id", 100, 101, chats, .conversation(ConversationID(long(101)))),
                ("title", 200, 201, chats, .createConversation("one", title: long(201))),
                (
                    "content", content, content + 1, chats,
                    .append([.user(long(content + 1))], to: "one", if: .createIfMissing)
                ),
                (
                    "messages", Limits.appendMessages, tooMany.count, chats,
                    .append(tooMany, to: "one", if: .createIfMissing)
                ),
                (
                    "messages", Limits.appendBytes, Limits.appendBytes + 1, chats,
                    .append(quarters + [.user("q")], to: "one", if: .createIfMissing)
                ),
                ("limit", 0, -7, chats, .messages(of: "one", .end, limit: -7)),
                ("limit", 0, -7, chats, .conversations(after: nil, limit: -7)),
            ]
            for (field, limit, length, storage, call) in breaches {
                let error = await context.expectError(.invalidArgument, "\(field) is refused") {
                    try await call.perform(on: storage)
                }
                guard let message = error?.message else { continue }
                context.expect(message.names(field), "the error names the field \(field)", actual: message)
                context.expect(message.hasNumber(limit), "the error names the limit \(limit)", actual: message)
                context.expect(message.hasNumber(length), "the error names the length \(length)", actual: message)
                context.expect(!message.contains("qqq"), "the error does not quote the text")
            }
        },
    ]
}
