import ChatStorageCore

extension Check {
    /// Titles and tenants' names: their length and their characters.
    static let titlesAndTenants: [Check] = [
        Check(
            "text.title.length-accepted", .t3, .t5,
            why: "Titles that a model writes must fit up to the documented limit, in every script."
        ) { context in
            let chats = try await context.open()
            let titles = [
                nil, "", "x", String(repeating: "x", count: 200), String(repeating: "\u{4f60}", count: 200),
                String(repeating: "\u{1f600}", count: 200), String(repeating: "\u{1f44d}\u{1f3fd}", count: 100),
                "e" + String(repeating: "\u{301}", count: 199),
            ]
            for (index, title) in titles.enumerated() {
                let created = try await chats.createConversation(ConversationID("created \(index)"), title: title)
                context.expect(created.title, equals: title, "createConversation returns the title")
                let got = try await chats.getOrCreateConversation(ConversationID("got \(index)"), title: title)
                context.expect(got.title, equals: title, "getOrCreateConversation returns the title")
                let retitled = try await chats.updateTitle(of: ConversationID("got \(index)"), to: title)
                context.expect(retitled?.title, equals: title, "updateTitle returns the title")
                let restored = try await chats.restoreConversation(
                    .sample(ConversationID("restored \(index)"), title: title))
                context.expect(restored.title, equals: title, "restoreConversation returns the title")
                for kind in ["created", "got", "restored"] {
                    let read = try await chats.conversation(ConversationID("\(kind) \(index)"))
                    context.expect(read?.title, equals: title, "the title is read back, and an empty one is not none")
                }
            }
        },
        Check(
            "text.title.length-refused", .t3, .t6,
            why: "A title that is cut, or refused by one backend only, surprises the person who wrote it."
        ) { context in
            try await expectRefused(
                titles: [String(repeating: "x", count: 201), "e" + String(repeating: "\u{301}", count: 200)],
                in: context)
        },
        Check(
            "text.title.counts-scalars", .t3,
            why: "200 emoji of several scalars each are more than 200 scalars, though Swift counts 200 characters."
        ) { context in
            let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}"
            try await expectRefused(
                titles: [
                    String(repeating: family, count: 200), String(repeating: "\u{1f44d}\u{1f3fd}", count: 101),
                    String(repeating: "\r\n", count: 101),
                ], in: context)
        },
        Check(
            "text.title.nul-refused", .t3, .t6,
            why: "PostgreSQL cannot hold U+0000 and C stops at it: only refusing it is possible everywhere."
        ) { context in
            try await expectRefused(titles: ["\0", "a\0", "\0a", "a\0b"], in: context)
        },
        Check(
            "text.title.any-text", .t5,
            why: "A title is shown to the person as they wrote it."
        ) { context in
            let chats = try await context.open()
            for (index, title) in SampleText.peculiar.enumerated() {
                let id = ConversationID("\(index)")
                try await chats.createConversation(id, title: title)
                context.expect(try await chats.conversation(id)?.title, equals: title, "the title comes back exactly")
                try await chats.updateTitle(of: id, to: title + title)
                context.expect(
                    try await chats.conversation(id)?.title, equals: title + title, "the new title comes back exactly")
            }
        },
        Check(
            "text.tenant.length", .t3, .t6, needs: [.ownStore],
            why: "A tenant's name that is cut could open another tenant's chats."
        ) { context in
            let backend = try await context.open()
            let names = [
                "x", String(repeating: "x", count: 100), String(repeating: "\u{1f600}", count: 100),
                "e" + String(repeating: "\u{301}", count: 99),
            ]
            for (index, name) in names.enumerated() {
                try await backend.tenant(name).append(.user("of \(index)"), to: "one")
            }
            for name in [
                String(repeating: "x", count: 101), String(repeating: "\u{1f600}", count: 101), "x\0", "\0", "",
            ] {
                for call in StorageCall.ofEveryOperation(on: "one") {
                    await context.expectError(.invalidArgument, "the tenant's name is refused by \(summary(of: call))")
                    {
                        try await call.perform(on: backend.tenant(name))
                    }
                }
            }
            for (index, name) in names.enumerated() {
                context.expect(
                    try await backend.tenant(name).history(of: "one"), equals: [.user("of \(index)")],
                    "a tenant of \(name.unicodeScalars.count) scalars has its own conversation, which stayed as it was")
            }
        },
        Check(
            "text.tenant.long-lookalikes", .t3, .n1,
            why: "A column or file name that is too short for a tenant's name makes one tenant of two."
        ) { context in
            let backend = try await context.open()
            let room = Limits.tenantScalars.upperBound - context.tenantName("").unicodeScalars.count
            let names = ["x", "\u{1f600}"].flatMap { filler in
                ["a", "b", ""].map { String(repeating: filler, count: room - 1) + $0 }
            }
            for (index, name) in names.enumerated() {
                context.expect(
                    try await backend.tenant(name).conversation("one"), equals: nil,
                    "a longest name names a tenant of its own")
                try await backend.tenant(name).append(.user("of \(index)"), to: "one")
            }
            for (index, name) in names.enumerated() {
                try await context.expectContents(
                    of: "one", in: backend.tenant(name), equal: ["of \(index)"],
                    "names that differ only in the last scalar are two tenants")
                context.expect(
                    try await backend.tenant(name).conversations(limit: 9).count, equals: 1, "each lists its own")
            }
        },
    ]

    /// Expects every operation that takes a title to refuse these.
    private static func expectRefused(titles: [String], in context: CheckContext) async throws {
        let chats = try await context.open()
        try await chats.createConversation("existing", title: "as it was")
        try await context.expectUnchanged(chats, "calls with a bad title change nothing") {
            for title in titles {
                let calls: [StorageCall] = [
                    .createConversation("new", title: title), .getOrCreateConversation("new", title: title),
                    .getOrCreateConversation("existing", title: title), .updateTitle(of: "existing", to: title),
                    .updateTitle(of: "missing", to: title), .restoreConversation(.sample("new", title: title)),
                ]
                for call in calls {
                    await context.expectError(.invalidArgument, "the title is refused by \(summary(of: call))") {
                        try await call.perform(on: chats)
                    }
                }
            }
        }
    }
}
