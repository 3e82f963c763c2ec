import ChatStorageCore

extension Check {
    /// Concurrent calls on independent handles.
    static let concurrency: [Check] = [
        Check(
            "concurrency.writers-on-many", .o1, .a6,
            why: "Many chats are written at once, and must not get mixed up."
        ) { context in
            let handles = try await context.open(handles: 6)
            let ids = (0..<10).map { ConversationID("conversation \($0)") }
            _ = try await context.concurrently(handles.count) { writer in
                var random = context.random(stream: writer)
                for id in (ids + ids).shuffled(using: &random) {
                    try await handles[writer].append([.user("\(writer)"), .assistant("\(writer)")], to: id)
                }
            }
            for id in ids {
                let messages = try await handles[0].messages(of: id, limit: 100)
                context.expect(
                    messages.map(\.sequence), equals: Array(1...24), "each conversation has its messages, without gaps")
                for writer in handles.indices {
                    context.expect(
                        messages.filter { $0.content == "\(writer)" }.count, equals: 4, "each writer's are all there")
                }
            }
        },
        Check(
            "concurrency.times-follow-sequences", .o4,
            why: "Messages sorted by time must be the conversation, even if servers' clocks differ."
        ) { context in
            let handles = try await context.open(handles: 6)
            _ = try await context.concurrently(handles.count) { writer in
                for index in 0..<15 { try await handles[writer].append(.user("\(index)"), to: "one") }
            }
            let times = try await handles[0].messages(of: "one", limit: 100).map(\.createdAt)
            context.expect(times, equals: times.sorted(), "later sequences do not have earlier times")
            context.expect(
                try await handles[0].conversation("one")?.updatedAt, equals: times.last,
                "the conversation was updated by its last message")
        },
        Check(
            "concurrency.delete-against-append", .c1, .c3, .a1,
            why: "Deleting a chat while an answer comes in must leave nothing or a whole new chat."
        ) { context in
            let handles = try await context.open(handles: 4)
            for round in 0..<10 {
                let id = ConversationID("round \(round)")
                try await handles[0].restoreConversation(.sample(id, title: "old", messages: 5))
                let returned = try await context.concurrently(handles.count) { index -> [Message] in
                    guard index > 0 else {
                        context.expect(
                            try await handles[0].deleteConversation(id), equals: true, "the delete finds it")
                        return []
                    }
                    var messages: [Message] = []
                    for step in 0..<3 {
                        messages += try await handles[index].append(
                            [.user("\(index)/\(step)/a"), .user("\(index)/\(step)/b")], to: id)
                    }
                    return messages
                }
                let left = try await handles[1].messages(of: id, limit: 100)
                let conversation = try await handles[1].conversation(id)
                context.expect(
                    left.map(\.sequence), equals: left.indices.map { Int64($0) + 1 },
                    "what is there was counted from 1 without gaps")
                context.expect(conversation?.lastSequence ?? 0, equals: Int64(left.count), "the last sequence fits")
                context.expect(conversation?.title, equals: nil, "nothing of the deleted conversation is left")
                context.expect(
                    Set(returned.flatMap(\.self)).isSuperset(of: left), "what is there was returned by an append")
                context.expect(left.count % 2 == 0, "appends are stored whole", actual: "\(left.count)")
            }
        },
        Check(
            "concurrency.delete-against-conditional-append", .a3, .c1,
            why: "A late answer must not bring a deleted chat back, however close the two calls are."
        ) { context in
            let handles = try await context.open(handles: 4)
            for round in 0..<10 {
                let id = ConversationID("round \(round)")
                try await handles[0].createConversation(id)
                _ = try await context.concurrently(handles.count) { index in
                    if index == 0 {
                        try await handles[0].deleteConversation(id)
                    } else {
                        for step in 0..<3 {
                            do {
                                try await handles[index].append(.user("\(step)"), to: id, if: .exists)
                            } catch let error as ChatStorageError where error.code == .conversationNotFound {
                                break
                            }
                        }
                    }
                }
                context.expect(try await handles[0].conversation(id), equals: nil, "the conversation stays deleted")
                context.expect(try await handles[1].messages(of: id), equals: [], "no message is left")
            }
        },
        Check(
            "concurrency.clear-against-append", .c4, .o1,
            why: "A message sent while the chat is cleared is either cleared and counted, or still there."
        ) { context in
            let handles = try await context.open(handles: 4)
            let appends = 12
            for round in 0..<5 {
                let id = ConversationID("round \(round)")
                try await handles[0].createConversation(id)
                let removed = try await context.concurrently(handles.count) { index -> Int in
                    guard index > 0 else {
                        var removed = 0
                        for _ in 0..<6 { removed += try await handles[0].clearMessages(of: id) }
                        return removed
                    }
                    for step in 0..<appends { try await handles[index].append(.user("\(index)/\(step)"), to: id) }
                    return 0
                }.reduce(0, +)
                let total = appends * (handles.count - 1)
                let left = try await handles[1].messages(of: id, limit: 1_000).map(\.sequence)
                context.expect(
                    removed + left.count, equals: total, "what was cleared and what is left are what was appended")
                context.expect(
                    left, equals: Array((1...Int64(total)).suffix(left.count)),
                    "what is left came after the last clear, all of it")
                context.expect(
                    try await handles[2].conversation(id)?.lastSequence, equals: Int64(total),
                    "the last sequence counts what was cleared")
            }
        },
        Check(
            "concurrency.titles", .o4, .o6,
            why: "Of many titles the last one stays, and no message is lost to them."
        ) { context in
            let handles = try await context.open(handles: 6)
            try await handles[0].createConversation("one")
            let updated = try await context.concurrently(handles.count) { index -> [Timestamp] in
                var times: [Timestamp] = []
                for step in 0..<8 {
                    let title = "\(index)/\(step)"
                    let conversation = try await handles[index].updateTitle(of: "one", to: title)
                    context.expect(conversation?.title, equals: title, "a caller gets the title that it gave")
                    times.append(conversation?.updatedAt ?? .past)
                    times.append(try await handles[index].append(.user(title), to: "one").createdAt)
                }
                context.expect(times, equals: times.sorted(), "the times that one caller sees do not go back")
                return times
            }
            let last = try context.require(await handles[0].conversation("one"), "it is there")
            context.expect(
                (0..<handles.count).map { "\($0)/7" }.contains(last.title ?? ""),
                "the title is somebody's last", actual: summary(of: last.title))
            context.expect(
                last.updatedAt, equals: updated.flatMap(\.self).max() ?? .past, "the time is that of the last change")
            context.expect(last.lastSequence, equals: 48, "every message is counted")
        },
    ]
}
