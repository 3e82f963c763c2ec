import ChatStorageCore

extension Check {
    /// Text and names that careless code takes for something else.
    static let hostileText: [Check] = [
        Check(
            "text.sql.every-operation", .t5, .r1, .l4, .n1,
            why: "Text that becomes part of a statement reads, changes or deletes what is not its caller's."
        ) { context in
            let backend = try await context.open()
            let bystander = backend.tenant("bystander")
            try await bystander.restoreConversation(.sample("one", title: "private", messages: 3))
            try await context.expectUnchanged(bystander, "SQL in another tenant's calls changes nothing") {
                for sql in sqlTexts {
                    let chats = backend.tenant(sql)
                    try await chats.restoreConversation(.sample("neighbour", title: "its own", messages: 3))
                    let neighbour = try await TenantState(of: chats)
                    try await performEveryOperation(with: sql, on: chats, in: context)
                    context.expect(
                        try await TenantState(of: chats) == neighbour, "SQL changes no other conversation",
                        actual: summary(of: sql))
                }
            }
        },
        Check(
            "tenants.colliding-keys", .n1, .c1, .c4, .a9, .o1,
            why: "If a tenant, an id, a key and a sequence are joined, deleting one chat can delete another."
        ) { context in
            let backend = try await context.open()
            for separator in ["", "/", ":", "\u{1f}", "\u{ffff}"] {
                let places = Place.colliding(at: separator)
                for place in places { try await place.fill(backend) }
                for (index, place) in places.enumerated() {
                    let others = places.indices.filter { $0 != index }.map { places[$0] }
                    var before: [Contents] = []
                    for other in others { before.append(try await other.contents(in: backend)) }
                    try await place.changeEverything(backend, in: context)
                    for (other, contents) in zip(others, before) {
                        context.expect(
                            try await other.contents(in: backend), equals: contents,
                            "calls on \(place) change nothing of \(other)")
                    }
                }
            }
        },
    ]

    /// Texts that end literals, statements and conditions, or are parameters or patterns; each fits into every field.
    private static let sqlTexts = [
        "' OR '1'='1", "' OR 1=1 --", "x' OR tenant <> '", "\" OR \"\"=\"", "'; DELETE FROM chat_messages; --",
        "'); DROP TABLE conversations CASCADE; --", "\\'; DELETE FROM conversations; --", "''", "'", "';", "x', 'y",
        "' || (SELECT max(content) FROM chat_messages) || '", "' UNION SELECT * FROM conversations --",
        "$1", "?1", ":tenant", "$$; COMMIT; $$", "{\"}", "%", "_", "*", "[a-z]*", "NULL", "DEFAULT", "now()",
    ]

