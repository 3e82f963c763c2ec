import ChatStorageCore

extension Check {
    /// Counts, previews, read marks and look-ups, for sidebars and retries.
    static let sidebar: [Check] = [
        Check(
            "lists.count", .l5,
            why: "A list that shows how long chats are must not have to count their messages."
        ) { context in
            let chats = try await context.open()
            func expect(_ count: Int, _ what: String) async throws {
                context.expect(try await chats.conversation("one")?.messageCount, equals: count, what)
                context.expect(try await chats.conversations(limit: 10).map(\.messageCount), equals: [count], what)
            }
            try await chats.createConversation("one")
            try await expect(0, "a new conversation has no messages")
            try await chats.append([.user("1"), .user("2")], to: "one")
            try await chats.append(.user("3", key: "3"), to: "one")
            try await chats.append(.user("3", key: "3"), to: "one")
            try await chats.append(SampleParts.messages, to: "one", if: .exists)
            let count = 3 + SampleParts.messages.count
            try await expect(count, "appends count, repeats do not")
            let read = try context.require(try await chats.conversation("one"), "it is there")
            try await chats.append(.user("x"), to: "one", if: .unchanged(since: read))
            try await expect(count + 1, "a conditional append counts")
            try await chats.updateConversation("one", .title("title").adding(label: "pinned"))
            try await expect(count + 1, "changes do not count")
            try await chats.clearMessages(of: "one")
            try await expect(0, "a cleared conversation has no messages")
            try await chats.append(.user("x"), to: "one")
            try await expect(1, "the count goes on after a clear")
            try await chats.deleteConversation("one")
            var snapshot = ConversationSnapshot.sample("one", messages: 3)
            snapshot.messages[2].sequence = 100
            snapshot.lastSequence = 200
            try await chats.restoreConversation(snapshot)
            try await expect(3, "a restored conversation counts its messages, not its sequences")
        },
        Check(
            "lists.preview", .l5, .k2,
            why: "A sidebar shows the last text of each chat, and asks once."
        ) { context in
            let chats = try await context.open()
            try await chats.createConversation("empty")
            try await chats.append(
                [.user("\u{1f600}e\u{301}text"), .assistant([.toolCall("f", callID: "1", input: "{}")])], to: "call")
            try await chats.append([.user("first"), .assistant([.reasoning("why"), .text("second")])], to: "parts")
            try await chats.append([.user("too old")] + Array(repeating: .assistant(""), count: 16), to: "silent")
            try await chats.append([.user("old enough")] + Array(repeating: .assistant(""), count: 15), to: "quiet")
            try await chats.append(.user("cleared"), to: "cleared")
            try await chats.clearMessages(of: "cleared")
            let expected: [(ConversationID, Int, String?)] = [
                ("empty", 10, nil), ("call", 3, "\u{1f600}e\u{301}"), ("call", 2, "\u{1f600}e"),
                ("parts", 1_000, "second"),
                ("silent", 10, nil), ("quiet", 3, "old"), ("cleared", 10, nil),
            ]
            for (id, scalars, text) in expected {
                let page = try await chats.conversations(ConversationQuery(limit: 100, preview: scalars))
                let conversation = try context.require(page.items.first { $0.id == id }, "it is listed")
                context.expect(conversation.preview?.text, equals: text, "the preview of \(id) has the right text")
                guard let preview = conversation.preview else { continue }
                let message = try await chats.messages(of: id, limit: 100).first { $0.sequence == preview.sequence }
                context.expect(preview.role, equals: message?.role ?? .system, "it has the message's role")
                context.expect(preview.createdAt, equals: message?.createdAt ?? .past, "it has the message's time")
            }
            let plain = try await chats.conversations(ConversationQuery(limit: 100))
            context.expect(plain.items.allSatisfy { $0.preview == nil }, "without a request there are no previews")
            let labelled = try await chats.conversations(ConversationQuery(limit: 100, without: ["never"], preview: 5))
            context.expect(
                labelled.items.first { $0.id == "quiet" }?.preview?.text, equals: "old e",
                "a list by labels has previews too")
            for preview in [0, -1, 1_001, .max] {
                await context.expectError(.invalidArgument, "a preview of \(preview) scalars is refused") {
                    try await chats.conversations(ConversationQuery(preview: preview))
                }
            }
        },
        Check(
            "lists.read-marks", .l6, .k3,
            why: "A chat that was read on the phone must be read on the desk, and an unread one unread."
        ) { context in
            let chats = try await context.open()
            let first = try await chats.createConversation("one")
            context.expect(first.hasUnread, equals: false, "an empty conversation has nothing unread")
            try await chats.append([.user("1"), .user("2"), .user("3")], to: "one")
            func mark(_ change: ConversationChange, _ expected: Int64, unread: Bool, _ what: String) async throws {
                let before = try await chats.conversation("one")
                let changed = try await chats.updateConversation("one", change)
                context.expect(changed?.readThrough, equals: expected, what)
                context.expect(changed?.hasUnread, equals: unread, what)
                context.expect(try await chats.conversation("one"), equals: changed, "a read returns the same")
                context.expect(changed?.updatedAt, equals: before?.updatedAt, "the time of update stays")
            }
            context.expect(try await chats.conversation("one")?.hasUnread, equals: true, "an append is unread")
            try await mark(.read(through: 2), 2, unread: true, "a mark goes forward")
            try await mark(.read(through: 1), 2, unread: true, "a mark goes only forward")
            try await mark(.read(through: .max), 3, unread: false, "a mark goes no further than the messages")
            try await mark(.unread(from: 3), 2, unread: true, "a mark goes back when told")
            try await mark(.unread(from: 3), 2, unread: true, "marking as unread does not go forward")
            try await mark(.unread(from: 0), 0, unread: true, "a mark goes back to the start")
            try await chats.append(NewMessages([.user("4")], to: "one", marksRead: true))
            context.expect(try await chats.conversation("one")?.readThrough, equals: 4, "an append can mark as read")
            try await chats.append(.user("5"), to: "one")
            context.expect(
                try await chats.conversation("one")?.readThrough, equals: 4, "other appends do not mark as read")
            try await chats.append(NewMessages([.user("6", key: "k")], to: "one", if: .exists, marksRead: true))
            context.expect(
                try await chats.conversation("one")?.readThrough, equals: 6, "an append with a key can mark as read")
            try await chats.append(.user("7"), to: "one")
            try await chats.clearMessages(of: "one")
            context.expect(
                try await chats.conversation("one")?.hasUnread, equals: false, "a cleared conversation is read")
            try await chats.append(NewMessages([.user("1"), .user("2")], to: "new", marksRead: true))
            context.expect(
                try await chats.conversation("new")?.readThrough, equals: 2,
                "an append can mark a conversation that it creates")
            for change in [ConversationChange.read(through: -1), .unread(from: -1)] {
                await context.expectError(.invalidArgument, "a negative mark is refused") {
                    try await chats.updateConversation("one", change)
                }
            }
        },
        Check(
            "titles.if-none", .k3, .o6, .l6,
            why: "A title that a model makes up must not replace the one that the person wrote meanwhile."
        ) { context in
            let chats = try await context.open()
            let first = try await chats.restoreConversation(.sample("one"))
            let named = try await chats.updateConversation(
                "one", .titleIfNone("made up").keepingPlace().adding(label: "a"))
            context.expect(named?.title, equals: "made up", "a conversation without a title gets one")
            context.expect(named?.updatedAt, equals: first.updatedAt, "the conversation keeps its place")
            let again = try await chats.updateConversation("one", .titleIfNone("again").read(through: 0))
            context.expect(again, equals: named, "a conversation with a title keeps it")
            try await chats.createConversation("two")
            try await chats.updateConversation("one", .title(nil).keepingPlace())
            context.expect(
                try await chats.conversations(limit: 2).map(\.id), equals: ["two", "one"], "the order stays")
            try await chats.updateConversation("one", .titleIfNone("moves").adding(label: "b"))
            context.expect(
                try await chats.conversations(limit: 2).map(\.id), equals: ["one", "two"], "a title moves it")
            context.expect(
                try await chats.updateConversation("never", .titleIfNone("x")), equals: nil,
                "a missing conversation is nil")
        },
        Check(
            "append.first-values", .a11, .a1, .a3,
            why: "A chat that begins with its first message must be born with its title and its folder."
        ) { context in
            let chats = try await context.open()
            let first = AppendCondition.create(title: "Kyoto", labels: ["folder:travel"], metadata: ["model": "m"])
            let messages: [[ChatMessage]] = [
                [.user("1")], [.user("1", key: "1"), .assistant("2", key: "2")], [.assistant([.reasoning("why")])],
            ]
            for (index, messages) in messages.enumerated() {
                let id = ConversationID("\(index)")
                let result = try await chats.append(NewMessages(messages, to: id, if: first, marksRead: index == 1))
                let created = try context.require(try await chats.conversation(id), "it is created")
                context.expect(created.title, equals: "Kyoto", "the created conversation has the title")
                context.expect(created.labels, equals: ["folder:travel"], "the created conversation has the labels")
                context.expect(created.metadata, equals: ["model": "m"], "the created conversation has the metadata")
                context.expect(created.version, equals: result.version, "the append returns its version")
                let other = AppendCondition.create(title: "other", labels: ["other"], metadata: [:])
                try await chats.append(.user("next"), to: id, if: other)
                let after = try await chats.conversation(id)
                context.expect(after?.title, equals: "Kyoto", "an existing conversation keeps its title")
                context.expect(after?.labels, equals: ["folder:travel"], "an existing conversation keeps its labels")
            }
            try await chats.createConversation("existing")
            try await chats.append(.user("1"), to: "existing", if: first)
            context.expect(
                try await chats.conversation("existing")?.title, equals: nil,
                "an existing conversation stays without a title")
            context.expect(
                try await chats.conversations(ConversationQuery(with: ["folder:travel"])).items.count, equals: 3,
                "a list by labels finds the new ones")
            await context.expectError(.invalidRole, "a refused append creates nothing") {
                try await chats.append(ChatMessage(role: Role(rawValue: "x"), content: ""), to: "new", if: first)
            }
            context.expect(try await chats.conversation("new"), equals: nil, "nothing is there")
        },
        Check(
            "messages.lookup", .l7, .n1,
            why: "An app that edits or repeats a message asks for just that one."
        ) { context in
            let backend = try await context.open()
            let chats = backend.defaultTenant
            try await chats.append([.user("1", key: "\u{e9}"), .user("2", key: "e\u{301}")], to: "one")
            try await chats.append([.user("3"), .assistant([.reasoning("why")])], to: "one")
            try await chats.append(.user("other", key: "\u{e9}"), to: "two")
            try await backend.tenant("a").append(.user("foreign", key: "\u{e9}"), to: "one")
            let all = try await chats.messages(of: "one")
            func expect(_ lookup: MessageQuery.Lookup, _ indices: [Int], _ what: String) async throws {
                let page = try await chats.messages(MessageQuery(of: "one", lookup))
                context.expect(page.items, equals: indices.map { all[$0] }, what)
                context.expect(page.hasMore, equals: false, "there is no more")
            }
            try await expect(
                .sequences([3, 1, 3, 99, 0, -5, .max]), [0, 2], "a look-up by sequence gives each once, lowest first")
            try await expect(.sequences([4]), [3], "a look-up gives a message with parts")
            try await expect(.sequences([]), [], "a look-up of nothing gives nothing")
            try await expect(
                .keys(["e\u{301}", "never", "\u{e9}", "e\u{301}"]), [0, 1], "a look-up by key compares bytes")
            try await expect(.keys([]), [], "a look-up of nothing gives nothing")
            let most = try await chats.messages(MessageQuery(of: "one", .sequences((1...1_000).map(Int64.init))))
            context.expect(most.items, equals: all, "a thousand are looked up at once")
            let none = try await chats.messages(MessageQuery(of: "never", .sequences([1])))
            context.expect(none.items, equals: [], "a missing conversation has no messages")
            for query in [
                MessageQuery(of: "one", .sequences(Array(repeating: 1, count: 1_001))),
                MessageQuery(of: "one", .keys([""])),
                MessageQuery(of: "one", .keys(["\0"])), MessageQuery(of: "", .sequences([1])),
            ] {
                await context.expectError(.invalidArgument, "a look-up beyond the limits is refused") {
                    try await chats.messages(query)
                }
            }
            try await chats.clearMessages(of: "one")
            context.expect(
                try await chats.messages(MessageQuery(of: "one", .keys(["\u{e9}"]))).items, equals: [],
                "a cleared message is not found")
        },
    ]
}
