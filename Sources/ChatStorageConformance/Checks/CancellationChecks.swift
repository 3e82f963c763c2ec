import ChatStorageCore

extension Check {
    /// Calls whose task is cancelled.
    static let cancellation: [Check] = [
        Check(
            "cancellation.before-the-call", .a7,
            why: "A view that disappears cancels its tasks; they must end with the error that says so."
        ) { context in
            let chats = try await context.open()
            try await chats.restoreConversation(.sample("one", messages: 2))
            for call in StorageCall.ofEveryOperation(on: "one") {
                let task = Task {
                    while !Task.isCancelled { await Task.yield() }
                    return try await call.perform(on: chats)
                }
                task.cancel()
                switch await task.result {
                case .success(let reply):
                    context.expect(
                        false, "a call of a cancelled task throws",
                        actual: "\(summary(of: call)) returned \(summary(of: reply))")
                case .failure(let error):
                    context.expect(
                        error is CancellationError, "a call of a cancelled task throws CancellationError",
                        actual: "\(summary(of: call)) threw \(error)")
                }
            }
            let message = try await chats.append(.user("after"), to: "two")
            context.expect(
                try await chats.messages(of: "two"), equals: [message], "the storage works after cancelled calls")
        },
        Check(
            "cancellation.random-moments", .a7, .a1, .o1,
            why: "Whether a cancelled message was sent may be unknown, but it is never half sent."
        ) { context in
            let handles = try await context.open(handles: 3)
            // Cancelled appends must not lose this message, even if none of them is stored.
            let before = try await handles[0].append(.user("before"), to: "one")
            // The result of each batch's append; nil if it was cancelled. If all return, nothing was tested, so there
            // are more rounds, with less time, until some are cancelled.
            var returned: [[Message]?] = []
            for limit in [.milliseconds(5), .microseconds(100), .microseconds(2), .zero, .zero, .zero] as [Duration]
            where returned.allSatisfy({ $0 != nil }) {
                returned += try await appendsAtRandomMoments(
                    60, from: returned.count, within: limit, on: handles, in: context)
            }
            context.expect(
                returned.contains(nil), "some of \(returned.count) cancelled appends throw CancellationError")
            var after: [Message] = []
            for handle in handles { after.append(try await handle.append(.user("after"), to: "one")) }
            // A cancelled append may still be under way, so one call reads everything.
            let read = try await handles[0].messages(of: "one", limit: 10_000)
            context.expect(
                read.map(\.sequence), equals: read.indices.map { Int64($0) + 1 }, "cancelled appends leave no gap")
            for (batch, messages) in returned.enumerated() {
                let stored = read.filter { $0.content.hasPrefix("\(batch)/") }
                if let messages {
                    context.expect(stored, equals: messages, "an append that returned is stored")
                } else {
                    context.expect(
                        stored.isEmpty || stored.map(\.content) == (0..<3).map { "\(batch)/\($0)" },
                        "a cancelled append is stored whole or not at all", actual: summary(of: stored))
                }
            }
            context.expect(
                read.filter { $0.content == "after" }, equals: after, "the storage works after cancelled appends")
            context.expect(read.first, equals: before, "cancelled appends leave what was there")
        },
        Check(
            "cancellation.large-writes", .a7, .a1, .a10,
            why: "The longer a write takes, the likelier it is cancelled; it must not stay half done."
        ) { context in
            let handles = try await context.open(handles: 3)
            let count: Int64 = 1_000
            // Which calls were cancelled. Long and short times, since it is not known how long a write takes here.
            // If all return, nothing was tested, so there are more rounds with less time.
            var cancelled: [Bool] = []
            for limits in [
                [.microseconds(200), .milliseconds(5), .milliseconds(40)], [.microseconds(2)], [.zero], [.zero],
                [.zero],
            ] as [[Duration]] where !cancelled.contains(true) {
                cancelled += try await largeWrites(
                    24, of: count, from: cancelled.count, within: limits, on: handles, in: context)
            }
            context.expect(
                cancelled.contains(true), "some of \(cancelled.count) cancelled writes throw CancellationError")
            for (index, wasCancelled) in cancelled.enumerated() {
                let (handle, id) = (handles[index % handles.count], ConversationID("\(index)"))
                // A cancelled write may still be under way, but the stored data is whole at every moment.
                let conversation = try await handle.conversation(id)
                let messages = try await handle.messages(of: id, limit: Int(count) + 1)
                let what = index % 2 == 0 ? "a cancelled restore" : "a cancelled append"
                if wasCancelled, conversation == nil, messages.isEmpty { continue }
                context.expect(
                    messages.map(\.sequence), equals: Array(1...count), "\(what) is there whole or not at all")
                context.expect(
                    try await handle.conversation(id)?.lastSequence, equals: count, "\(what) is counted whole")
            }
            context.expect(
                try await handles[0].append(.user("after"), to: "after").sequence, equals: 1,
                "the storage works after cancelled writes")
        },
        Check(
            "cancellation.neighbours", .a7,
            why: "Callers share connections; one that gives up must not take another's call with it."
        ) { context in
            let chats = try await context.open()
            // Whether each call on "a" returned; more rounds with less time if all do, since nothing was tested then.
            var returned: [Bool] = []
            for limit in [.milliseconds(2), .microseconds(2), .zero, .zero, .zero] as [Duration]
            where !returned.contains(false) {
                let round = try await context.concurrently(40) { index -> Bool? in
                    let task = Task { try await chats.append(.user("\(index)"), to: index % 2 == 0 ? "a" : "b") }
                    // The calls on "a" are cancelled; those on "b" run at the same time on the same handle.
                    guard index % 2 == 0 else {
                        _ = try await task.value
                        return nil
                    }
                    var random = context.random(stream: index)
                    await context.letTimePass(upTo: limit, using: &random)
                    task.cancel()
                    do { _ = try await task.value } catch is CancellationError { return false }
                    return true
                }
                returned += round.compactMap(\.self)
            }
            context.expect(
                returned.contains(false), "some of \(returned.count) cancelled appends throw CancellationError")
            context.expect(
                try await chats.messages(of: "b", limit: 200).map(\.sequence),
                equals: Array(1...Int64(returned.count)), "calls beside cancelled ones all happen")
            context.expect(
                try await chats.messages(of: "a", limit: 200).count >= returned.count(where: \.self),
                "calls that returned have happened")
        },
        Check(
            "cancellation.reads", .a7,
            why: "Reads are cancelled most often, whenever a person scrolls on."
        ) { context in
            let chats = try await context.open()
            try await chats.append((1...500).map { .user("\($0)") }, to: "one")
            let expected = try await chats.messages(of: "one", limit: 500)
            var cancelled: [Bool] = []
            for limit in [.milliseconds(1), .microseconds(2), .zero, .zero, .zero] as [Duration]
            where !cancelled.contains(true) {
                cancelled += try await context.concurrently(60) { index -> Bool in
                    let task = Task { try await chats.messages(of: "one", limit: 500) }
                    var random = context.random(stream: index)
                    await context.letTimePass(upTo: limit, using: &random)
                    if index % 3 != 0 { task.cancel() }
                    do {
                        context.expect(try await task.value, equals: expected, "a read that returns is right")
                        return false
                    } catch is CancellationError {
                        context.expect(index % 3 != 0, "a read that nobody cancelled returns")
                        return true
                    }
                }
            }
            context.expect(
                cancelled.contains(true), "some of \(cancelled.count) reads are cancelled and throw CancellationError")
            context.expect(
                try await chats.messages(of: "one", limit: 500), equals: expected, "reading works afterwards")
        },
    ]

