import ChatStorageCore

extension Check {
    /// Reads of paths, and where they part.
    static let branchReads: [Check] = [
        Check(
            "branches.read.paths", .b2, .l1, .o2,
            why: "An answer on another branch's question is nonsense."
        ) { context in
            let chats = try await context.open()
            try await context.makeTree(chats, "c")
            func page(
                _ position: MessagePosition = .end, _ path: MessageQuery.Path = .current, _ limit: Int = 100
            ) async throws -> [Int64] {
                let page = try await chats.messages(MessageQuery(of: "c", position, on: path, limit: limit))
                let through: Int64? = path == .current ? 9 : path == .all ? nil : .some(path.end)
                context.expect(page.through, equals: through, "the page says where its path ends")
                context.expect(page.hasMore, equals: page.items.count == limit, "it says whether there may be more")
                return page.items.map(\.sequence)
            }
            context.expect(try await page(), equals: [1, 2, 7, 8, 9], "a page is of the current path")
            context.expect(
                try await page(.end, .current, 2), equals: [8, 9], "the last messages are those of the path")
            context.expect(try await page(.end, .through(6)), equals: [1, 2, 5, 6], "a page can be of another path")
            context.expect(
                try await page(.end, .through(3)), equals: [1, 2, 3], "a path can end before its newest message")
            context.expect(try await page(.end, .through(0)), equals: [], "the path through 0 is empty")
            context.expect(try await page(.end, .all), equals: Array(1...11), "a page can be of all branches")
            context.expect(
                try await page(.end, .all, 3), equals: [9, 10, 11], "the last messages can be of all branches")
            context.expect(
                try await page(.before(8)), equals: [1, 2, 7], "a page can end before a message of the path")
            context.expect(
                try await page(.before(6)), equals: [1, 2, 5], "a page before a message of another path is of that path"
            )
            context.expect(
                try await page(.before(6), .through(9)), equals: [1, 2, 5],
                "a page before a message is of its own path, whatever path is asked for")
            context.expect(
                try await page(.before(6), .all), equals: Array(1...5), "a page of all branches ends before the message"
            )
            context.expect(
                try await page(.before(100)), equals: [1, 2, 7, 8, 9], "a page can end before a missing sequence")
            context.expect(
                try await page(.after(1), .current, 2), equals: [2, 7], "a page can begin after a message of the path")
            context.expect(
                try await page(.after(0), .through(4)), equals: [1, 2, 3, 4],
                "a page after 0 begins at the start of the path")
            context.expect(try await page(.after(9)), equals: [], "a page after the end is empty")
            context.expect(
                try await page(.after(3), .all, 2), equals: [4, 5], "a page of all branches can begin after a message")
            for (position, path) in [
                (3, .current), (11, .current), (7, .through(6)), (9, .through(8)),
            ] as [(Int64, MessageQuery.Path)] {
                await context.expectError(.conflict, "a page after a message that is not on the path is a conflict") {
                    try await chats.messages(MessageQuery(of: "c", .after(position), on: path))
                }
            }
            await context.expectError(.messageNotFound, "a path through a missing message is not found") {
                try await chats.messages(MessageQuery(of: "c", on: .through(12)))
            }
            await context.expectError(.invalidArgument, "a negative end is refused") {
                try await chats.messages(MessageQuery(of: "c", on: .through(-1)))
            }
            let none = try await chats.messages(MessageQuery(of: "none", on: .through(7)))
            context.expect(none.items, equals: [], "a missing conversation has no messages")
            let unread = try await chats.messages(MessageQuery(of: "c", on: .through(12), limit: 0))
            context.expect(unread.items, equals: [], "a limit of 0 reads nothing")
            let history = try await chats.history(of: "c", before: 6).map(\.content)
            context.expect(history, equals: ["1", "2", "5"], "a history can end at any message")
            let found = try await chats.messages(MessageQuery(of: "c", .sequences([10, 3, 9]))).items
            context.expect(found.map(\.sequence), equals: [3, 9, 10], "messages of all branches are looked up")
        },
        Check(
            "branches.read.walk", .b2, .l2,
            why: "A walk that changes its path halfway exports a chat that never was."
        ) { context in
            let chats = try await context.open()
            try await context.makeTree(chats, "c")
            for limit in 1...3 {
                var query = MessageQuery(of: "c", .after(0), limit: limit)
                var seen: [Int64] = []
                while true {
                    let page = try await chats.messages(query)
                    seen += page.items.map(\.sequence)
                    guard page.hasMore, let last = page.items.last else { break }
                    query.position = .after(last.sequence)
                    query.path = page.through.map { .through($0) } ?? .current
                    try await chats.updateConversation("c", .head(seen.count % 2 == 0 ? 6 : 11))
                }
                context.expect(seen, equals: [1, 2, 7, 8, 9], "a walk stays on its path")
                try await chats.updateConversation("c", .head(9))
            }
            var walk = chats.allMessages(of: "c").makeAsyncIterator()
            context.expect(try await walk.next()?.sequence, equals: 1, "the library's walk starts")
            try await chats.updateConversation("c", .head(6))
            var rest: [Int64] = []
            while let message = try await walk.next() { rest.append(message.sequence) }
            context.expect(rest, equals: [2, 7, 8, 9], "the library's walk stays on its path")
            try await chats.append([.user("1"), .assistant("2")], to: "linear")
            let page = try await chats.messages(MessageQuery(of: "linear", .after(0), limit: 2))
            context.expect(page.through, equals: nil, "a conversation without branches has no path to name")
            try await chats.append(.user("3"), to: "linear")
            let next = try await chats.messages(MessageQuery(of: "linear", .after(2), limit: 2))
            context.expect(next.items.map(\.sequence), equals: [3], "a walk goes on while others append")
        },
        Check(
            "branches.forks", .b5, .b7,
            why: "An app that cannot show 2 of 3 cannot lead anybody back."
        ) { context in
            let chats = try await context.open()
            context.expect(try await chats.forks(of: "none"), equals: [], "a missing conversation has no forks")
            try await chats.append([.user("1"), .assistant("2")], to: "linear")
            context.expect(
                try await chats.forks(of: "linear"), equals: [], "a conversation without branches has no forks")
            try await context.makeTree(chats, "c")
            let expected = [
                Fork(after: 0, successors: [.init(sequence: 1, newestEnd: 9), .init(sequence: 10, newestEnd: 11)]),
                Fork(
                    after: 2,
                    successors: [
                        .init(sequence: 3, newestEnd: 4), .init(sequence: 5, newestEnd: 6),
                        .init(sequence: 7, newestEnd: 9),
                    ]),
            ]
            context.expect(
                try await chats.forks(of: "c"), equals: expected, "every fork is there with every newest end")
            try await chats.updateConversation("c", .head(0))
            context.expect(try await chats.forks(of: "c"), equals: expected, "the forks do not depend on the head")
            try await chats.append(.user("12"), to: "c", .after(3))
            try await chats.append(.user("13"), to: "c", .after(4))
            context.expect(try await chats.forks(of: "c").map(\.after), equals: [0, 2, 3], "a tree grows")
            context.expect(
                try await chats.forks(of: "c").first?.successors.map(\.newestEnd), equals: [13, 11],
                "the newest ends are newer then")
            await context.expectError(.invalidArgument, "a wrong id is refused") { try await chats.forks(of: "") }
        },
        Check(
            "branches.forks.many", .b5, .b6, timeLimit: .seconds(300),
            why: "A chat with years of regenerated answers must open like any other."
        ) { context in
            let chats = try await context.open()
            let count: Int64 = 2_000
            let trees: [(ConversationID, (Int64) -> Int64?)] = [
                ("wide", { _ in 1 }), ("deep", { $0 % 2 == 0 ? $0 - 2 : nil }),
            ]
            for (id, predecessor) in trees {
                var snapshot = ConversationSnapshot.sample(id, messages: count)
                for index in snapshot.messages.indices.dropFirst(3) {
                    snapshot.messages[index].predecessor = predecessor(Int64(index) + 1)
                }
                try await chats.restoreConversation(snapshot)
            }
            let wide = try await chats.forks(of: "wide")
            context.expect(wide.map(\.successors.count), equals: [Int(count) - 2], "all messages follow one")
            let deep = try await chats.forks(of: "deep")
            context.expect(deep.count, equals: Int(count) / 2 - 1, "every other message is a fork")
            let last = try await chats.messages(of: "deep", limit: 3)
            context.expect(last.map(\.sequence), equals: [count - 4, count - 2, count], "the path is read")
            let all = try await chats.messages(MessageQuery(of: "deep", .after(0), limit: 10_000)).items
            context.expect(all.count, equals: Int(count) / 2 + 1, "the path is read to its beginning")
            context.expect(
                try await chats.removeMessages(MessageRemoval(.from(4), of: "wide")), equals: 1, "one is removed")
            context.expect(try await chats.deleteConversation("deep"), equals: true, "such a tree is deleted")
        },
    ]
}

extension MessageQuery.Path {
    fileprivate var end: Int64 {
        if case .through(let sequence) = self { sequence } else { 0 }
    }
}
