import ChatStorageCore

extension Check {
    /// The tasks of a store's owner: tenants, erasure, retention.
    static let administration: [Check] = [
        Check(
            "administration.tenants", .z1, needs: [.ownStore],
            why: "An owner who asks what a store holds must see every user of it."
        ) { context in
            let backend = try await context.open()
            context.expect(try await backend.tenants(TenantQuery()).items, equals: [], "an empty store has no tenants")
            let names = ["a", "A", "b", "\u{e9}", "e\u{301}", "\u{1f600}", "%", "a\u{1}"]
            for (index, name) in names.enumerated() {
                for number in 0...index {
                    try await backend.tenant(name).append(.user("x"), to: ConversationID("\(number)"))
                }
                try await backend.tenant(name).append([.user("y"), .user("z")], to: "0")
            }
            try await backend.append(.user("x"), to: "one")
            try await backend.tenant("gone").createConversation("one")
            try await backend.tenant("gone").deleteConversation("one")
            let sorted = names.enumerated().sorted { $0.element.utf8.lexicographicallyPrecedes($1.element.utf8) }
            let expected =
                [TenantSummary(name: nil, conversations: 1, messages: 1)]
                + sorted.map { TenantSummary(name: $1, conversations: $0 + 1, messages: $0 + 3) }
            for limit in [1, 2, 3, 100, .max] {
                var found: [TenantSummary] = []
                var query = TenantQuery(limit: limit)
                repeat {
                    let page = try await backend.tenants(query)
                    context.expect(page.items.count <= limit, "a page has at most its limit")
                    found += page.items
                    query.after = page.next
                } while query.after != nil && found.count <= expected.count
                context.expect(found, equals: expected, "a walk gives each once, by bytes, with its counts")
            }
            context.expect(
                try await backend.tenants(TenantQuery(limit: 0)).items, equals: [], "a limit of 0 gives no tenants")
            await context.expectError(.invalidArgument, "a negative limit is refused") {
                try await backend.tenants(TenantQuery(limit: -1))
            }
        },
        Check(
            "administration.erase-tenant", .z1, .n1,
            why: "A user who asks to be forgotten must be deleted, and nobody else."
        ) { context in
            let backend = try await context.open()
            for name in ["a", "b"] {
                _ = try await context.concurrently(10) { task in
                    for number in stride(from: task, to: 230, by: 10) {
                        try await backend.tenant(name).append(
                            NewMessages(
                                [.user("x")], to: ConversationID("\(number)"), if: .create(labels: ["pinned"])))
                    }
                }
            }
            try await backend.append(.user("x"), to: "one")
            let expected = DeletionCount(conversations: 230, messages: 230)
            try await context.expectUnchanged(backend.tenant("a"), "a dry run deletes nothing") {
                context.expect(
                    try await backend.eraseTenant("a", isDryRun: true), equals: expected,
                    "it counts what it would delete")
            }
            try await context.expectUnchanged(backend.tenant("b"), "another tenant stays") {
                context.expect(try await backend.eraseTenant("a"), equals: expected, "it says what it deleted")
            }
            context.expect(try await backend.tenant("a").conversations(limit: 10), equals: [], "nothing is left")
            context.expect(
                try await backend.tenant("a").conversations(ConversationQuery(with: ["pinned"])).items, equals: [],
                "nothing is found by a label either")
            context.expect(try await backend.eraseTenant("a"), equals: DeletionCount(), "erasing again deletes nothing")
            context.expect(
                try await backend.eraseDefaultTenant(), equals: DeletionCount(conversations: 1, messages: 1),
                "the default tenant can be erased")
            context.expect(
                try await backend.tenant("b").conversations(limit: 500).count, equals: 230,
                "the other tenant keeps its conversations")
            await context.expectError(.invalidArgument, "an empty name is no tenant") {
                try await backend.eraseTenant("")
            }
        },
        Check(
            "administration.delete-old", .z1, .k1,
            why: "Chats that nobody has used for long can go, but not those that are pinned or in use again."
        ) { context in
            let backend = try await context.open()
            let chats = backend.tenant("a")
            for number in 0..<260 {
                var snapshot = ConversationSnapshot.sample(
                    "\(number)", messages: 2, updatedAt: .past.advanced(by: 10 + Int64(number) / 3))
                if number % 5 == 0 { snapshot.labels = ["pinned"] }
                try await chats.restoreConversation(snapshot)
            }
            let time = Timestamp.past.advanced(by: 10 + 70)
            let old = try await chats.conversations(limit: 1_000).filter { $0.updatedAt < time && $0.labels.isEmpty }
            let expected = DeletionCount(conversations: old.count, messages: old.count * 2)
            try await context.expectUnchanged(chats, "a dry run deletes nothing") {
                context.expect(
                    try await backend.deleteConversations(
                        ofTenant: "a", updatedBefore: time, without: ["pinned"], isDryRun: true),
                    equals: expected, "it counts what it would delete")
            }
            context.expect(
                try await backend.deleteConversations(ofTenant: "a", updatedBefore: time, without: ["pinned"]),
                equals: expected, "it says what it deleted")
            let left = try await chats.conversations(limit: 1_000)
            context.expect(left.count, equals: 260 - old.count, "the others are left")
            context.expect(
                left.allSatisfy { $0.updatedAt >= time || $0.labels == ["pinned"] },
                "those that are left are pinned or younger")
        },
        Check(
            "administration.conditional-deletion", .z1, .c1,
            why: "A chat that somebody writes to at the last moment must not be swept away."
        ) { context in
            let chats = try await context.open()
            var snapshot = ConversationSnapshot.sample("one", messages: 2)
            snapshot.labels = ["pinned", "e\u{301}"]
            try await chats.restoreConversation(snapshot)
            let spared = [
                ConversationDeletion("one", updatedBefore: snapshot.updatedAt),
                ConversationDeletion("one", without: ["pinned"]),
                ConversationDeletion("one", updatedBefore: .future, without: ["other", "e\u{301}"]),
                ConversationDeletion("one", updatedBefore: .earliest),
                ConversationDeletion("never", updatedBefore: .future),
            ]
            try await context.expectUnchanged(chats, "what is spared stays as it is") {
                for deletion in spared {
                    context.expect(try await chats.deleteConversation(deletion), equals: false, "it is spared")
                }
            }
            let deletion = ConversationDeletion(
                "one", updatedBefore: snapshot.updatedAt.advanced(by: 1), without: ["\u{e9}", "Pinned"])
            context.expect(try await chats.deleteConversation(deletion), equals: true, "nothing spares it")
            context.expect(try await chats.conversation("one"), equals: nil, "it is gone")
            context.expect(try await chats.messages(of: "one"), equals: [], "its messages are gone too")
        },
    ]
}
