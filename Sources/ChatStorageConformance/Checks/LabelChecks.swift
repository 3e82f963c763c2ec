import ChatStorageCore

extension Check {
    /// Labels, and lists by them.
    static let labels: [Check] = [
        Check(
            "labels.change", .k1, .k3, .o6,
            why: "A pin must not move a chat, and a label added twice is still one label."
        ) { context in
            let chats = try await context.open()
            var old = ConversationSnapshot.sample("one")
            old.labels = ["new"]
            let first = try await chats.restoreConversation(old)
            try await chats.createConversation("two")
            func change(_ change: ConversationChange, _ expected: Set<Label>) async throws {
                let changed = try await chats.updateConversation("one", change)
                context.expect(changed?.labels, equals: expected, "it has the labels that the change leaves")
                context.expect(try await chats.conversation("one"), equals: changed, "a read returns the same")
                context.expect(changed?.updatedAt, equals: first.updatedAt, "the time of update stays")
            }
            context.expect(
                try await chats.createConversation(NewConversation("new", labels: ["new"])).labels, equals: ["new"],
                "a new conversation has its labels")
            try await chats.deleteConversation("new")
            try await change(.adding(label: "pinned"), ["new", "pinned"])
            try await change(.adding(label: "pinned"), ["new", "pinned"])
            try await change(.removing(label: "new").adding(label: "Pinned"), ["Pinned", "pinned"])
            try await change(.removing(label: "never"), ["Pinned", "pinned"])
            try await change(
                .adding(label: "\u{e9}").adding(label: "e\u{301}"), ["Pinned", "pinned", "\u{e9}", "e\u{301}"])
            try await change(
                .removing(label: "\u{e9}").removing(label: "pinned").removing(label: "Pinned"), ["e\u{301}"])
            try await change(.removing(label: "e\u{301}"), [])
            context.expect(
                try await chats.conversations(limit: 10).map(\.id), equals: ["two", "one"], "the order stays")
            let texts = SampleText.peculiar.prefix(32).map {
                Label(String(String.UnicodeScalarView($0.unicodeScalars.prefix(100))))
            }
            try await chats.createConversation(NewConversation("peculiar", labels: Set(texts)))
            context.expect(
                try await chats.conversation("peculiar")?.labels, equals: Set(texts), "any text can be a label")
            for label in texts {
                let found = try await chats.conversations(ConversationQuery(with: [label])).items
                context.expect(
                    found.map(\.id), equals: ["peculiar"], "a list finds it by \(summary(of: label.rawValue))")
            }
        },
        Check(
            "labels.limits", .k1, .t6, .e1,
            why: "What is refused must change nothing, even when only the thirty-third label is too many."
        ) { context in
            let chats = try await context.open()
            let most = Set((1...32).map { Label("label \($0)") })
            try await chats.createConversation(NewConversation("one", labels: most))
            try await context.expectUnchanged(chats, "a refused change leaves nothing behind") {
                await context.expectError(.tooManyLabels, "a label more than 32 is refused") {
                    try await chats.updateConversation("one", .title("title").adding(label: "more"))
                }
                for label in ["", "\0", Label(String(repeating: "x", count: 101))] as [Label] {
                    for call in [
                        .updateConversation("one", .adding(label: label)),
                        .updateConversation("one", .removing(label: label)),
                        .createConversation(NewConversation("two", labels: [label])),
                        .conversations(ConversationQuery(with: [label])),
                        .conversations(ConversationQuery(without: [label])),
                        .deleteConversation(ConversationDeletion("one", without: [label])),
                        .append(NewMessages([.user("x")], to: "two", if: .create(labels: [label]))),
                    ] as [StorageCall] {
                        await context.expectError(.invalidArgument, "a label beyond its limits is refused") {
                            try await call.perform(on: chats)
                        }
                    }
                }
                await context.expectError(.invalidArgument, "33 labels are refused") {
                    try await chats.createConversation(NewConversation("two", labels: most.union(["more"])))
                }
            }
            let swapped = try await chats.updateConversation("one", .removing(label: "label 1").adding(label: "more"))
            context.expect(swapped?.labels.count, equals: 32, "one label can replace another at the limit")
        },
        Check(
            "labels.race", .k1,
            why: "Two windows that label one chat at once must both be right."
        ) { context in
            let handles = try await context.open(handles: 4)
            try await handles[0].createConversation(NewConversation("one", labels: ["0", "1", "2", "3"]))
            _ = try await context.concurrently(handles.count) { caller in
                for round in 0..<20 {
                    let change = ConversationChange.adding(label: "caller \(caller) \(round % 4)")
                        .removing(label: "\(caller)").removing(label: "caller \(caller) \((round + 2) % 4)")
                    try await handles[caller].updateConversation("one", change)
                    if caller == 1 { try await handles[caller].append(.user("text"), to: "one") }
                }
            }
            var expected: Set<Label> = []
            for caller in handles.indices { expected.formUnion(["caller \(caller) 2", "caller \(caller) 3"]) }
            context.expect(try await handles[1].conversation("one")?.labels, equals: expected, "every change is there")
            for label in expected {
                context.expect(
                    try await handles[2].conversations(ConversationQuery(with: [label])).items.map(\.id),
                    equals: ["one"],
                    "a list by labels finds the conversation")
            }
        },
        Check(
            "lists.labels", .k2, .o3, .l3,
            why: "A sidebar shows what is not archived, and a folder what is in it, in the order of all chats."
        ) { context in
            let chats = try await context.open()
            let labels: [Label] = ["archived", "pinned", "\u{e9}", "e\u{301}"]
            var random = context.random(stream: 1)
            for number in 0..<120 {
                let some = labels.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
                var snapshot = ConversationSnapshot.sample(
                    "\(number)", updatedAt: .past.advanced(by: Int64.random(in: 0..<40, using: &random)))
                snapshot.labels = Set(some)
                try await chats.restoreConversation(snapshot)
            }
            for number in stride(from: 0, to: 120, by: 7) {
                try await chats.append(.user("text"), to: ConversationID("\(number)"))
                try await chats.updateConversation(
                    ConversationID("\(number)"), .adding(label: "pinned").removing(label: "archived"))
            }
            for number in stride(from: 0, to: 120, by: 11) {
                try await chats.deleteConversation(ConversationID("\(number)"))
            }
            let all = try await chats.conversations(limit: 1_000)
            let queries: [(Set<Label>, Set<Label>)] = [
                ([], ["archived"]), (["pinned"], []), (["pinned", "\u{e9}"], []),
                (["e\u{301}"], ["pinned", "archived"]),
                (["archived"], ["archived"]), (["never"], []), ([], ["never"]), ([], Set(labels)),
            ]
            for (with, without) in queries {
                let expected = all.filter { with.isSubset(of: $0.labels) && without.isDisjoint(with: $0.labels) }
                for limit in [1, 7, 1_000, .max] {
                    var found: [Conversation] = []
                    var query = ConversationQuery(limit: limit, with: with, without: without)
                    repeat {
                        let page = try await chats.conversations(query)
                        context.expect(page.items.count <= limit, "a page has at most its limit")
                        found += page.items
                        query.cursor = page.next
                    } while query.cursor != nil && found.count <= expected.count
                    context.expect(
                        found, equals: expected, "a walk with \(with) without \(without) gives them in order")
                }
            }
            let none = try await chats.conversations(ConversationQuery(limit: 0, with: ["pinned"]))
            context.expect(none.items, equals: [], "a limit of 0 gives nothing")
        },
        Check(
            "lists.labels.passed-over", .k2,
            why: "A sidebar must answer, page by page, even with very many archived chats."
        ) { context in
            let chats = try await context.open()
            let many = 2_500
            _ = try await context.concurrently(32) { task in
                for number in stride(from: task, to: many, by: 32) {
                    var snapshot = ConversationSnapshot.sample(
                        ConversationID("\(number)"), updatedAt: .past.advanced(by: Int64(number)))
                    snapshot.labels = number == 0 ? ["a", "b"] : ["a"]
                    try await chats.restoreConversation(snapshot)
                }
            }
            for query in [
                ConversationQuery(limit: 10, without: ["never", "a"]), ConversationQuery(limit: 10, with: ["b", "a"]),
            ] {
                var query = query
                var pages: [[ConversationID]] = []
                repeat {
                    let page = try await chats.conversations(query)
                    pages.append(page.items.map(\.id))
                    query.cursor = page.next
                } while query.cursor != nil && pages.count < 10
                let expected: [[ConversationID]] = query.with.isEmpty ? [[], [], []] : [[], [], ["0"]]
                context.expect(pages, equals: expected, "each page looks at 1,010 conversations")
            }
            context.expect(
                try await chats.conversations(ConversationQuery(limit: 10, with: ["b"])).items.map(\.id), equals: ["0"],
                "a list by a rare label finds its conversations at once")
        },
    ]
}
