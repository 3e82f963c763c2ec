import ChatStorageCore

extension Check {
    /// The order in which conversations are listed.
    static let listing: [Check] = [
        Check(
            "order.list.newest-first", .o3, .o6,
            why: "A person looks for the chat that they used last at the top of the list."
        ) { context in
            let chats = try await context.open()
            for (index, id) in ["old", "older", "oldest", "new"].enumerated() {
                let updatedAt = Timestamp.past.advanced(by: [300, 200, 100, 400][index])
                try await chats.restoreConversation(.sample(ConversationID(id), updatedAt: updatedAt))
            }
            func expectOrder(_ ids: [ConversationID], _ expectation: String, line: Int = #line) async throws {
                let listed = try await chats.conversations(limit: 10)
                context.expect(listed.map(\.id), equals: ids, expectation, line: line)
            }
            try await expectOrder(["new", "old", "older", "oldest"], "restored conversations keep their place")
            try await chats.append(.user("text"), to: "oldest")
            try await expectOrder(["oldest", "new", "old", "older"], "an append moves a conversation to the top")
            try await chats.updateTitle(of: "older", to: "title")
            try await chats.updateTitle(of: "missing", to: "title")
            try await expectOrder(["older", "oldest", "new", "old"], "a title moves a conversation to the top")
            try await chats.clearMessages(of: "old")
            try await expectOrder(["old", "older", "oldest", "new"], "a clear moves a conversation to the top")
            try await chats.deleteConversation("older")
            try await expectOrder(["old", "oldest", "new"], "a deleted conversation leaves the list")
        },
        Check(
            "order.list.ties-by-bytes", .o3,
            why: "An order that depends on the locale or the collation differs between two servers."
        ) { context in
            let ids: [ConversationID] = [
                "Z", "a", "z", "A", "\u{e9}", "e", "e\u{301}", "f", "_", "-", "1", "10", "2", "\u{130}", "i", "I",
                "\u{131}", "\u{4f60}\u{597d}", "\u{ff41}", "\u{1f600}", "\u{ffff}", "\u{e000}", "\u{10ffff}", "a b",
                "a_b", "ab", "aB", "\u{df}", "ss", "\u{5d0}", "\u{c4}", "\u{e4}", " ", "~", "ch", "c", "d", "lj", "l",
            ]
            try await expectTies(ids, in: context)
        },
        Check(
            "order.list.ties-random", .o3,
            why: "Random ids find collation faults that lists of known differences miss."
        ) { context in
            var random = context.random()
            var ids: Set<ConversationID> = []
            while ids.count < 60 {
                ids.insert(ConversationID(random.text(scalars: Int.random(in: 1...4, using: &random))))
            }
            try await expectTies(ids.sortedByUTF8().shuffled(using: &random), in: context)
        },
        Check(
            "order.list.time-before-id", .o3,
            why: "The order of ids must decide only between equal times."
        ) { context in
            let chats = try await context.open()
            let times: [(id: ConversationID, offset: Int64)] = [
                ("a", 0), ("b", 1), ("c", 1), ("d", 2), ("B", 1), ("z", 1_000_000), ("0", -1_000_000), ("1", -1),
            ]
            for (id, offset) in times {
                var snapshot = ConversationSnapshot.sample(id, updatedAt: .past.advanced(by: offset))
                snapshot.createdAt = .past.advanced(by: -2_000_000)
                try await chats.restoreConversation(snapshot)
            }
            context.expect(
                try await chats.conversations(limit: 100).map(\.id), equals: ["z", "d", "B", "b", "c", "a", "1", "0"],
                "a microsecond decides before the id does")
        },
    ]

    /// Expects conversations with the same time of update in the order of their ids' bytes, whatever order they came
    /// in.
    private static func expectTies(_ ids: [ConversationID], in context: CheckContext) async throws {
        let chats = try await context.open()
        for (index, id) in ids.enumerated() {
            var snapshot = ConversationSnapshot.sample(id)
            // The order of creation must not decide, in either direction.
            snapshot.createdAt = .past.advanced(by: -Int64(index * 31 % 17))
            try await chats.restoreConversation(snapshot)
        }
        let listed = try await chats.conversations(limit: ids.count + 1).map(\.id)
        context.expect(listed, equals: ids.sortedByUTF8(), "conversations of one time are listed by their ids' bytes")
        // The order must also hold across pages.
        var paged: [ConversationID] = []
        var page = try await chats.conversations(after: nil, limit: 3)
        paged += page.items.map(\.id)
        while let next = page.next, paged.count <= ids.count {
            page = try await chats.conversations(after: next, limit: 3)
            paged += page.items.map(\.id)
        }
        context.expect(paged, equals: ids.sortedByUTF8(), "their pages are in the same order")
    }
}
