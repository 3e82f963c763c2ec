import ChatStorageCore

extension Check {
    /// Messages that are removed one by one, or with all that follow.
    static let removals: [Check] = [
        Check(
            "removal.messages", .c6, .o1, .o6, .l2, .l5,
            why: "A message that a person removes must be gone, and the chat must go on around it."
        ) { context in
            let chats = try await context.open()
            try await chats.append((1...6).map { .user("\($0)") }, to: "c")
            let before = try context.require(await chats.conversation("c"), "the conversation exists")
            context.expect(
                try await chats.removeMessages([2, 5, 5, 9], of: "c"), equals: 2,
                "the existing ones are removed and counted")
            try await context.expectPath(chats, [1, 3, 4, 6], "the other messages are left")
            let after = try context.require(await chats.conversation("c"), "the conversation exists")
            context.expect(after.messageCount, equals: 4, "the message count is right")
            context.expect(after.updatedAt >= before.updatedAt, "the time of update does not go back")
            context.expect(after.version, equals: before.version, "the version stays")
            context.expect(after.readThrough, equals: before.readThrough, "the read mark stays")
            context.expect(try await chats.removeMessages([6], of: "c"), equals: 1, "the last one can be removed")
            let next = try await chats.append(.user("7"), to: "c")
            context.expect(next.sequence, equals: 7, "no sequence is used again")
            context.expect(next.predecessor, equals: nil, "the new message follows the newest one left")
            try await context.expectPath(chats, [1, 3, 4, 7], "the chat goes on")
            context.expect(
                try await chats.conversation("c")?.isBranched, equals: false, "the conversation has not branched")
            for position in [MessagePosition.before(5), .before(6)] {
                let page = try await chats.messages(of: "c", position, limit: 2).map(\.sequence)
                context.expect(page, equals: [3, 4], "a page can end before a removed message")
            }
            let page = try await chats.messages(of: "c", .after(2), limit: 2).map(\.sequence)
            context.expect(page, equals: [3, 4], "a page can begin after a removed message")
            context.expect(
                try await chats.messages(MessageQuery(of: "c", .sequences([1, 2, 3]))).items.map(\.sequence),
                equals: [1, 3], "a removed message is not looked up")
            await context.expectError(.messageNotFound, "a removed message cannot be changed") {
                try await chats.updateMetadata(of: 2, .setting("a", to: 1), in: "c")
            }
            context.expect(
                try await chats.removeMessages([1, 3, 4, 7], of: "c"), equals: 4, "all that are left are removed")
            context.expect(try await chats.messages(of: "c"), equals: [], "nothing is left")
            context.expect(try await chats.append(.user("8"), to: "c").sequence, equals: 8, "the conversation stays")
        },
        Check(
            "removal.in-a-tree", .c6, .b7, .b4, .b5,
            why: "Removing a question must not take away the answers to its other versions."
        ) { context in
            let chats = try await context.open()
            try await context.makeTree(chats, "c")
            try await chats.updateConversation("c", .head(6))
            context.expect(try await chats.removeMessages([2], of: "c"), equals: 1, "a fork is removed")
            let messages = try await chats.messages(MessageQuery(of: "c", on: .all, limit: 100)).items
            context.expect(
                messages.map(\.predecessor), equals: [nil, nil, nil, 1, nil, 1, nil, nil, 0, nil],
                "successors of a removed message follow its predecessor")
            try await context.expectPath(chats, [1, 5, 6], "paths skip the removed message")
            context.expect(
                try await chats.forks(of: "c").map(\.after), equals: [0, 1], "forks skip the removed message")
            context.expect(try await chats.removeMessages([5, 6], of: "c"), equals: 2, "the head is removed")
            try await context.expectPath(chats, [1], "the predecessor of the removed head is the head")
            context.expect(try await chats.conversation("c")?.head, equals: 1, "the conversation names its head")
            context.expect(try await chats.removeMessages([1], of: "c"), equals: 1, "the beginning is removed")
            try await context.expectPath(chats, [], "the head is before all messages")
            try await context.expectTree(chats, "c")
            context.expect(
                try await chats.forks(of: "c").map { $0.successors.map(\.sequence) }, equals: [[3, 7, 10]],
                "the messages left without a predecessor are first ones")
            try await chats.updateConversation("c", .head(9))
            context.expect(try await chats.removeMessages([10, 11], of: "c"), equals: 2, "the newest are removed")
            context.expect(try await chats.conversation("c")?.head, equals: nil, "the head is the newest now")
            context.expect(
                try await chats.removeMessages(MessageRemoval(.from(3), of: "c")), equals: 2, "a branch is removed")
            context.expect(try await chats.conversation("c")?.isBranched, equals: false, "one path is left")
            let left = try await chats.messages(MessageQuery(of: "c", on: .all)).items
            context.expect(left.map(\.predecessor), equals: [nil, nil, nil], "predecessors are nil on a single path")
        },
        Check(
            "removal.from", .c6, .b4, .e1,
            why: "Taking back a question takes back all that follows it, and nothing else."
        ) { context in
            let chats = try await context.open()
            try await context.makeTree(chats, "c")
            try await context.expectUnchanged(chats, "nothing changes") {
                context.expect(
                    try await chats.removeMessages(MessageRemoval(.from(12), of: "c")), equals: 0,
                    "nothing is removed from a missing message on")
                context.expect(
                    try await chats.removeMessages(MessageRemoval(.from(0), of: "c")), equals: 0,
                    "nothing is removed from 0 on")
                context.expect(
                    try await chats.removeMessages(MessageRemoval(.from(1), of: "none")), equals: 0,
                    "nothing is removed from a missing conversation")
                context.expect(
                    try await chats.conversation("none"), equals: nil, "a missing conversation is not created")
                context.expect(try await chats.removeMessages([], of: "c"), equals: 0, "an empty list removes nothing")
                context.expect(
                    try await chats.removeMessages([0, 12, .max], of: "c"), equals: 0,
                    "missing messages are not removed")
                for selection in [
                    MessageRemoval.Selection.from(-1), .messages([1, -1]), .messages(Array(repeating: 1, count: 1_001)),
                ] {
                    await context.expectError(.invalidArgument, "a selection beyond the limits is refused") {
                        try await chats.removeMessages(MessageRemoval(selection, of: "c"))
                    }
                }
            }
            context.expect(
                try await chats.removeMessages(MessageRemoval(.from(5), of: "c")), equals: 2, "one branch is removed")
            try await context.expectPath(chats, [1, 2, 7, 8, 9], "another branch's path stays")
            context.expect(
                try await chats.removeMessages(MessageRemoval(.from(8), of: "c")), equals: 2,
                "the end of the path is removed")
            try await context.expectPath(chats, [1, 2, 7], "the predecessor of the removed head is the head")
            context.expect(
                try await chats.removeMessages(MessageRemoval(.from(2), of: "c")), equals: 4,
                "all branches are removed from a message on")
            try await context.expectTree(chats, "c")
            let left = try await chats.messages(MessageQuery(of: "c", on: .all)).items.map(\.sequence)
            context.expect(left, equals: [1, 10, 11], "other messages stay")
        },
        Check(
            "removal.key-is-free", .c6, .a9, .s2,
            why: "A message that was removed by mistake can be sent again."
        ) { context in
            let chats = try await context.open()
            try await chats.append([.user("one", key: "k"), .user("two", key: "l")], to: "c")
            try await chats.removeMessages([1], of: "c")
            await context.expectError(.idempotencyMismatch, "one of two keys is there") {
                try await chats.append([.user("one", key: "k"), .user("two", key: "l")], to: "c")
            }
            let again = try await chats.append(.user("another", key: "k"), to: "c")
            context.expect(again.sequence, equals: 3, "its key is free")
            context.expect(
                try await chats.messages(MessageQuery(of: "c", .keys(["k"]))).items, equals: [again],
                "the key names the new message")
        },
        Check(
            "removal.concurrent", .c6, .a6, .b7,
            why: "A message that is removed while another is appended must not leave a hole in the path."
        ) { context in
            let handles = try await context.open(handles: 2)
            try await context.makeTree(handles[0], "c")
            // Each caller's balance: appended messages minus removed ones.
            let added = try await withThrowingTaskGroup(of: Int.self) { group in
                for caller in 0..<8 as Range<Int64> {
                    let chats = handles[Int(caller) % 2]
                    group.addTask {
                        var added = 0
                        for round in 0..<5 as Range<Int64> {
                            let sequence = 1 + (caller * 3 + round * 5) % 16
                            switch (caller + round) % 4 {
                            case 0: added -= try await chats.removeMessages([sequence, sequence + 1], of: "c")
                            case 1:
                                try await chats.append(.user("\(caller)"), to: "c")
                                added += 1
                            case 2: added -= try await chats.removeMessages(MessageRemoval(.from(sequence), of: "c"))
                            default:
                                do {
                                    try await chats.append(.user("\(caller)"), to: "c", .after(sequence))
                                    added += 1
                                } catch let error as ChatStorageError where error.code == .messageNotFound {
                                    continue
                                }
                            }
                        }
                        return added
                    }
                }
                return try await group.reduce(0, +)
            }
            try await context.expectTree(handles[0], "c")
            let left = try await handles[0].conversation("c")?.messageCount
            context.expect(left, equals: 11 + added, "every message is appended once and removed once")
        },
    ]
}
