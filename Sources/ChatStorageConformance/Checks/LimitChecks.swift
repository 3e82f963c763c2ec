import ChatStorageCore

extension Check {
    /// Limits of what is read.
    static let limits: [Check] = [
        Check(
            "limits.zero", .l1,
            why: "A limit that is computed may be 0; it means nothing, not everything."
        ) { context in
            let chats = try await context.open()
            try await chats.append([.user("1"), .user("2")], to: "one")
            context.expect(try await chats.history(of: "one", limit: 0), equals: [], "no history is read")
            for position in [.end, .before(2), .after(0)] as [MessagePosition] {
                context.expect(
                    try await chats.messages(of: "one", position, limit: 0), equals: [], "no messages are read")
            }
            let page = try await chats.conversations(after: nil, limit: 0)
            context.expect(page.items, equals: [], "no conversations are read")
            context.expect(page.next, equals: nil, "an empty page has no next one")
        },
        Check(
            "limits.negative", .l1, .e1,
            why: "In some engines a negative limit means everything, in others an error."
        ) { context in
            let chats = try await context.open()
            try await chats.append([.user("1"), .user("2")], to: "one")
            for limit in [-1, -100, .min] {
                for id in ["one", "missing"] as [ConversationID] {
                    await context.expectError(.invalidArgument, "a history of \(limit) is refused") {
                        try await chats.history(of: id, limit: limit)
                    }
                    for position in [.end, .before(2), .after(0)] as [MessagePosition] {
                        await context.expectError(.invalidArgument, "\(limit) messages are refused") {
                            try await chats.messages(of: id, position, limit: limit)
                        }
                    }
                }
                await context.expectError(.invalidArgument, "\(limit) conversations are refused") {
                    try await chats.conversations(limit: limit)
                }
            }
        },
        Check(
            "limits.largest", .l1,
            why: "Callers pass Int.max for everything; one more than that overflows."
        ) { context in
            let chats = try await context.open()
            let messages = try await chats.append((1...5).map { .user("\($0)") }, to: "one")
            try await chats.createConversation("two")
            for limit in [5, 6, 1_000_000, Int(Int32.max), Int(Int32.max) + 1, .max - 1, .max] {
                context.expect(
                    try await chats.messages(of: "one", limit: limit), equals: messages,
                    "all are read with the limit \(limit)")
                context.expect(
                    try await chats.messages(of: "one", .after(1), limit: limit), equals: Array(messages[1...]),
                    "all after the first are read with the limit \(limit)")
                context.expect(
                    try await chats.messages(of: "one", .before(5), limit: limit), equals: Array(messages[..<4]),
                    "all before the last are read with the limit \(limit)")
                let page = try await chats.conversations(after: nil, limit: limit)
                context.expect(page.items.count, equals: 2, "all conversations are read with the limit \(limit)")
                context.expect(page.next, equals: nil, "there is no next page with the limit \(limit)")
                // A fault with one limit would only be repeated with the others.
                guard context.failures.isEmpty else { return }
            }
        },
        Check(
            "limits.many-conversations", .l1,
            why: "An app that asks for all chats to back them up must not get only the first hundred."
        ) { context in
            let chats = try await context.open()
            let count = 1_100
            _ = try await context.concurrently(32) { task in
                for number in stride(from: task, to: count, by: 32) {
                    try await chats.restoreConversation(.sample(ConversationID("\(number)")))
                }
            }
            let ids = (0..<count).map { ConversationID("\($0)") }.sortedByUTF8()
            for limit in [count, count + 1, .max] {
                let page = try await chats.conversations(after: nil, limit: limit)
                context.expect(page.items.map(\.id), equals: ids, "a page has as many conversations as were asked for")
                context.expect(page.next, equals: nil, "there is no next page")
            }
            let first = try await chats.conversations(after: nil, limit: count - 1)
            context.expect(first.items.count, equals: count - 1, "a page with a limit of one less has one less")
            context.expect(
                try await chats.conversations(after: first.next, limit: .max).items.map(\.id), equals: ids.suffix(1),
                "the largest limit after it gives the rest")
            let next = try await chats.conversations(after: nil, limit: 1).next
            context.expect(
                try await chats.conversations(after: next, limit: .max).items.map(\.id), equals: Array(ids.dropFirst()),
                "the largest limit after a cursor gives all that follow")
        },
        Check(
            "limits.checked-for-nothing", .l1, .c5,
            why: "A mistake must show at once, not on the day when there is something to read."
        ) { context in
            let chats = try await context.open()
            await context.expectError(.invalidArgument, "a negative limit is refused in an empty store") {
                try await chats.conversations(after: nil, limit: -1)
            }
            await context.expectError(.invalidArgument, "a negative limit is refused for what does not exist") {
                try await chats.messages(of: "missing", .end, limit: -1)
            }
            await context.expectError(.invalidArgument, "an empty id is refused with a limit of 0") {
                try await chats.messages(of: "", .end, limit: 0)
            }
            await context.expectError(.invalidArgument, "an empty id is refused when nothing is appended") {
                try await chats.append([], to: "")
            }
        },
    ]
}