    /// Makes every call on one conversation, all of whose fields have the text, and checks each result.
    private static func performEveryOperation(
        with sql: String, on chats: InterceptedStorage, in context: CheckContext
    ) async throws {
        let id = ConversationID(sql)
        context.expect(try await chats.conversation(id), equals: nil, "SQL as an id finds nothing")
        context.expect(try await chats.deleteConversation(id), equals: false, "SQL as an id deletes nothing")
        context.expect(try await chats.clearMessages(of: id), equals: 0, "SQL as an id clears nothing")
        context.expect(try await chats.updateTitle(of: id, to: sql), equals: nil, "SQL as an id retitles nothing")
        let created = try await chats.createConversation(id, title: sql)
        context.expect(created.title, equals: sql, "SQL is a title")
        let other = try await chats.append(.user("before", key: "another key"), to: id)
        let first = [ChatMessage.user(sql, key: sql), .assistant("plain", key: "plain")]
        let stored = try await chats.append(first, to: id)
        context.expect(stored.map(\.content), equals: [sql, "plain"], "SQL is a content")
        context.expect(stored.map(\.key), equals: [sql, "plain"], "SQL is a key")
        context.expect(try await chats.append(first, to: id), equals: stored, "SQL as a key is found again")
        await context.expectError(.invalidRole, "SQL is no role") {
            try await chats.append(ChatMessage(role: Role(rawValue: sql), content: "x"), to: id)
        }
        await context.expectError(.invalidCursor, "SQL is no cursor") {
            try await chats.conversations(after: ConversationCursor(sql), limit: 10)
        }
        let second = try await chats.append(.user(sql), to: id, if: .exists)
        let read = try context.require(await chats.conversation(id), "SQL as an id is found")
        let third = try await chats.append(.user(sql), to: id, if: .unchanged(since: read))
        context.expect(
            try await chats.messages(of: id, limit: 10), equals: [other] + stored + [second, third], "messages are read"
        )
        context.expect(
            try await chats.messages(of: id, .before(4), limit: 10), equals: [other] + stored,
            "messages before one are read")
        context.expect(
            try await chats.messages(of: id, .after(4), limit: 10), equals: [third], "messages after one are read")
        let retitled = try await chats.updateTitle(of: id, to: sql + sql)
        context.expect(retitled?.title, equals: sql + sql, "SQL is another title")
        context.expect(
            retitled?.version, equals: ConversationVersion(createdAt: created.createdAt, lastSequence: 5),
            "a title changes no other field")
        context.expect(
            try await chats.getOrCreateConversation(id, title: "x"), equals: retitled, "it is found and not created")
        context.expect(
            try await chats.conversations(limit: 10).map(\.id), equals: [id, "neighbour"], "it is listed once")
        try await performListsAndBranches(with: sql, on: chats, in: context)
        context.expect(try await chats.clearMessages(of: id), equals: 6, "its own messages are cleared")
        context.expect(try await chats.deleteConversation(id), equals: true, "it is deleted")

        var snapshot = ConversationSnapshot.sample(id, title: sql, messages: 1)
        snapshot.messages[0].content = sql
        snapshot.messages[0].key = sql
        let restored = try await chats.restoreConversation(snapshot)
        context.expect(restored, equals: snapshot.conversation, "SQL is restored")
        let message = try await chats.messages(of: id).first
        context.expect(message?.chatMessage, equals: .user(sql), "the restored conversation has its message")
        context.expect(message?.key, equals: sql, "the restored message has its key")
        context.expect(try await chats.deleteConversation(id), equals: true, "it is deleted again")
    }

    /// Makes the calls that need labels, metadata, parts or branches.
    ///
    /// The conversation must have the messages 1 to 5: the second with the text as its key, the last with the text as
    /// its content. In the end it has six messages.
    private static func performListsAndBranches(
        with sql: String, on chats: InterceptedStorage, in context: CheckContext
    ) async throws {
        let (id, label) = (ConversationID(sql), Label(sql))
        let metadata: Metadata = [sql: .string(sql)]
        let changed = try await chats.updateConversation(
            id, .adding(label: label).metadata(.setting(sql, to: .string(sql))))
        context.expect(changed?.labels, equals: [label], "SQL is a label")
        context.expect(changed?.metadata, equals: metadata, "SQL is metadata")
        let with = try await chats.conversations(ConversationQuery(limit: 10, with: [label], preview: 100)).items
        context.expect(with.map(\.id), equals: [id], "SQL as a label finds its conversation")
        context.expect(with.first?.preview?.text, equals: sql, "SQL is a preview")
        let without = try await chats.conversations(ConversationQuery(limit: 10, without: [label])).items
        context.expect(without.map(\.id), equals: ["neighbour"], "SQL as a label leaves its conversation out")
        context.expect(
            try await chats.deleteConversation(ConversationDeletion(id, without: [label])), equals: false,
            "SQL as a label spares its conversation")
        let removed = try await chats.updateConversation(id, .removing(label: label))
        context.expect(removed?.labels, equals: [], "SQL as a label is removed")

        let found = try await chats.messages(MessageQuery(of: id, .keys([sql]))).items
        context.expect(found.map(\.sequence), equals: [2], "SQL as a key looks its message up")
        let noted = try await chats.updateMetadata(of: 2, .setting(sql, to: .string(sql)), in: id)
        context.expect(noted.metadata, equals: metadata, "SQL is a message's metadata")
        let call = ChatMessage.assistant([.toolCall(sql, callID: sql, input: sql)])
        let begun = try await chats.append(NewMessages([call], to: id, isStreaming: true)).messages
        let answer = try context.require(begun.first, "an append returns its message")
        context.expect(answer.body, equals: call, "SQL is a part")
        let ended = try await chats.reviseMessage(
            MessageRevision(of: answer, body: .assistant(sql), state: .complete))
        context.expect(ended.content, equals: sql, "SQL is what an answer says")

        let other = try await chats.append(.user(sql), to: id, .insteadOf(5))
        context.expect(try await chats.forks(of: id).map(\.after), equals: [4], "SQL makes a branch")
        let shown = try await chats.updateConversation(id, .show(branch: 5).read(through: 1))
        context.expect(shown?.head, equals: 6, "the branch of SQL is shown")
        context.expect(
            try await chats.messages(MessageQuery(of: id, on: .through(other.sequence))).items.map(\.sequence),
            equals: [1, 2, 3, 4, 7], "the other branch is read")
        context.expect(try await chats.removeMessages([5], of: id), equals: 1, "one message is removed")
    }
}

