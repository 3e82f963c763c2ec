import ChatStorageCore

extension Check {
    /// Stores as large as after years of use.
    static let scale: [Check] = [
        Check(
            "scale.messages", .o1, .o2, .l2, .c4, .t4, timeLimit: .seconds(900),
            why: "An agent's conversation goes on for months; its end must stay as quick to read as its beginning."
        ) { context in
            let chats = try await context.open()
            let batch = Int64(Limits.appendMessages)
            let count = 10 * batch
            for start in stride(from: 1, through: count, by: Int(batch)) {
                let messages = try await chats.append((start..<(start + batch)).map { .user("\($0)") }, to: "one")
                context.expect(
                    messages.map(\.sequence), equals: Array(start..<(start + batch)), "each batch goes on counting")
            }
            func expectRead(
                _ position: MessagePosition, limit: Int, _ sequences: ClosedRange<Int64>, line: Int = #line
            ) async throws {
                let read = try await chats.messages(of: "one", position, limit: limit)
                context.expect(
                    read.map(\.sequence), equals: Array(sequences), "a page has the right sequences", line: line)
                context.expect(
                    read.map(\.content), equals: sequences.map { "\($0)" }, "the messages have their own contents",
                    line: line)
            }
            try await expectRead(.end, limit: 20, (count - 19)...count)
            try await expectRead(.before(count / 2), limit: 50, (count / 2 - 50)...(count / 2 - 1))
            try await expectRead(.after(count / 2), limit: 50, (count / 2 + 1)...(count / 2 + 50))
            var walked: Int64 = 0
            for try await message in chats.allMessages(of: "one") {
                walked += 1
                guard message.sequence == walked else { break }
            }
            context.expect(walked, equals: count, "the walk over all gives each message once, in order")
            context.expect(
                try await chats.conversation("one")?.lastSequence, equals: count,
                "the last sequence is the last message's")
            context.expect(try await chats.clearMessages(of: "one"), equals: Int(count), "a clear counts all of them")
            context.expect(try await chats.messages(of: "one", limit: .max), equals: [], "a clear leaves no messages")
            context.expect(
                try await chats.append(.user("next"), to: "one").sequence, equals: count + 1, "counting goes on")
        },
        Check(
            "scale.conversations", .l3, .o3, timeLimit: .seconds(900),
            why: "A store of many chats must be listed whole, even if an import gave most of them one time."
        ) { context in
            let chats = try await context.open()
            let count = 100_000
            let few = 1_000
            let small = try await context.openOtherStore()
            let tasks = 64
            _ = try await context.concurrently(tasks) { task in
                for number in stride(from: task, to: count, by: tasks) {
                    // The odd ones share one time; each even one has its own.
                    let updatedAt = Timestamp.past.advanced(by: number % 2 == 1 ? 0 : Int64(number) + 1)
                    let snapshot = ConversationSnapshot.sample(ConversationID("\(number)"), updatedAt: updatedAt)
                    try await chats.restoreConversation(snapshot)
                    if number < few { try await small.restoreConversation(snapshot) }
                }
            }
            // A report does not need the calls that filled the store.
            context.recorder.restart()
            try await expectPage(after: nil, of: "the first page", of: chats, toCostAsIn: small, context)
            // A backend that reads everything for each page would read it all about a hundred times.
            guard context.failures.isEmpty else { return }
            let evens = stride(from: count - 2, through: 0, by: -2).map { ConversationID("\($0)") }
            let odds = stride(from: 1, to: count, by: 2).map { ConversationID("\($0)") }.sortedByUTF8()
            let expected = evens + odds
            context.expect(
                try await chats.conversations(limit: 50).map(\.id), equals: Array(expected.prefix(50)),
                "the first page has the newest")
            var walked: [ConversationID] = []
            var (middle, late): (ConversationCursor?, ConversationCursor?)
            var cursor: ConversationCursor?
            repeat {
                let page = try await chats.conversations(after: cursor, limit: 1_000)
                walked += page.items.map(\.id)
                cursor = page.next
                if walked.count <= count / 4 { middle = cursor }
                if walked.count <= count - count / 20 { late = cursor }
            } while cursor != nil && walked.count <= count
            context.expect(walked, equals: expected, "the walk over all gives each conversation once, in order")
            for (place, cursor) in [("a middle page", middle), ("a late page", late)] {
                try await expectPage(after: cursor, of: place, of: chats, toCostAsIn: small, context)
            }
        },
    ]

    /// Expects a page of a store that is a hundred times as large to cost at most ten times as much.
    ///
    /// Both are read in turn, and the quickest of each counts: other load on the machine makes some reads slow, but a
    /// backend that reads everything is never quick.
    private static func expectPage(
        after cursor: ConversationCursor?, of what: String, of large: some ChatStorage,
        toCostAsIn small: some ChatStorage, _ context: CheckContext
    ) async throws {
        var (cost, costOfSmall) = (Duration.seconds(3_600), Duration.seconds(3_600))
        for _ in 0..<50 {
            costOfSmall = min(costOfSmall, try await costOfPage(after: nil, in: small))
            cost = min(cost, try await costOfPage(after: cursor, in: large))
            if cost < max(costOfSmall, .milliseconds(1)) * 10 { return }
        }
        context.expect(
            false, "\(what) of 100,000 conversations costs about as much as one of 1,000",
            actual: "\(cost) at best, not \(costOfSmall)")
    }

    private static func costOfPage(
        after cursor: ConversationCursor?, in chats: some ChatStorage
    ) async throws -> Duration {
        let start = ContinuousClock.now
        _ = try await chats.conversations(after: cursor, limit: 50)
        return ContinuousClock.now - start
    }
}
