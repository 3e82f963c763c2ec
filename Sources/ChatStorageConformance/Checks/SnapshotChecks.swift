import ChatStorageCore
import Synchronization

extension Check {
    /// Snapshots of a store at one moment.
    static let snapshots: [Check] = [
        Check(
            "snapshots.one-moment", .a12, needs: [.capability(.snapshots)],
            why: "An export that mixes moments has answers without their questions, and a wrong digest."
        ) { context in
            let backend = try await context.open()
            let other = backend.tenant("other")
            try await backend.restoreConversation(.sample("kept", title: "title", messages: 3))
            try await backend.restoreConversation(.sample("cleared", messages: 3))
            try await backend.append(.user("text"), to: "deleted")
            try await other.append(.user("text"), to: "one")
            let before = (try await TenantState(of: backend), try await TenantState(of: other))
            let result = try await backend.withSnapshot { snapshot in
                // Even before the first read: the moment is that of the call.
                try await change(backend)
                context.expect(
                    try await TenantState(of: snapshot.defaultTenant) == before.0, "a snapshot shows its moment")
                context.expect(
                    try await TenantState(of: snapshot.tenant("other")) == before.1,
                    "a snapshot shows all tenants at its moment")
                try await backend.append(.user("more"), to: "kept")
                context.expect(
                    try await TenantState(of: snapshot) == before.0, "what is written later does not show either")
                let nested = try await snapshot.withSnapshot { try await TenantState(of: $0) }
                context.expect(nested == before.0, "a snapshot of a snapshot is of the same moment")
                context.expect(
                    try await snapshot.conversation("new"), equals: nil, "a conversation that came later is not there")
                return 42
            }
            context.expect(result, equals: 42, "the body's result is handed out")
            context.expect(
                try await backend.messages(of: "kept").map(\.content).last, equals: "more", "the store has it all")
        },
        Check(
            "snapshots.tenants", .a12, .z1, needs: [.capability(.snapshots), .ownStore],
            why: "An export of a whole store begins with its tenants."
        ) { context in
            let backend = try await context.open()
            try await backend.tenant("a").append(.user("text"), to: "one")
            let before = try await backend.tenants(TenantQuery()).items
            try await backend.withSnapshot { snapshot in
                try await backend.tenant("b").append(.user("text"), to: "one")
                try await backend.eraseTenant("a")
                context.expect(
                    try await snapshot.tenants(TenantQuery()).items, equals: before, "the tenants are those of then")
            }
            context.expect(
                try await backend.tenants(TenantQuery()).items.map(\.name), equals: ["b"], "the store has others now")
        },
        Check(
            "snapshots.read-only", .a12, .e3, needs: [.capability(.snapshots)],
            why: "A write to a moment that is over would be lost, or not be in that moment."
        ) { context in
            struct Stop: Error {}
            let backend = try await context.open()
            try await backend.restoreConversation(.sample("one", messages: 2))
            let held = Mutex<(any ChatStorageBackend)?>(nil)
            try await context.expectUnchanged(backend, "a snapshot writes nothing") {
                try await backend.withSnapshot { snapshot in
                    held.withLock { $0 = snapshot }
                    for call in writes {
                        await context.expectError(.accessDenied, "a snapshot takes no \(call)") {
                            try await call.perform(on: snapshot)
                        }
                    }
                    await context.expectError(.accessDenied, "a snapshot erases no tenant") {
                        try await snapshot.eraseDefaultTenant()
                    }
                    await context.expectError(.accessDenied, "a snapshot is not pruned") {
                        try await snapshot.deleteConversations(ofTenant: nil, updatedBefore: .latest)
                    }
                    context.expect(
                        try await snapshot.messages(of: "one").count, equals: 2, "it can be read after all that")
                }
            }
            let snapshot = try context.require(held.withLock { $0 }, "the body got a snapshot")
            await context.expectError(.closed, "a snapshot is closed when its body has ended") {
                try await snapshot.conversation("one")
            }
            do {
                try await backend.withSnapshot { _ in throw Stop() }
                context.expect(false, "a body's error is thrown")
            } catch is Stop {}
            try await backend.append(.user("after"), to: "one")
            try await backend.close()
            await context.expectError(.closed, "a closed store gives no snapshot") {
                try await backend.withSnapshot { _ in }
            }
        },
        Check(
            "snapshots.closing", .a12, .e3, needs: [.capability(.snapshots), .ownStore],
            why: "An app that closes its store during an export must not break the export."
        ) { context in
            let backend = try await context.open()
            try await backend.append(.user("text"), to: "one")
            let hasEnded = Mutex(false)
            let isClosed = Mutex(false)
            let (began, beginning) = AsyncStream.makeStream(of: Void.self)
            let closing = Task {
                for await _ in began { break }
                try await backend.close()
                isClosed.withLock { $0 = true }
                context.expect(hasEnded.withLock(\.self), "closing a store waits for a snapshot's body")
            }
            try await backend.withSnapshot { snapshot in
                beginning.yield()
                // Waits until the store refuses calls; if it takes calls even when it is closed, the wait ends too.
                while !isClosed.withLock(\.self), await isOpen(backend) { await Task.yield() }
                context.expect(
                    try await snapshot.messages(of: "one").count, equals: 1, "a snapshot can be read meanwhile")
                hasEnded.withLock { $0 = true }
            }
            try await closing.value
        },
        Check(
            "snapshots.beside-writers", .a12, needs: [.capability(.snapshots)],
            why: "A backup is made while people chat."
        ) { context in
            let handles = try await context.open(handles: 3)
            let ids: [ConversationID] = ["first", "second"]
            for id in ids { try await handles[0].createConversation(id) }
            let isDone = Mutex(false)
            _ = try await context.concurrently(handles.count) { index in
                let chats = handles[index]
                if index == 0 {
                    defer { isDone.withLock { $0 = true } }
                    for number in 0..<150 {
                        for id in ids { try await chats.append(.user("\(number)"), to: id) }
                    }
                    return
                }
                while !isDone.withLock({ $0 }) {
                    try await chats.withSnapshot { snapshot in
                        // In reverse order, so that a write in between would show.
                        let second = try await snapshot.conversation("second")?.messageCount ?? 0
                        // There is a write in between, unless the writer is done.
                        while !isDone.withLock({ $0 }),
                            try await chats.conversation("second")?.messageCount == second
                        {
                            await Task.yield()
                        }
                        let first = try await snapshot.conversation("first")?.messageCount ?? 0
                        context.expect(
                            first - second == 0 || first - second == 1,
                            "both conversations are as they were at one moment",
                            actual: "\(first) and \(second) messages")
                        context.expect(
                            try await snapshot.messages(of: "first", .after(0), limit: 1_000).count, equals: first,
                            "there are as many messages as were counted")
                    }
                }
            }
        },
    ]

    /// A call of each kind that writes, which would change something.
    private static let writes: [StorageCall] = [
        .createConversation(NewConversation("two")),
        .updateConversation("one", .title("title")),
        .append(NewMessages([.user("text")], to: "one")),
        .reviseMessage(MessageRevision(of: "one", 1, metadata: .setting("a", to: 1))),
        .removeMessages(MessageRemoval(.all, of: "one")),
        .deleteConversation(ConversationDeletion("one")),
        .restoreConversation(.sample("two", messages: 1)),
    ]

    private static func isOpen(_ backend: InterceptedBackend) async -> Bool {
        (try? await backend.conversation("one")) != nil
    }

    private static func change(_ backend: InterceptedBackend) async throws {
        try await backend.append([.user("later"), .assistant("later")], to: "kept")
        try await backend.updateTitle(of: "kept", to: "later")
        try await backend.clearMessages(of: "cleared")
        try await backend.deleteConversation("deleted")
        try await backend.append(.user("text"), to: "new")
        try await backend.tenant("other").append(.user("later"), to: "one")
    }
}
