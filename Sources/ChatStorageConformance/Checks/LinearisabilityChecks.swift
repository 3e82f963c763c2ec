import ChatStorageCore

extension Check {
    /// Histories of concurrent calls: for each, some order must explain everything that was returned.
    static let linearisability: [Check] = [
        Check(
            "linearisability.conversation", .o1, .a1, .a3, .a5, .a10, .c1, .c3, .c4,
            why: "If no order explains what callers saw, one of them acted on a conversation that never was."
        ) { context in
            try await expectLinearisable(in: context, callers: 4, calls: 6, rounds: 25) { id, random in
                switch Int.random(in: 0..<14, using: &random) {
                case 0: .createConversation(id, title: "created \(Int.random(in: 0..<100, using: &random))")
                case 1: .getOrCreateConversation(id, title: "got \(Int.random(in: 0..<100, using: &random))")
                case 2: .deleteConversation(id)
                case 3: .clearMessages(of: id)
                case 4: .updateTitle(of: id, to: "title \(Int.random(in: 0..<100, using: &random))")
                case 5: .append(messages(using: &random), to: id, if: .exists)
                case 6...7: .append(messages(using: &random), to: id, if: .createIfMissing)
                case 8...9: .conversation(id)
                case 10...11: .restoreConversation(.sample(id, title: "restored", messages: 3))
                case 12: .messages(of: id, .after(Int64.random(in: 0...6, using: &random)), limit: 3)
                default: .messages(of: id, .end, limit: 100)
                }
            }
        },
        Check(
            "linearisability.keys-and-conditions", .a8, .a9, .a1, .c3, .c4,
            why: "A repeat that is taken for new, or an answer to what is gone, shows only when callers meet."
        ) { context in
            try await expectLinearisable(in: context, callers: 4, calls: 6, rounds: 25) { id, random in
                let key = "\(Int.random(in: 0..<3, using: &random))"
                let pair: [ChatMessage] = [.user(key, key: key), .assistant("answer", key: "answer \(key)")]
                let version = ConversationVersion(
                    createdAt: .past, lastSequence: Int64.random(in: 3...8, using: &random))
                return switch Int.random(in: 0..<16, using: &random) {
                case 0: .deleteConversation(id)
                case 1: .clearMessages(of: id)
                case 2...4: .restoreConversation(.sample(id, title: "restored", messages: 3))
                case 5...6: .append([pair[0]], to: id, if: .createIfMissing)
                case 7...8: .append(pair, to: id, if: .exists)
                case 9: .append([.user("other", key: key)], to: id, if: .exists)
                case 10: .append([pair[0], .user("x", key: "x")], to: id, if: .unchanged(version))
                case 11...12: .append(pair, to: id, if: .unchanged(version))
                case 13: .append(messages(using: &random), to: id, if: .unchanged(version))
                case 14: .conversation(id)
                default: .messages(of: id, .end, limit: 100)
                }
            }
        },
        Check(
            "linearisability.reads", .o1, .a1, .o4,
            why: "Once somebody has seen a message, nobody may be shown the chat as it was before it."
        ) { context in
            try await expectLinearisable(in: context, callers: 4, calls: 6, rounds: 25) { id, random in
                switch Int.random(in: 0..<6, using: &random) {
                case 0...1: .append(messages(using: &random), to: id, if: .createIfMissing)
                case 2: .updateTitle(of: id, to: "title \(Int.random(in: 0..<100, using: &random))")
                case 3...4: .messages(of: id, .end, limit: 100)
                default: .conversation(id)
                }
            }
        },
    ]

    private static func messages(using random: inout SplitMix64) -> [ChatMessage] {
        (0..<Int.random(in: 1...2, using: &random)).map { _ in
            .user("\(Int.random(in: 0..<1_000, using: &random))")
        }
    }

    /// Lets callers with handles of their own make random calls on a new conversation in each round.
    private static func expectLinearisable(
        in context: CheckContext, callers: Int, calls: Int, rounds: Int,
        call: @escaping @Sendable (ConversationID, inout SplitMix64) -> StorageCall
    ) async throws {
        let handles = try await context.open(handles: callers)
        for round in 0..<rounds where context.failures.isEmpty {
            let id = ConversationID("round \(round)")
            let recorder = HistoryRecorder()
            _ = try await context.concurrently(callers) { caller in
                var random = context.random(stream: round * callers + caller)
                for _ in 0..<calls {
                    await recorder.record(call(id, &random), by: caller, on: handles[caller].asDefaultTenant)
                }
            }
            // What all of it came to, which a call under way may not have shown to anybody.
            for call in [.conversation(id), .messages(of: id, .end, limit: 1_000)] as [StorageCall] {
                await recorder.record(call, by: 0, on: handles[0].asDefaultTenant)
            }
            let history = recorder.history
            let linearisation = Linearisation(of: history)
            context.expect(
                linearisation.isComplete, "an order of the calls explains what all of them returned",
                actual: """
                    none of \(history.count) calls does; the longest goes
                    \(linearisation.longest.map { "    \(history[$0])" }.joined(separator: "\n"))
                      and none of these can follow:
                    \(linearisation.obstacles.map { "    \($0)" }.joined(separator: "\n"))
                    """)
        }
    }
}
