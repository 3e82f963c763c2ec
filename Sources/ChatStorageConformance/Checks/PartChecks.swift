import ChatStorageCore

extension Check {
    /// Messages of parts.
    static let parts: [Check] = [
        Check(
            "parts.come-back", .p2, .p4, .t5,
            why: "A provider refuses a chat for ever when a call or a signature comes back changed."
        ) { context in
            let chats = try await context.open()
            let messages = SampleParts.messages
            let stored = try await chats.append(messages, to: "one")
            context.expect(stored.map(\.body), equals: messages, "an append returns the messages")
            for message in messages { try await chats.append(message, to: "alone") }
            for id in ["one", "alone"] as [ConversationID] {
                let read = try await chats.messages(of: id, limit: 1_000).map(\.body)
                context.expect(read, equals: messages, "messages are read as they were given")
                for (read, given) in zip(read, messages) {
                    context.expect(
                        MessageJSON.stored(read), equals: MessageJSON.stored(given),
                        "every byte of the parts is the same")
                }
            }
            try await chats.append(messages.enumerated().map { $1.keyed("\($0)") }, to: "keyed")
            context.expect(
                try await chats.history(of: "keyed", limit: 1_000), equals: messages,
                "messages with keys are read as they were given")
        },
        Check(
            "parts.exact-texts", .p2,
            why: "JSON that is parsed and written again is not the text that was signed."
        ) { context in
            let chats = try await context.open()
            for (index, text) in SampleParts.exactTexts.enumerated() {
                let id = ConversationID("\(index)")
                let part = MessagePart(.toolCall, name: text, callID: "1", input: text, output: text)
                try await chats.append(.assistant([part]), to: id)
                let read = try await chats.messages(of: id).first?.parts.first
                context.expect(read?.input, equals: text, "an input comes back byte for byte")
                context.expect(read?.output, equals: text, "an output comes back byte for byte")
                context.expect(read?.name, equals: text, "a name comes back byte for byte")
            }
            for (index, text) in SampleParts.exactJSON.enumerated() {
                let id = ConversationID("json \(index)")
                let json = try JSONText(text)
                let part = MessagePart(
                    "block", extra: [ExtraMember("extra", json), ExtraMember("extra", json)],
                    native: NativeJSON(format: "test.api", json: json))
                let message = ChatMessage(
                    role: .assistant, parts: [part], native: NativeJSON(format: "test.api", json: json))
                try await chats.append(message, to: id)
                let read = try await chats.messages(of: id).first?.body
                context.expect(
                    read?.native?.json.text, equals: text, "a message's native JSON comes back byte for byte")
                context.expect(
                    read?.parts.first?.native?.json.text, equals: text, "a part's native JSON comes back byte for byte")
                context.expect(
                    read?.parts.first?.extra.map(\.json.text) ?? [], equals: [text, text],
                    "further members come back byte for byte")
            }
        },
        Check(
            "parts.content", .p1,
            why: "Lists and previews show the text of a message, whatever else is in it."
        ) { context in
            let chats = try await context.open()
            let cases: [([MessagePart], String)] = [
                ([], ""), ([.text("")], ""), ([.text("a")], "a"), ([.text("a"), .text("b")], "a\nb"),
                ([.text(""), .text("")], "\n"), ([.text("a\n"), .text("\nb")], "a\n\n\nb"),
                ([.reasoning("why"), .text("so"), .toolCall("f", callID: "1", input: "{}")], "so"),
                ([.reasoning("why")], ""), ([MessagePart(.text), .text("b")], "b"), ([MessagePart(.text)], ""),
                ([MessagePart("Text", text: "a")], ""), ([MessagePart(.text, id: "i", text: "a")], "a"),
            ]
            for (index, (parts, content)) in cases.enumerated() {
                let id = ConversationID("\(index)")
                try await chats.append(.assistant(parts), to: id)
                let read = try context.require(try await chats.messages(of: id).first, "it is stored")
                context.expect(read.content, equals: content, "the content is the texts of the text parts")
                context.expect(read.parts, equals: parts, "the parts come back")
            }
            context.expect(
                try await chats.append(.assistant([.text("a")]), to: "plain").body, equals: .assistant("a"),
                "a single text is a message of that text")
        },
        Check(
            "parts.limits", .p3, .t6,
            why: "Parts that cannot be stored must be refused whole, and the error must say what is wrong."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("untouched"), to: "one")
            func long(_ count: Int) -> String { String(repeating: "x", count: count) }
            let breaches: [(String, ChatMessage)] = [
                ("parts", .assistant(Array(repeating: .text(""), count: 1_001))),
                ("kind", .assistant([MessagePart("")])), ("kind", .assistant([MessagePart(.init(rawValue: long(65)))])),
                ("id", .assistant([MessagePart(.text, id: long(201))])),
                ("name", .assistant([MessagePart(.toolCall, name: long(201))])),
                ("call_id", .assistant([MessagePart(.toolCall, callID: long(201))])),
                ("status", .assistant([MessagePart(.toolCall, status: long(201))])),
                ("text", .assistant([MessagePart(.reasoning, text: "\0")])),
                ("input", .assistant([MessagePart(.toolCall, input: "\0")])),
                ("output", .assistant([MessagePart(.toolResult, output: "\0")])),
                ("file.url", .user([.file(MessageFile(url: "\0"))])),
                ("file.size", .user([.file(MessageFile(size: -1))])),
                ("file.name", .user([.file(MessageFile(name: long(1_001)))])),
                ("content", .assistant([.text("\0")])),
                ("metadata", .withMetadata(["large": .string(long(64 << 10))])),
                ("metadata", .withMetadata(["nul": "\0"])),
                ("metadata", .withMetadata(["not a number": .number(.nan)])),
                ("metadata", .withMetadata(["deep": SampleParts.nested(64)])),
            ]
            try await context.expectUnchanged(chats, "a refused message leaves nothing behind") {
                for (field, message) in breaches {
                    let error = await context.expectError(.invalidArgument, "a \(field) beyond its limit is refused") {
                        try await chats.append([.user("first"), message], to: "one")
                    }
                    context.expect(
                        error.map { $0.message.contains(field) && $0.message.contains("messages[1]") } ?? true,
                        "the error names the field", actual: error?.message)
                }
            }
            let most = [
                ChatMessage.assistant(Array(repeating: .text("a"), count: 1_000)),
                .assistant([MessagePart(.init(rawValue: long(64)), id: long(200), name: long(200), callID: long(200))]),
                .withMetadata(["deep": SampleParts.nested(63)]),
                .withMetadata(["x": .string(long((64 << 10) - 8))]),
            ]
            context.expect(
                try await chats.append(most, to: "most").map(\.body), equals: most, "values at their limits are stored")
        },
        Check(
            "parts.too-large", .p3, .t6,
            why: "Parts count together: a call's arguments must not pass where a text of that size is refused."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("untouched"), to: "one")
            func long(_ count: Int) -> String { String(repeating: "x", count: count) }
            let messages: [ChatMessage] = [
                .assistant([.toolCall("f", callID: "1", input: long(16 << 20))]),
                .assistant([.text(long(8 << 20)), .reasoning(long(8 << 20))]),
            ]
            try await context.expectUnchanged(chats, "a refused message leaves nothing behind") {
                for message in messages {
                    let error = await context.expectError(.invalidArgument, "parts beyond 16 MiB are refused") {
                        try await chats.append([.user("first"), message], to: "one")
                    }
                    context.expect(
                        error.map { $0.message.contains("bytes") && $0.message.contains("messages[1]") } ?? true,
                        "the error names the field", actual: error?.message)
                }
            }
        },
        Check(
            "parts.repeated-append", .a9,
            why:
                "A repeated answer with a tool call must not be stored twice, and a changed one is no repeat."
        ) { context in
            let chats = try await context.open()
            let call = MessagePart.toolCall("weather", callID: "1", input: #"{"city": "Kyoto"}"#)
            var message = ChatMessage.assistant([.text("One moment."), call], key: "key")
            message.metadata = ["model": "m"]
            let stored = try await chats.append(message, to: "one")
            context.expect(try await chats.append(message, to: "one"), equals: stored, "a repeat returns it")
            var other = message
            other.metadata = ["model": "another"]
            context.expect(
                try await chats.append(other, to: "one"), equals: stored, "other metadata makes no other message")
            for change in [
                { $0.parts[1].input = "{}" }, { $0.parts[1].callID = "2" }, { $0.parts.append(.text("")) },
                { $0.content = $0.content },
            ] as [(inout ChatMessage) -> Void] {
                var changed = message
                change(&changed)
                await context.expectError(.idempotencyMismatch, "other parts make another message") {
                    try await chats.append(changed, to: "one")
                }
            }
            context.expect(try await chats.messages(of: "one"), equals: [stored], "it is stored once")
        },
        Check(
            "parts.restored", .a10, .p2,
            why: "A chat that moves to another store takes its calls and its metadata along."
        ) { context in
            let chats = try await context.open()
            let messages = SampleParts.messages.enumerated().map { index, message in
                ConversationSnapshot.Message(
                    sequence: Int64(index) * 2 + 1, body: index % 2 == 0 ? message : message.keyed("\(index)"),
                    createdAt: .past.advanced(by: Int64(index)))
            }
            let snapshot = ConversationSnapshot(
                id: "one", title: "title", createdAt: .past, updatedAt: .future, lastSequence: 1_000, readThrough: 3,
                labels: ["pinned", "\u{e9}", "e\u{301}"], metadata: ["a": [1, 2.5, .null]], messages: messages)
            let restored = try await chats.restoreConversation(snapshot)
            context.expect(restored, equals: snapshot.conversation, "a restored conversation is what it was")
            context.expect(try await chats.conversation("one"), equals: restored, "a read returns the same")
            context.expect(
                try await chats.messages(of: "one", limit: 1_000), equals: snapshot.storedMessages,
                "its messages are what they were")
            var broken = snapshot
            broken.id = "two"
            broken.readThrough = 1_001
            await context.expectError(.invalidArgument, "a read mark beyond the last sequence is refused") {
                try await chats.restoreConversation(broken)
            }
        },
    ]
}

