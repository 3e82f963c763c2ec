import ChatStorageCore

extension Check {
    /// The separation of tenants.
    static let tenants: [Check] = [
        Check(
            "tenants.isolated", .n1,
            why: "One person must never see or change another's chats."
        ) { context in
            let backend = try await context.open()
            let victim = backend.tenant("victim")
            let other = backend.tenant("other")
            try await victim.restoreConversation(.sample("one", title: "private", messages: 4))
            try await victim.restoreConversation(.sample("two", messages: 2))
            try await context.expectUnchanged(victim, "another tenant's calls change nothing") {
                context.expect(try await other.conversation("one"), equals: nil, "another tenant sees no conversation")
                context.expect(try await other.messages(of: "one"), equals: [], "another tenant sees no messages")
                context.expect(try await other.conversations(limit: 10), equals: [], "another tenant's list is empty")
                context.expect(
                    try await other.deleteConversation("one"), equals: false, "another tenant deletes nothing")
                context.expect(try await other.clearMessages(of: "one"), equals: 0, "another tenant clears nothing")
                context.expect(
                    try await other.updateTitle(of: "one", to: "x"), equals: nil, "another tenant retitles nothing")
                await context.expectError(.conversationNotFound, "another tenant finds nothing to append to") {
                    try await other.append(.user("x"), to: "one", if: .exists)
                }
                for call in StorageCall.ofEveryOperation(on: "one") {
                    do { try await call.perform(on: other) } catch is ChatStorageError {}
                    do { try await call.perform(on: backend) } catch is ChatStorageError {}
                }
            }
        },
        Check(
            "tenants.same-id", .n1,
            why: "Two persons may give a chat the same name."
        ) { context in
            let backend = try await context.open()
            let tenants = [nil, "a", "b", "c"] as [String?]
            for (index, tenant) in tenants.enumerated() {
                let chats = backend.storage(of: tenant)
                let created = try await chats.createConversation("one", title: tenant)
                context.expect(created.lastSequence, equals: 0, "each tenant's conversation is new")
                for step in 0...index {
                    try await chats.append(
                        .user("\(index) \(step)"), to: "one", if: step % 2 == 0 ? .createIfMissing : .exists)
                }
            }
            try await backend.tenant("b").clearMessages(of: "one")
            try await backend.tenant("c").deleteConversation("one")
            for (index, tenant) in tenants.prefix(2).enumerated() {
                let chats = backend.storage(of: tenant)
                try await context.expectContents(
                    of: "one", in: chats, equal: (0...index).map { "\(index) \($0)" }, "each tenant has its messages")
                context.expect(try await chats.conversation("one")?.title, equals: tenant, "each tenant has its title")
                context.expect(try await chats.conversations(limit: 9).count, equals: 1, "each tenant lists its own")
            }
        },
        Check(
            "tenants.colliding-names", .n1,
            why: "Names that are joined with a separator collide as soon as somebody puts the separator in a name."
        ) { context in
            let backend = try await context.open()
            var pairs: [(tenant: String?, id: ConversationID)] = [
                ("a", "bc"), ("ab", "c"), (nil, "abc"), ("abc", "a"), ("\u{e9}", "x"), ("e\u{301}", "x"), ("A", "bc"),
                ("a ", "bc"), (" a", "bc"), ("%", "bc"), ("_", "bc"), ("a%", "bc"), ("*", "bc"), ("'", "bc"),
            ]
            for separator in ["/", ":", "|", ",", "\u{1}", "\u{1f}", "\u{ffff}", "\\", "\"", ".", "-", "\n"] {
                pairs += [
                    ("t" + separator + "u", "v"), ("t", ConversationID("u" + separator + "v")),
                    ("t" + separator, "u"), ("t", ConversationID(separator + "u")),
                ]
            }
            for (index, pair) in pairs.enumerated() {
                context.expect(
                    try await backend.storage(of: pair.tenant).conversation(pair.id), equals: nil,
                    "no other tenant's conversation is taken for it")
                try await backend.storage(of: pair.tenant).append(.user("\(index)"), to: pair.id)
            }
            for (index, pair) in pairs.enumerated() {
                try await context.expectContents(
                    of: pair.id, in: backend.storage(of: pair.tenant), equal: ["\(index)"],
                    "\(summary(of: pair.id)) of \(summary(of: pair.tenant)) is its own")
            }
            for tenant in Set(pairs.map { $0.tenant.map { Array($0.utf8) } }) {
                let expected = pairs.filter { $0.tenant.map { Array($0.utf8) } == tenant }.map(\.id)
                let chats = backend.storage(of: tenant.map { String(decoding: $0, as: UTF8.self) })
                let listed = try await chats.conversations(limit: 100)
                context.expect(
                    listed.map(\.id).sortedByUTF8(), equals: expected.sortedByUTF8(), "each tenant lists its own")
            }
        },
        Check(
            "tenants.concurrent", .n1, .a5,
            why: "Many people's calls share the connections, and must not be answered with one another's chats."
        ) { context in
            let handles = try await context.open(handles: 3)
            _ = try await context.concurrently(12) { index in
                let chats = handles[index % 3].tenant("tenant \(index)")
                for step in 0..<10 {
                    try await chats.append(.user("\(index)/\(step)"), to: "one")
                    try await context.expectContents(
                        of: "one", in: chats, equal: (0...step).map { "\(index)/\($0)" }, "a tenant reads its own")
                }
            }
        },
        Check(
            "tenants.default", .n1, .n3,
            why: "An app with one user finds its chats through the backend itself and through its default tenant."
        ) { context in
            let backend = try await context.open()
            let itself = backend.asDefaultTenant
            let named = backend.defaultTenant
            try await itself.createConversation("one", title: "title")
            try await itself.append([.user("1"), .user("2")], to: "one")
            try await itself.getOrCreateConversation("two", title: nil)
            try await itself.restoreConversation(.sample("three", messages: 2))
            try await itself.restoreConversation(.sample("four", messages: 2))
            try await itself.updateTitle(of: "two", to: "new title")
            try await itself.clearMessages(of: "three")
            try await itself.deleteConversation("four")
            let state = try await TenantState(of: named)
            context.expect(
                Set(state.conversations.map(\.id)), equals: ["one", "two", "three"],
                "what the backend itself writes is the default tenant's")
            context.expect(try await TenantState(of: itself) == state, "the backend itself reads the same")
            context.expect(
                try await itself.conversation("two"), equals: state.conversations.first { $0.id == "two" },
                "the backend itself finds each of them")
            context.expect(
                try await backend.tenant("x").conversations(limit: 9), equals: [], "no other tenant has them")
        },
        Check(
            "tenants.powerless", .n2,
            why: "The code that serves one person cannot close or migrate everybody's store, even by mistake."
        ) { context in
            let backend = try await context.open()
            context.expect(
                !(backend.tenant("a").base is any ChatStorageBackend), "a tenant's handle is not itself a backend")
            context.expect(
                !(backend.defaultTenant.base is any ChatStorageBackend),
                "the default tenant's handle is not itself a backend")
        },
        Check(
            "tenants.no-name", .n3, .t3, .e1, needs: [.ownStore],
            why: "A missing claim must not open chats that all requests without one would share."
        ) { context in
            let backend = try await context.open()
            try await backend.restoreConversation(.sample("one", title: "private", messages: 4))
            try await backend.restoreConversation(.sample("two", messages: 2))
            let cursor = try await backend.conversations(after: nil, limit: 1).next
            let nameless = backend.tenant("")
            let bad = ChatMessage(role: Role(rawValue: "nobody"), content: "")
            let calls: [StorageCall] =
                StorageCall.ofEveryOperation(on: "one") + StorageCall.ofEveryOperation(takingID: "new") + [
                    .conversations(after: cursor, limit: 10), .messages(of: "missing", .end, limit: 0),
                    // Other mistakes are checked after the name.
                    .conversations(after: ConversationCursor("damaged"), limit: 1),
                    .append([bad], to: "one", if: .exists),
                    .append([.user("text")], to: "missing", if: .exists), .append([], to: "missing", if: .exists),
                ]
            try await context.expectUnchanged(backend, "calls on a tenant without a name change nothing") {
                for call in calls {
                    await context.expectError(.invalidArgument, "an empty name is no tenant's: \(summary(of: call))") {
                        try await call.perform(on: nameless)
                    }
                }
            }
        },
    ]
}
