import ChatStorageCore
import Synchronization

extension Check {
    /// What callers can rely on while others keep the store busy.
    static let contention: [Check] = [
        Check(
            "concurrency.clear-removes-what-came-before", .c4,
            why: "What a person has seen and then cleared must be gone, whoever else is writing."
        ) { context in
            let handles = try await context.open(handles: 4)
            let rounds = 25
            let committed = Mutex<(count: Int, sequence: Int64)>((0, 0))
            let begun = Mutex(0)
            _ = try await context.concurrently(handles.count) { index in
                if index > 0 {
                    for round in 1...rounds {
                        // A few messages per round: an endless writer can keep others from an engine's lock.
                        while begun.withLock(\.self) < round, !Task.isCancelled { await Task.yield() }
                        for step in 0..<3 {
                            let message = try await handles[index].append(.user("\(round)/\(step)"), to: "one")
                            committed.withLock { $0 = ($0.count + 1, max($0.sequence, message.sequence)) }
                            await Task.yield()
                        }
                    }
                    return
                }
                var random = context.random()
                var (seen, before): (Int, Int64) = (0, 0)
                for round in 1...rounds {
                    begun.withLock { $0 = round }
                    while committed.withLock(\.count) == seen, !Task.isCancelled { await Task.yield() }
                    // Otherwise tasks that take turns would always meet at the same point.
                    for _ in 0..<Int.random(in: 0...3, using: &random) { await Task.yield() }
                    (seen, before) = committed.withLock(\.self)
                    try await handles[0].clearMessages(of: "one")
                    let first = try await handles[0].messages(of: "one", .after(0), limit: 1).first?.sequence
                    context.expect(
                        (first ?? .max) > before, "nothing committed before a clear began is there after it",
                        actual: "\(before) was committed, \(first ?? 0) is there")
                }
            }
        },
        Check(
            "concurrency.readers-starve-nobody", .e4, .a1,
            why: "Calls must let others run: a page that polls for news must not hold up its own answer."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("first"), to: "one")
            let (readers, steps) = (8, 10)
            let reading = Mutex(0)
            let written = Mutex(0)
            // If reads take all of Swift's threads, no timer runs either, so the loops check the clock.
            let end = ContinuousClock.now + .seconds(15)
            _ = try await context.concurrently(1 + readers) { index in
                if index == 0 {
                    while reading.withLock(\.self) < readers, ContinuousClock.now < end { await Task.yield() }
                    for step in 0..<steps where ContinuousClock.now < end {
                        try await chats.append(.user("\(step)"), to: "one")
                        written.withLock { $0 += 1 }
                    }
                    return
                }
                _ = try await chats.messages(of: "one", limit: 20)
                reading.withLock { $0 += 1 }
                while written.withLock(\.self) < steps, ContinuousClock.now < end {
                    _ = try await chats.messages(of: "one", limit: 20)
                }
            }
            context.expect(
                written.withLock(\.self), equals: steps, "a writer finishes beside eight tasks that only read")
        },
        Check(
            "cancellation.any-operation", .a7, .a1, .o1,
            why: "A person leaves a page while any call is under way; whatever it was, the store stays in order."
        ) { context in
            let handles = try await context.open(handles: 3)
            let ids: [ConversationID] = ["a", "b"]
            _ = try await context.concurrently(90) { index in
                var random = context.random(stream: index)
                // Removing some messages leaves gaps of its own.
                let calls = StorageCall.ofEveryOperation(on: ids[index % ids.count]).filter { !$0.removesSome }
                let call = calls[Int.random(in: calls.indices, using: &random)]
                let task = Task { try await call.perform(on: handles[index % handles.count].asDefaultTenant) }
                // Most calls are short, and those in memory very short.
                let limits: [Duration] = [.zero, .microseconds(20), .milliseconds(4)]
                await context.letTimePass(upTo: limits[index % limits.count], using: &random)
                task.cancel()
                do {
                    _ = try await task.value
                } catch is CancellationError {
                    // The call may have happened or not.
                } catch let error as ChatStorageError {
                    context.expect(
                        [.conversationExists, .conversationNotFound, .messageNotFound, .conflict].contains(error.code),
                        "a cancelled call throws only the usual errors",
                        actual: "\(summary(of: call)) threw \(error)")
                }
            }
            for (handle, id) in zip(handles, ids) {
                let last = try await handle.append([.user("after"), .assistant("after")], to: id)
                let read = try await handle.messages(MessageQuery(of: id, on: .all, limit: 1_000)).items
                context.expect(
                    zip(read, read.dropFirst()).allSatisfy { $0.sequence + 1 == $1.sequence },
                    "cancelled calls leave no gap", actual: summary(of: read.map(\.sequence)))
                // A cancelled clear or delete may still be under way, and come after the append.
                context.expect(
                    read.isEmpty || read.map(\.createdAt) == read.map(\.createdAt).sorted(),
                    "times follow sequences after cancelled calls")
                context.expect(last.count, equals: 2, "the storage works after cancelled calls")
            }
            let listed = try await handles[0].conversations(limit: 10).map(\.id)
            context.expect(Set(listed).count, equals: listed.count, "each conversation is listed once")
        },
    ]
}

extension StorageCall {
    /// Whether it removes some messages and leaves others.
    fileprivate var removesSome: Bool {
        if case .removeMessages(let removal) = self { removal.selection != .all } else { false }
    }
}