extension ChatMessage {
    fileprivate func keyed(_ key: String) -> ChatMessage {
        var message = self
        message.key = key
        return message
    }

    fileprivate static func withMetadata(_ metadata: Metadata) -> ChatMessage {
        ChatMessage(role: .assistant, parts: [.text("text")], metadata: metadata)
    }
}

/// Parts that careless software changes or drops.
enum SampleParts {
    /// Texts of JSON, or nearly JSON, that change when a program parses and writes them.
    static let exactJSON = [
        "1e2", "1.0", "-0", "123456789012345678901234567890", #""\/""#, #""\ud83d""#, #""\u0000""#, "{\"b\":1,\"a\":2}",
        #"{"a":1,"a":2}"#, " { \"a\" : [ ] } ", "\n[1 ,2]\n", #""\u00e9 é""#, "1E400", #"{"":""}"#, "null",
        #""\u2028\u2029""#, "[[[[]]]]",
    ]
    static let exactTexts =
        exactJSON + [
            "", "{", "not JSON", #"{"city": "Kyo"#, #"{'city': 'Kyoto'}"#, "{\"a\":\u{feff}1}", "caf\u{e9} cafe\u{301}",
            "line\r\nline\u{2028}", "\u{1}\u{1f}\u{7f}", "\"\\",
        ]

