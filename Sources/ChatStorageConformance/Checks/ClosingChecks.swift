import ChatStorageCore

extension Check {
    /// Closed stores, and stores that are being closed.
    static let closing: [Check] = [
        Check(
            "closing.refuses-every-call", .e3,
            why: "Work that goes on after the app closed its store must fail clearly, not crash or hang."
        ) { context in
            let backend = try await context.open()
            try await backend.append(.user("text"), to: "one")
            let before = [backend.defaultTenant, backend.tenant("a"), backend.tenant(""), backend.asDefaultTenant]
            try await backend.close()
            let after = [backend.defaultTenant, backend.tenant("b"), backend.tenant(""), backend.asDefaultTenant]
            for call in StorageCall.ofEveryOperation(on: "one") {
                for chats in before + after {
                    await context.expectError(.closed, "a closed store refuses \(summary(of: call))") {
                        try await call.perform(on: chats)
                    }
                }
            }
            await context.expectError(.closed, "a closed store is not prepared") { try await backend.prepare() }
            await context.expectError(.closed, "a closed store lists no tenants") {
                try await backend.tenants(TenantQuery())
            }
            await context.expectError(.closed, "a closed store lists no answers") {
                try await backend.unfinishedMessages(UnfinishedQuery(notRevisedFor: .zero))
            }
            await context.expectError(.closed, "a closed store has no statistics") { try await backend.statistics() }
            await context.expectError(.closed, "a closed store is not ready") { try await backend.ping() }
        },
        Check(
            "closing.twice", .e3,
            why: "Two parts of an app may both clean up."
        ) { context in
            let backend = try await context.open()
            try await backend.close()
            try await backend.close()
            _ = try await context.concurrently(4) { _ in try await backend.close() }
            await context.expectError(.closed, "it stays closed") { try await backend.conversation("one") }
        },
        Check(
            "closing.leaves-other-handles", .e3, needs: [.capability(.multiProcess)],
            why: "One process that ends must not end the others' work."
        ) { context in
            let handles = try await context.open(handles: 3)
            try await handles[0].append(.user("1"), to: "one")
            try await handles[0].close()
            try await handles[1].append(.user("2"), to: "one")
            try await handles[1].close()
            try await context.expectContents(of: "one", in: handles[2], equal: ["1", "2"], "other handles go on")
        },
        Check(
            "closing.calls-under-way", .e3, .a1,
            why: "An app that closes while it still writes may lose the answer, but never half a write."
        ) { context in
            for round in 0..<5 {
                let handles = try await context.open(handles: 2)
                let closing = handles[0]
                let id = ConversationID("round \(round)")
                // The result of each append; nil if it was refused.
                let returned = try await context.concurrently(24) { index -> [Message]? in
                    if index == 12 {
                        try await closing.close()
                        return nil
                    }
                    do {
                        return try await closing.append([.user("\(index)/a"), .user("\(index)/b")], to: id)
                    } catch let error as ChatStorageError {
                        context.expect(
                            error.code == .closed || error.code == .unavailable,
                            "a call under way finishes, or throws closed or unavailable", actual: "\(error)")
                        return nil
                    }
                }
                guard closing.capabilities.contains(.multiProcess) else { return }
                // The other handle goes on while this one closes.
                try await expectWhole(returned, of: 2, in: handles[1], as: id, context)
            }
        },
        Check(
            "closing.reads-under-way", .e3, needs: [.ownStore],
            why: "An app that closes while a list still loads must not crash, hang, or show half of it."
        ) { context in
            for round in 0..<3 {
                let closing = try await context.openOtherStore()
                for batch in 0..<10 {
                    try await closing.append((0..<50).map { .user("\(batch)/\($0)") }, to: "one")
                }
                // A short and a long read.
                let limits = [20, 10_000]
                let before = [
                    try await closing.messages(of: "one", limit: limits[0]),
                    try await closing.messages(of: "one", limit: limits[1]),
                ]
                _ = try await context.concurrently(24) { index in
                    if index == 12 {
                        var random = context.random(stream: round)
                        await context.letTimePass(upTo: .milliseconds(2), using: &random)
                        try await closing.close()
                        return
                    }
                    do {
                        context.expect(
                            try await closing.messages(of: "one", limit: limits[index % 2]), equals: before[index % 2],
                            "a read under way is answered whole")
                    } catch let error as ChatStorageError {
                        context.expect(
                            error.code == .closed || error.code == .unavailable,
                            "a call under way finishes, or throws closed or unavailable", actual: "\(error)")
                    }
                }
                await context.expectError(.closed, "calls throw closed once close() has returned") {
                    try await closing.messages(of: "one")
                }
            }
        },
        Check(
            "closing.writes-under-way-whole", .e3, .a1, .d1, needs: [.capability(.durable)],
            why:
                "What an app finds when it starts again after it was closed in the middle of its work must be in order."
        ) { context in
            var closing = try await context.open()
            for round in 0..<5 {
                let id = ConversationID("round \(round)")
                let handle = closing
                let returned = try await context.concurrently(13) { index -> [Message]? in
                    if index == 6 {
                        var random = context.random(stream: round)
                        await context.letTimePass(upTo: .milliseconds(2), using: &random)
                        try await handle.close()
                        return nil
                    }
                    let messages = (0..<50).map { ChatMessage.user("\(index)/\($0)") }
                    do { return try await handle.append(messages, to: id) } catch is ChatStorageError { return nil }
                }
                closing = try await context.reopen()
                try await expectWhole(returned, of: 50, in: closing, as: id, context)
            }
        },
    ]

    /// Expects every append that returned to be stored, and each of the others completely or not at all.
    private static func expectWhole(
        _ returned: [[Message]?], of size: Int, in chats: some ChatStorage, as id: ConversationID,
        _ context: CheckContext
    ) async throws {
        let read = try await chats.messages(of: id, limit: 1_000)
        context.expect(read.map(\.sequence), equals: read.indices.map { Int64($0) + 1 }, "sequences have no gap")
        context.expect(
            try await chats.conversation(id)?.lastSequence ?? 0, equals: Int64(read.count), "the last sequence fits")
        let counts = Dictionary(grouping: read) { $0.content.prefix { $0 != "/" } }.mapValues(\.count)
        context.expect(counts.values.allSatisfy { $0 == size }, "no append is stored by half", actual: "\(counts)")
        for messages in returned.compactMap(\.self) {
            context.expect(Set(read).isSuperset(of: messages), "an append that returned is stored")
        }
    }
}
