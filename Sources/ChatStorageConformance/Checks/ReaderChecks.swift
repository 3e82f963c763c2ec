import ChatStorageCore
import Synchronization

extension Check {
    /// What readers see of writes under way.
    static let readers: [Check] = [
        Check(
            "concurrency.readers-see-whole-batches", .a1, .o1,
            why: "A reader that sees a question without its answer, or a gap, sends the model a broken history."
        ) { context in
            let handles = try await context.open(handles: 4)
            let batch = 10
            let done = Mutex(false)
            _ = try await context.concurrently(handles.count) { index in
                let chats = handles[index]
                if index == 0 {
                    defer { done.withLock { $0 = true } }
                    for round in 0..<25 {
                        try await chats.append((0..<batch).map { .user("\(round)/\($0)") }, to: "one")
                    }
                    return
                }
                var seen = 0
                while !done.withLock({ $0 }) || seen == 0 {
                    let messages = try await chats.messages(of: "one", .after(0), limit: 1_000)
                    context.expect(
                        messages.count % batch == 0, "a reader sees whole batches", actual: "\(messages.count)")
                    context.expect(
                        messages.map(\.sequence), equals: messages.indices.map { Int64($0) + 1 },
                        "a reader sees no gap")
                    context.expect(messages.count >= seen, "what a reader saw does not vanish")
                    seen = messages.count
                    let last = try await chats.conversation("one")?.lastSequence ?? 0
                    context.expect(
                        last % Int64(batch) == 0, "the last sequence counts whole batches", actual: "\(last)")
                    let end = try await chats.messages(of: "one", limit: 15).map(\.sequence)
                    context.expect(
                        (end.last ?? 0) % Int64(batch) == 0, "the last page ends with a whole batch",
                        actual: "\(end)")
                    await Task.yield()
                }
            }
        },
        Check(
            "concurrency.readers-see-whole-large-batches", .a1, .o1,
            why: "A transcript imported in one append must appear at once, however long the append takes."
        ) { context in
            let handles = try await context.open(handles: 3)
            let batch = 4_000
            let done = Mutex(false)
            _ = try await context.concurrently(handles.count) { index in
                let chats = handles[index]
                if index == 0 {
                    defer { done.withLock { $0 = true } }
                    for round in 0..<4 {
                        try await chats.append((0..<batch).map { .user("\(round)/\($0)") }, to: "one")
                        await Task.yield()
                    }
                    return
                }
                var seen: Int64 = 0
                repeat {
                    let last = try await chats.conversation("one")?.lastSequence ?? 0
                    context.expect(
                        last % Int64(batch) == 0, "the last sequence counts whole batches", actual: "\(last)")
                    let end = try await chats.messages(of: "one", .end, limit: 1).last?.sequence ?? 0
                    context.expect(
                        end % Int64(batch) == 0, "the last message ends a whole batch", actual: "\(end)")
                    context.expect(last >= seen && end >= last, "what a reader saw does not vanish")
                    if end > seen {
                        let new = try await chats.messages(of: "one", .after(seen), limit: Int(end - seen))
                        context.expect(
                            new.map(\.sequence), equals: Array((seen + 1)...end), "a batch that shows is whole")
                    }
                    seen = max(seen, end)
                    await Task.yield()
                } while !done.withLock { $0 }
            }
        },
        Check(
            "concurrency.readers-see-whole-restores", .a10, .a1,
            why: "A chat that is being moved into the store must not be opened, or answered, while half of it is there."
        ) { context in
            let handles = try await context.open(handles: 3)
            let count: Int64 = 1_000
            let rounds = 8
            let done = Mutex(0)
            _ = try await context.concurrently(handles.count) { index in
                let chats = handles[index]
                if index == 0 {
                    // The readers of a round must end even if its restore fails.
                    defer { done.withLock { $0 = rounds } }
                    for round in 0..<rounds {
                        try await chats.restoreConversation(
                            .sample(ConversationID("round \(round)"), title: "title", messages: count))
                        done.withLock { $0 = round + 1 }
                        await Task.yield()
                    }
                    return
                }
                for round in 0..<rounds {
                    let id = ConversationID("round \(round)")
                    while true {
                        let isOver = done.withLock { $0 > round }
                        let conversation = try await chats.conversation(id)
                        let messages = try await chats.messages(of: id, .after(0), limit: Int(count) + 1)
                        if conversation != nil || isOver || !messages.isEmpty {
                            context.expect(
                                messages.map(\.sequence), equals: Array(1...count), "a restored conversation is whole")
                            context.expect(
                                try await chats.conversation(id)?.lastSequence, equals: count,
                                "the last sequence of a restored conversation is whole")
                        }
                        if isOver || !context.failures.isEmpty { break }
                        await Task.yield()
                    }
                }
            }
        },
        Check(
            "concurrency.readers-see-whole-deletes", .c1,
            why: "A chat that is half deleted looks like an empty one, and is answered as such."
        ) { context in
            let handles = try await context.open(handles: 3)
            let count: Int64 = 200
            for round in 0..<15 where context.failures.isEmpty {
                let id = ConversationID("round \(round)")
                try await handles[0].restoreConversation(.sample(id, title: "title", messages: count))
                let reading = Mutex(0)
                _ = try await context.concurrently(handles.count) { index in
                    if index == 0 {
                        while reading.withLock(\.self) < handles.count - 1, !Task.isCancelled { await Task.yield() }
                        try await handles[0].deleteConversation(id)
                        return
                    }
                    while !Task.isCancelled {
                        let messages = try await handles[index].messages(of: id, limit: Int(count) + 1)
                        let conversation = try await handles[index].conversation(id)
                        reading.withLock { $0 += 1 }
                        guard Int64(messages.count) < count else {
                            await Task.yield()
                            continue
                        }
                        context.expect(messages, equals: [], "a conversation is there with all its messages or gone")
                        context.expect(conversation, equals: nil, "a conversation is gone when its messages are")
                        break
                    }
                }
            }
        },
    ]
}