    /// Messages of every kind of part.
    static var messages: [ChatMessage] {
        let native = exactJSON.compactMap { try? JSONText($0) }.map { NativeJSON(format: "test.api", json: $0) }
        let call = MessagePart(
            .toolCall, id: "item", name: "weather", callID: "call \u{1f600}", status: "completed",
            input: "{\"a\" : 1e2}")
        var remembered = ChatMessage.assistant("text with metadata")
        remembered.metadata = ["model": "m", "usage": ["input": 1, "cost": 0.25], "flags": [true, .null, "e\u{301}"]]
        return [
            .user("plain"), .assistant([]), .assistant([.text("")]),
            .assistant([MessagePart(.reasoning, text: "why", native: native[4]), .text("so"), call]),
            .assistant([.toolResult(callID: "call \u{1f600}", output: "{\"t\": 21.50}", isError: false), .text("done")]
            ),
            .user([
                .text("see"),
                .file(
                    MessageFile(
                        mediaType: "image/png", name: "a b.png", size: .max, sha256: String(repeating: "0", count: 64),
                        url: "HTTP://Example.com/%7e/../a?b#c", id: "file")),
            ]),
            .assistant([
                MessagePart(.refusal, text: "no"),
                MessagePart(
                    .source, text: "page",
                    extra: [
                        ExtraMember("z", native[7].json), ExtraMember("a", native[8].json),
                        ExtraMember("z", native[1].json),
                    ]),
                MessagePart(.data, isError: true), MessagePart("x_unknown", text: "kept"),
            ]),
            ChatMessage(role: .assistant, parts: [.text("native")], native: native[5]),
            remembered,
            ChatMessage(
                role: .system, parts: native.map { MessagePart("block", native: $0) }, metadata: ["n": .integer(.min)]),
            .assistant(SampleText.peculiar.map { MessagePart(.text, text: $0) }),
            .user("plain again"),
        ]
    }

    /// Arrays within arrays.
    static func nested(_ depth: Int) -> JSONValue {
        (1..<depth).reduce(JSONValue.array([])) { inner, _ in .array([inner]) }
    }
}
