import ChatStorageCore

extension Check {
    /// Both conditions, the creating one first: backends may use different statements for them.
    private static let appendConditions: [AppendCondition] = [.createIfMissing, .exists, .createIfMissing, .exists]

    /// Times: their precision, and when they move.
    static let times: [Check] = [
        Check(
            "order.time.new-conversation", .o4,
            why: "A conversation that nobody changed has not been updated after it was created."
        ) { context in
            let chats = try await context.open()
            let created = try await chats.createConversation("created")
            let got = try await chats.getOrCreateConversation("got")
            let first = try await chats.append([.user("1"), .assistant("2")], to: "appended")
            let appended = try context.require(await chats.conversation("appended"), "an append creates it")
            for conversation in [created, got, appended] {
                context.expect(
                    conversation.updatedAt, equals: conversation.createdAt,
                    "a new conversation has its time of creation as time of update")
            }
            context.expect(
                first.map(\.createdAt), equals: [appended.updatedAt, appended.updatedAt],
                "the messages that created it have its time")
        },
        Check(
            "order.time.message-is-update", .o4,
            why: "Apps that synchronise by time must not find a message older than the change that brought it."
        ) { context in
            let chats = try await context.open()
            for (count, condition) in zip([1, 3, 1, 3], appendConditions) {
                let messages = try await chats.append(
                    (0..<count).map { .user("\($0)") }, to: "one", if: condition)
                let conversation = try await chats.conversation("one")
                context.expect(
                    messages.map { Optional($0.createdAt) },
                    equals: Array(repeating: conversation?.updatedAt, count: count),
                    "all messages of an append have the conversation's time of update")
            }
        },
        Check(
            "order.time.clock-steps-back", .o4,
            why: "Clocks are set back, and servers' clocks differ; a chat's time must not go back."
        ) { context in
            let chats = try await context.open()
            try await chats.restoreConversation(.sample("one", messages: 2, updatedAt: .future))
            var last = Timestamp.future
            for condition in appendConditions {
                let message = try await chats.append(.user("text"), to: "one", if: condition)
                context.expect(message.createdAt >= last, "an append's time does not go back")
                let appended = try await chats.conversation("one")?.updatedAt
                context.expect(appended, equals: message.createdAt, "the message has the conversation's time")
                let retitled = try await chats.updateTitle(of: "one", to: "title")?.updatedAt
                context.expect(retitled ?? .past >= message.createdAt, "a title does not move the time back")
                try await chats.clearMessages(of: "one")
                let cleared = try await chats.conversation("one")?.updatedAt
                context.expect(cleared ?? .past >= retitled ?? .past, "a clear does not move the time back")
                last = cleared ?? last
            }
        },
        Check(
            "order.time.last-moment", .o4, .o5,
            why: "A time that counts on from the last one must not leave the years that can be stored."
        ) { context in
            let chats = try await context.open()
            try await chats.restoreConversation(.sample("one", messages: 1, updatedAt: .latest))
            for condition in appendConditions {
                let message = try await chats.append(.user("text"), to: "one", if: condition)
                context.expect(message.createdAt, equals: .latest, "an append stays in the last microsecond")
            }
            try await chats.updateTitle(of: "one", to: "title")
            try await chats.clearMessages(of: "one")
            context.expect(
                try await chats.conversation("one")?.updatedAt, equals: .latest,
                "a title and a clear stay in the last microsecond")
        },
        Check(
            "order.time.microseconds", .o5,
            why: "Archives of any age must be restored exactly, or a comparison finds differences."
        ) { context in
            let chats = try await context.open()
            let moments = [
                "0001-01-01T00:00:00.000000Z", "0001-01-01T00:00:00.000001Z", "1582-10-10T12:00:00.123456Z",
                "1900-02-28T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00.000000Z",
                "1999-12-31T23:59:59.000001Z", "2000-02-29T12:34:56.789012Z", "2026-03-29T01:30:00.100000Z",
                "2038-01-19T03:14:08.000001Z", "4000-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z",
            ].compactMap { Timestamp($0) }
            context.expect(moments.count, equals: 12, "all times are RFC 3339")
            for (index, first) in moments.enumerated() {
                let id = ConversationID("\(index)")
                let last = moments[min(index + 1, moments.count - 1)]
                let snapshot = ConversationSnapshot(
                    id: id, createdAt: first, updatedAt: last,
                    messages: [
                        .init(sequence: 1, role: .user, content: "first", createdAt: first),
                        .init(sequence: 2, role: .user, content: "last", createdAt: last),
                    ])
                let returned = try await chats.restoreConversation(snapshot)
                context.expect(returned, equals: snapshot.conversation, "restoring returns the times")
                context.expect(
                    try await chats.conversation(id), equals: snapshot.conversation, "the times are read back")
                context.expect(
                    try await chats.messages(of: id).map(\.createdAt), equals: [first, last],
                    "the messages' times are read back")
            }
            context.expect(
                try await chats.conversations(limit: 100).map(\.updatedAt),
                equals: [.latest] + moments.dropFirst().reversed(), "the times are ordered as times")
        },
        Check(
            "order.time.write-equals-read", .o5,
            why: "An app that keeps what a write returned must have the same as one that reads again."
        ) { context in
            let chats = try await context.open()
            func expectStored(_ returned: Conversation?, line: Int = #line) async throws {
                context.expect(
                    try await chats.conversation("one"), equals: returned, "what a write returned is read back",
                    line: line)
                context.expect(
                    try await chats.conversations(limit: 1), equals: [returned].compactMap(\.self),
                    "the list has the same conversation", line: line)
            }
            try await expectStored(try await chats.createConversation("one", title: "title"))
            try await expectStored(try await chats.getOrCreateConversation("one"))
            let messages = try await chats.append([.user("1"), .assistant("2")], to: "one")
            context.expect(try await chats.messages(of: "one"), equals: messages, "appended messages are read back")
            try await expectStored(try await chats.updateTitle(of: "one", to: "other"))
            try await expectStored(try await chats.updateTitle(of: "one", to: nil))
            try await chats.deleteConversation("one")
            try await expectStored(try await chats.getOrCreateConversation("one", title: "again"))
            try await chats.deleteConversation("one")
            try await expectStored(try await chats.restoreConversation(.sample("one", title: "old", messages: 3)))
        },
        Check(
            "order.time.is-utc", .o5,
            why: "A server's or a process's time zone must not shift what everybody else reads."
        ) { context in
            let chats = try await context.open()
            let created = try await chats.createConversation("one").createdAt
            let appended = try await chats.append(.user("text"), to: "one").createdAt
            // The store's clock and this process's can differ, but by far less than a wrong time zone, which shifts
            // times by a quarter of an hour or more. So within ten minutes counts as the same time.
            let tolerance: Int64 = 10 * 60 * 1_000_000
            for time in [created, appended] {
                let difference = time.microsecondsSinceEpoch - Timestamp.now().microsecondsSinceEpoch
                context.expect(
                    abs(difference) < tolerance, "times are UTC, by this process's clock", actual: "\(time)")
            }
        },
        Check(
            "order.time.fine-clock", .o5, .o6,
            why: "If the clock counts seconds, chats that were used in the same second are listed by their ids."
        ) { context in
            let chats = try await context.open()
            var times: Set<Timestamp> = []
            let end = ContinuousClock.now + .seconds(2)
            func isFineEnough() -> Bool { times.count > 1 && times.contains { $0.microsecondsSinceEpoch % 1_000 != 0 } }
            while !isFineEnough(), ContinuousClock.now < end {
                for condition in appendConditions {
                    times.insert(try await chats.append(.user("text"), to: "one", if: condition).createdAt)
                }
                if let retitled = try await chats.updateTitle(of: "one", to: "title") {
                    times.insert(retitled.updatedAt)
                }
            }
            context.expect(
                isFineEnough(), "the times of writes count microseconds",
                actual: "\(times.count) times in two seconds, such as \(times.first ?? .past)")
        },
        Check(
            "order.updated.moved-by-writes", .o6,
            why: "A list that is refreshed by time misses changes that do not move it."
        ) { context in
            let chats = try await context.open()
            let writes: [(String, @Sendable (ConversationID) async throws -> Void)] = [
                ("an append", { try await chats.append(.user("text"), to: $0) }),
                ("an append to what exists", { try await chats.append(.user("text"), to: $0, if: .exists) }),
                ("a title", { try await chats.updateTitle(of: $0, to: "new") }),
                ("the same title", { try await chats.updateTitle(of: $0, to: "title") }),
                ("no title", { try await chats.updateTitle(of: $0, to: nil) }),
                ("a clear", { try await chats.clearMessages(of: $0) }),
            ]
            for (what, write) in writes {
                for messages in [0, 2] as [Int64] {
                    let id = ConversationID("\(what), \(messages) messages")
                    let before = try await chats.restoreConversation(
                        .sample(id, title: "title", messages: messages))
                    try await write(id)
                    let after = try context.require(await chats.conversation(id), "it is there")
                    context.expect(
                        after.updatedAt > before.updatedAt.advanced(by: 1_000_000),
                        "\(what) moves the time of update to now", actual: "\(after.updatedAt)")
                    context.expect(after.createdAt, equals: before.createdAt, "\(what) leaves the time of creation")
                }
            }
        },
        Check(
            "order.updated.unmoved-by-others", .o6,
            why: "Reading a chat must not bring it to the top of the list."
        ) { context in
            let chats = try await context.open()
            let snapshot = ConversationSnapshot.sample("one", title: "title", messages: 3)
            try await chats.restoreConversation(snapshot)
            let calls: [StorageCall] = [
                .conversation("one"), .getOrCreateConversation("one", title: "other"),
                .conversations(after: nil, limit: 10), .messages(of: "one", .end, limit: 10),
                .messages(of: "one", .before(2), limit: 10), .messages(of: "one", .after(1), limit: 10),
                .append([], to: "one", if: .createIfMissing), .append([], to: "one", if: .exists),
                .createConversation("one", title: "other"), .restoreConversation(.sample("one")),
                .updateConversation("one", ConversationChange()), .updateConversation("other", ConversationChange()),
                .append([.user("\0")], to: "one", if: .exists), .updateTitle(of: "one", to: "\0"),
                .append([ChatMessage(role: Role(rawValue: "x"), content: "")], to: "one", if: .exists),
                .clearMessages(of: "other"), .updateTitle(of: "other", to: "title"), .deleteConversation("other"),
            ]
            for call in calls {
                do { try await call.perform(on: chats) } catch is ChatStorageError {}
                context.expect(
                    try await chats.conversation("one"), equals: snapshot.conversation,
                    "nothing is moved by \(summary(of: call))")
            }
        },
    ]
}