    /// Restores or appends conversations of many messages, and cancels each within one of the times; returns which were
    /// cancelled.
    private static func largeWrites(
        _ calls: Int, of count: Int64, from first: Int, within limits: [Duration], on handles: [InterceptedBackend],
        in context: CheckContext
    ) async throws -> [Bool] {
        try await context.concurrently(calls) { offset in
            let index = first + offset
            var random = context.random(stream: index)
            let (handle, id) = (handles[index % handles.count], ConversationID("\(index)"))
            let snapshot = ConversationSnapshot.sample(id, messages: count)
            let task = Task {
                if index % 2 == 0 {
                    try await handle.restoreConversation(snapshot)
                } else {
                    try await handle.append(snapshot.messages.map { .user($0.content) }, to: id)
                }
            }
            let limit = limits[index / 2 % limits.count]
            await context.letTimePass(upTo: limit, using: &random)
            task.cancel()
            do {
                try await task.value
                return false
            } catch is CancellationError {
                return true
            }
        }
    }

    /// Appends batches of three, and cancels each within a time; returns nil for each cancelled one.
    private static func appendsAtRandomMoments(
        _ count: Int, from first: Int, within limit: Duration, on handles: [InterceptedBackend],
        in context: CheckContext
    ) async throws -> [[Message]?] {
        try await context.concurrently(count) { index in
            let batch = first + index
            var random = context.random(stream: batch)
            let task = Task {
                try await handles[batch % handles.count].append((0..<3).map { .user("\(batch)/\($0)") }, to: "one")
            }
            await context.letTimePass(upTo: limit, using: &random)
            task.cancel()
            do {
                return try await task.value
            } catch is CancellationError {
                return nil
            }
        }
    }
}
