import ChatStorageCore

extension Check {
    /// Edited questions, regenerated answers, and the ways between them.
    static let branches: [Check] = [
        Check(
            "branches.append.places", .b1, .b3, .o1, .a8,
            why: "A question that is edited must not overwrite the one that was asked."
        ) { context in
            let chats = try await context.open()
            try await chats.append([.user("1"), .assistant("2"), .user("3"), .assistant("4")], to: "c")
            let edited = try await chats.append(.user("5"), to: "c", .insteadOf(3))
            context.expect(edited.predecessor, equals: 2, "the new question follows the predecessor of the old one")
            try await context.expectPath(chats, [1, 2, 5], "the new question is the head")
            let again = try await chats.append(NewMessages([.assistant("6"), .user("7")], to: "c", .after(5)))
            context.expect(again.messages.map(\.predecessor), equals: [nil, nil], "each follows the message before it")
            let first = try await chats.append(.user("8"), to: "c", .insteadOf(1))
            context.expect(first.predecessor, equals: 0, "the new first message has no predecessor")
            try await context.expectPath(chats, [8], "the new first message begins a path")
            let beside = try await chats.append(
                NewMessages([.assistant("9"), .user("10")], to: "c", .after(4), movesHead: false))
            context.expect(beside.messages.map(\.predecessor), equals: [4, nil], "an append goes to its place")
            context.expect(beside.version?.head, equals: 8, "the head stays")
            try await context.expectPath(chats, [8], "the path stays")
            try await chats.append(.assistant("11"), to: "c")
            try await context.expectPath(chats, [8, 11], "an append without a place goes after the head")
            context.expect(
                try await chats.conversation("c")?.head, equals: nil, "the appended message becomes the head")
            context.expect(try await chats.conversation("c")?.messageCount, equals: 11, "all messages are kept")
            try await context.expectUnchanged(chats, "nothing else changes") {
                for place in [AppendPlace.after(12), .insteadOf(12), .insteadOf(0), .after(.max)] {
                    await context.expectError(.messageNotFound, "a missing message cannot be followed") {
                        try await chats.append(.user("never"), to: "c", place)
                    }
                }
                for place in [AppendPlace.after(1), .insteadOf(1)] {
                    await context.expectError(.messageNotFound, "a message of a missing conversation is not found") {
                        try await chats.append(.user("never"), to: "none", place)
                    }
                    await context.expectError(
                        .conversationNotFound, "a missing conversation comes first if it must exist"
                    ) {
                        try await chats.append(NewMessages([.user("never")], to: "none", place, if: .exists))
                    }
                }
                await context.expectError(.invalidArgument, "a negative sequence is refused") {
                    try await chats.append(.user("never"), to: "c", .after(-1))
                }
            }
            let created = try await chats.append(.user("1"), to: "new", .after(0))
            context.expect(created.sequence, equals: 1, "after 0 a conversation is created")
            context.expect(
                try await chats.conversation("new")?.isBranched, equals: false, "such a conversation has not branched")
        },
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
            "branches.head", .b4, .a8, .k3, .l6, .e1,
            why: "Going back to an earlier answer must show it, and nothing else may move."
        ) { context in
            let chats = try await context.open()
            try await context.makeTree(chats, "c")
            let first = try context.require(await chats.conversation("c"), "the conversation exists")
            for (change, head, path) in [
                (.head(6), 6, [1, 2, 5, 6]), (.head(2), 2, [1, 2]), (.head(0), 0, []), (.head(11), nil, [10, 11]),
                (.show(branch: 5), 6, [1, 2, 5, 6]), (.show(branch: 2), 9, [1, 2, 7, 8, 9]),
                (.show(branch: 10), nil, [10, 11]), (.show(branch: 4), 4, [1, 2, 3, 4]),
            ] as [(ConversationChange, Int64?, [Int64])] {
                let changed = try await chats.updateConversation("c", change)
                context.expect(changed?.head, equals: head, "the head is where it was put")
                context.expect(changed?.updatedAt, equals: first.updatedAt, "the time of update stays")
                context.expect(try await chats.conversation("c"), equals: changed, "a read returns the same")
                try await context.expectPath(chats, path, "the path goes back from the head")
            }
            let before = try context.require(await chats.conversation("c"), "the conversation exists")
            try await chats.updateConversation("c", .head(6))
            await context.expectError(.conflict, "another head is another version") {
                try await chats.append([.user("never")], to: "c", if: .unchanged(since: before))
            }
            try await chats.updateConversation("c", .head(4))
            let back = try await chats.updateConversation("c", .adding(label: "pinned"))
            context.expect(back?.version, equals: before.version, "the same head is the same version")
            try await context.expectUnchanged(chats, "nothing changes") {
                for change in [ConversationChange.head(12), .show(branch: 12), .show(branch: 0), .head(.max)] {
                    await context.expectError(.messageNotFound, "a missing message cannot be the head") {
                        try await chats.updateConversation("c", change.title("never"))
                    }
                }
                await context.expectError(.invalidArgument, "a negative sequence is refused") {
                    try await chats.updateConversation("c", .head(-1))
                }
                context.expect(
                    try await chats.updateConversation("none", .head(5)), equals: nil,
                    "a missing conversation is nil")
            }
            try await chats.updateConversation("c", .head(6).read(through: 6))
            context.expect(try await chats.conversation("c")?.hasUnread, equals: false, "what the path shows is read")
            try await chats.updateConversation("c", .head(9))
            context.expect(
                try await chats.conversation("c")?.hasUnread, equals: true, "messages of another path are unread")
            let listed = try await chats.conversations(ConversationQuery(preview: 10)).items.first
            context.expect(listed?.preview?.text, equals: "9", "the preview is of the current path")
            try await chats.updateConversation("c", .head(0))
            let empty = try await chats.conversations(ConversationQuery(preview: 10)).items.first
            context.expect(empty?.preview, equals: nil, "an empty path has no preview")
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
        Check(
            "branches.linear", .b6, .b1, .l2,
            why: "A client that always says what it answers must not make every chat a tree."
        ) { context in
            let chats = try await context.open()
            for sequence in 0..<5 as Range<Int64> {
                let stored = try await chats.append(.user("\(sequence)"), to: "c", .after(sequence))
                context.expect(
                    stored.predecessor, equals: nil, "an append after the newest message names no predecessor")
            }
            try await chats.updateConversation("c", .head(5))
            try await chats.append(NewMessages([.user("5")], to: "c", .after(5)))
            try await chats.removeMessages([3], of: "c")
            try await chats.append(.user("6"), to: "c", .after(6))
            let conversation = try await chats.conversation("c")
            context.expect(conversation?.isBranched, equals: false, "the conversation has not branched")
            context.expect(conversation?.head, equals: nil, "a head that is the newest message is nil")
            context.expect(
                try await chats.messages(MessageQuery(of: "c")).through, equals: nil, "a page names no end of its path")
            try await chats.clearMessages(of: "c")
            let again = try await chats.append(.user("7"), to: "c", .after(0))
            context.expect(again.predecessor, equals: nil, "after a clear, an append after 0 names no predecessor")
            context.expect(
                try await chats.conversation("c")?.isBranched, equals: false, "an append after a clear is no branch")
        },
        Check(
            "branches.clear", .c4, .b7, .b6,
            why: "A branch that outlives a clear follows a message that is gone."
        ) { context in
            let chats = try await context.open()
            try await context.makeTree(chats, "c")
            try await chats.updateConversation("c", .head(6))
            context.expect(try await chats.clearMessages(of: "c"), equals: 11, "all branches are cleared")
            let conversation = try await chats.conversation("c")
            context.expect(conversation?.head, equals: nil, "there is no head")
            context.expect(conversation?.isBranched, equals: false, "there are no branches")
            context.expect(try await chats.forks(of: "c"), equals: [], "there are no forks")
            await context.expectError(.messageNotFound, "a cleared message cannot be followed") {
                try await chats.append(.user("never"), to: "c", .after(6))
            }
            let next = try await chats.append(.user("12"), to: "c")
            context.expect(next.sequence, equals: 12, "sequences go on")
            try await context.expectPath(chats, [12], "the chat goes on")
        },
        Check(
            "branches.restore", .b8, .a10, .e1,
            why: "A chat that moves to another store takes its branches along."
        ) { context in
            let chats = try await context.open()
            try await context.makeTree(chats, "c")
            try await chats.updateConversation("c", .head(6))
            try await chats.removeMessages([2, 9], of: "c")
            let original = try context.require(await chats.conversation("c"), "the conversation exists")
            let messages = try await chats.messages(MessageQuery(of: "c", on: .all, limit: 100)).items
            let snapshot = ConversationSnapshot(
                id: "copy", createdAt: original.createdAt, updatedAt: original.updatedAt,
                lastSequence: original.lastSequence, head: original.head,
                messages: messages.map(ConversationSnapshot.Message.init))
            let restored = try await chats.restoreConversation(snapshot)
            context.expect(restored, equals: snapshot.conversation, "a restored conversation is what it was")
            context.expect(try await chats.conversation("copy"), equals: restored, "a read returns the same")
            context.expect(restored.head, equals: 6, "a restored conversation has its head")
            context.expect(
                try await chats.messages(MessageQuery(of: "copy", on: .all, limit: 100)).items,
                equals: snapshot.storedMessages, "a restored conversation has its messages")
            context.expect(
                try await chats.forks(of: "copy"), equals: try await chats.forks(of: "c"),
                "a restored conversation has its forks")
            var linear = ConversationSnapshot.sample("linear", messages: 3)
            for index in 0..<3 { linear.messages[index].predecessor = Int64(index) }
            linear.head = 3
            let plain = try await chats.restoreConversation(linear)
            context.expect(plain.isBranched, equals: false, "predecessors that are the default make no branch")
            for change in [
                { $0.head = 9 }, { $0.head = -1 }, { $0.messages[1].predecessor = 2 },
                { $0.messages[1].predecessor = 3 }, { $0.messages[2].predecessor = -1 },
            ] as [(inout ConversationSnapshot) -> Void] {
                var broken = ConversationSnapshot.sample("broken", messages: 3)
                change(&broken)
                await context.expectError(.invalidArgument, "a predecessor or head that is not in it is refused") {
                    try await chats.restoreConversation(broken)
                }
            }
            context.expect(try await chats.conversation("broken"), equals: nil, "nothing of it is stored")
        },
        Check(
            "branches.keys", .a9, .b1,
            why: "A repeat that moves the head shows another branch than the person chose."
        ) { context in
            let chats = try await context.open()
            try await context.makeTree(chats, "c")
            let append = NewMessages([.user("again", key: "k")], to: "c", .insteadOf(3))
            let first = try await chats.append(append)
            try await chats.updateConversation("c", .head(6))
            let before = try await chats.conversation("c")
            for place in [AppendPlace.insteadOf(3), .head, .after(100), .insteadOf(100)] {
                var repeated = append
                repeated.place = place
                let result = try await chats.append(repeated)
                context.expect(result.messages, equals: first.messages, "a repeat returns what was stored")
                context.expect(result.version, equals: before?.version, "a repeat returns the current version")
            }
            context.expect(try await chats.conversation("c"), equals: before, "a repeat moves no head")
        },
        Check(
            "branches.concurrent", .b1, .a6, .b7,
            why: "Two windows on one chat must not tie it into a knot."
        ) { context in
            let handles = try await context.open(handles: 2)
            try await context.makeTree(handles[0], "c")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<8 {
                    let chats = handles[caller % 2]
                    group.addTask {
                        for round in 0..<6 {
                            switch (caller + round) % 4 {
                            case 0: try await chats.updateConversation("c", .head(Int64(round)))
                            case 1: try await chats.append(.user("\(caller)"), to: "c", .after(Int64(round + 1)))
                            case 2: try await chats.append(.user("\(caller)"), to: "c")
                            default:
                                try await chats.append(
                                    NewMessages([.user("\(caller)")], to: "c", .insteadOf(5), movesHead: false))
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await context.expectTree(handles[0], "c")
            let conversation = try await handles[0].conversation("c")
            context.expect(conversation?.messageCount, equals: 11 + 36, "every message is there")
        },
    ]
}

extension MessageQuery.Path {
    fileprivate var end: Int64 {
        if case .through(let sequence) = self { sequence } else { 0 }
    }
}

extension CheckContext {
    /// Makes a conversation of eleven messages: 3, 5 and 7 follow 2, and 10 follows nothing; 9 is the head.
    func makeTree(_ chats: some ChatStorage, _ id: ConversationID) async throws {
        try await chats.append([.user("1"), .assistant("2"), .user("3"), .assistant("4")], to: id)
        try await chats.append(NewMessages([.user("5"), .assistant("6")], to: id, .insteadOf(3)))
        try await chats.append(NewMessages([.user("7"), .assistant("8"), .user("9")], to: id, .after(2)))
        try await chats.append(NewMessages([.user("10"), .assistant("11")], to: id, .after(0), movesHead: false))
    }

    /// Records a failure unless a conversation has this current path.
    func expectPath(
        _ chats: some ChatStorage, _ path: [Int64], _ expectation: String, file: String = #fileID, line: Int = #line
    ) async throws {
        let read = try await chats.messages(of: "c", limit: 1_000).map(\.sequence)
        expect(read, equals: path, expectation, file: file, line: line)
    }

    /// Records a failure unless every message follows an existing one, and every path can be read.
    func expectTree(
        _ chats: some ChatStorage, _ id: ConversationID, file: String = #fileID, line: Int = #line
    ) async throws {
        let messages = try await chats.messages(MessageQuery(of: id, on: .all, limit: 100_000)).items
        let conversation = try await chats.conversation(id)
        expect(
            conversation?.messageCount ?? 0, equals: messages.count, "messages are counted", file: file, line: line)
        var entry = Model.Entry(
            conversation: Conversation(id: id, title: nil, createdAt: .past, updatedAt: .past, lastSequence: 0))
        for message in messages {
            let predecessor = message.predecessor ?? entry.messages.last?.sequence ?? 0
            let isThere = predecessor == 0 || entry.has(predecessor)
            expect(isThere, "\(message.sequence) follows a message that is there", file: file, line: line)
            entry.predecessors[message.sequence] = predecessor
            entry.messages.append(message)
        }
        let head = conversation?.head ?? messages.last?.sequence ?? 0
        expect(head == 0 || entry.has(head), "the head is there", file: file, line: line)
        for end in Set([head] + messages.suffix(20).map(\.sequence)) {
            let path = try await chats.messages(MessageQuery(of: id, on: .through(end), limit: 100_000)).items
            expect(
                path.map(\.sequence), equals: entry.path(through: end),
                "the path to each message follows the predecessors", file: file, line: line)
        }
        expect(
            try await chats.forks(of: id), equals: entry.forks, "the forks are those of the predecessors", file: file,
            line: line)
    }
}