/// A conversation and its tenant; joined, their names give the same text as those of another place.
private struct Place: CustomStringConvertible {
    /// Nil for the default tenant; in joined text it looks like an empty name.
    let tenant: String?
    let id: ConversationID
    let separator: String

    var description: String { "\(summary(of: id)) of \(summary(of: tenant ?? ""))" }

    /// Places whose tenants and ids, ids and sequences (`u` 11, `u1` 1), or ids and keys are alike when joined with the
    /// separator.
    static func colliding(at separator: String) -> [Place] {
        [
            ("t", "u"), ("t", "u\(separator)v"), ("t\(separator)u", "v"), ("", "t\(separator)u\(separator)v"),
            ("t", "u\(separator)1"), ("t\(separator)u\(separator)v", "1"),
        ].map { name, id in
            let tenant = separator + name
            return Place(tenant: tenant.isEmpty ? nil : tenant, id: ConversationID(id), separator: separator)
        }
    }

    /// Appends eleven messages, with keys that are alike when an id comes before them.
    func fill(_ backend: InterceptedBackend) async throws {
        let keys = ["k", "v\(separator)k", "1\(separator)k", "v\(separator)1\(separator)k"]
        let messages = (1...11).map { number in
            ChatMessage.user("\(self) \(number)", key: number <= keys.count ? keys[number - 1] : nil)
        }
        let chats = backend.storage(of: tenant)
        try await chats.append(Array(messages.prefix(keys.count)), to: id)
        try await chats.append(Array(messages.dropFirst(keys.count)), to: id)
        try await chats.updateTitle(of: id, to: "\(self)")
    }

    func changeEverything(_ backend: InterceptedBackend, in context: CheckContext) async throws {
        let chats = backend.storage(of: tenant)
        let message = ChatMessage.user("more of \(self)", key: "more")
        let appended = try await chats.append(message, to: id)
        context.expect(appended.content, equals: message.content, "a key of \(self) is not another's")
        context.expect(try await chats.append(message, to: id), equals: appended, "it is found again")
        try await chats.updateTitle(of: id, to: "changed")
        context.expect(try await chats.clearMessages(of: id), equals: 12, "the messages of \(self) are cleared")
        context.expect(try await chats.deleteConversation(id), equals: true, "\(self) is deleted")
        try await fill(backend)
        context.expect(
            try await contents(in: backend).messages.map(\.sequence), equals: Array(1...11), "\(self) is new")
    }

    func contents(in backend: InterceptedBackend) async throws -> Contents {
        let chats = backend.storage(of: tenant)
        return try await Contents(conversation: chats.conversation(id), messages: chats.messages(of: id, limit: 100))
    }
}

/// The stored data of a conversation.
private struct Contents: Hashable {
    let conversation: Conversation?
    let messages: [Message]
}
