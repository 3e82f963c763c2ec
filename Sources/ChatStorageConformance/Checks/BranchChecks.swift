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
