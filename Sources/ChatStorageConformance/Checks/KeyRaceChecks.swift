import ChatStorageCore

extension Check {
    /// The same keys from many callers at once.
    static let keyRaces: [Check] = [
        Check(
            "keys.race", .a9, .a1, .a6,
            why: "A repeat may overtake the first attempt, which is still on its way."
        ) { context in
            let handles = try await context.open(handles: 8)
            for round in 0..<10 {
                let id = ConversationID("round \(round)")
                // In every second round the conversation already exists.
                if round % 2 == 1 { try await handles[0].append(.user("before"), to: id) }
                let stored = try await context.concurrently(handles.count) { index in
                    try await handles[index].append(
                        [.user("question", key: "question"), .assistant("answer", key: "answer")], to: id)
                }
                context.expect(Set(stored).count, equals: 1, "all callers get the same messages")
                context.expect(
                    Array(try await handles[1].messages(of: id).suffix(2)), equals: stored[0], "the messages are stored"
                )
                context.expect(
                    try await handles[2].conversation(id)?.lastSequence, equals: Int64(2 + round % 2),
                    "the messages are stored once")
            }
        },
        Check(
            "keys.race-if-unchanged", .a9, .a8,
            why: "A repeat of a conditional append must not lose to the first attempt."
        ) { context in
            let handles = try await context.open(handles: 8)
            for round in 0..<10 {
                let id = ConversationID("round \(round)")
                let read = try await handles[0].createConversation(id)
                // Two callers each append one of four messages.
                let stored = try await context.concurrently(handles.count) { index -> Message? in
                    let message = ChatMessage.user("\(index % 4)", key: "\(index % 4)")
                    do {
                        return try await handles[index].append(message, to: id, if: .unchanged(since: read))
                    } catch let error as ChatStorageError where error.code == .conflict {
                        return nil
                    }
                }
                let won = try await handles[1].messages(of: id)
                context.expect(won.count, equals: 1, "one of the messages is stored")
                for (index, message) in stored.enumerated() {
                    let isWinner = "\(index % 4)" == won.first?.content
                    context.expect(
                        message, equals: isWinner ? won.first : nil,
                        "who appends the one that is stored gets it, and all others a conflict")
                }
            }
        },
        Check(
            "keys.overlapping-batches", .a9, .a1,
            why: "Of two batches that share a key one is stored whole, and nothing of the other."
        ) { context in
            let handles = try await context.open(handles: 6)
            for round in 0..<10 {
                let id = ConversationID("round \(round)")
                let stored = try await context.concurrently(handles.count) { index -> [Message] in
                    // All batches share one key, and each has two keys of its own.
                    let batch: [ChatMessage] = [
                        .user("\(index)", key: "own \(index)"), .user("shared", key: "shared"),
                        .user("\(index) again", key: "again \(index)"),
                    ]
                    do {
                        return try await handles[index].append(batch, to: id)
                    } catch let error as ChatStorageError where error.code == .idempotencyMismatch {
                        return []
                    }
                }
                context.expect(stored.count { !$0.isEmpty }, equals: 1, "one of the batches is stored")
                context.expect(
                    try await handles[0].messages(of: id), equals: stored.flatMap(\.self), "nothing else is stored")
                context.expect(
                    try await handles[1].conversation(id)?.lastSequence, equals: 3,
                    "the conversation has no other sequences")
            }
        },
    ]
}
