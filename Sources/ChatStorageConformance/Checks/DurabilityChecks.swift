import ChatStorageCore

extension Check {
    /// What survives.
    static let durability: [Check] = [
        Check(
            "durability.reopened", .d1, .a10, needs: [.capability(.durable)],
            why: "Chats are there tomorrow, exactly as they were."
        ) { context in
            let backend = try await context.open()
            for chats in [backend.defaultTenant, backend.tenant("a")] {
                try await chats.restoreConversation(.sample("restored", title: "title", messages: 20))
                try await chats.append(SampleText.peculiar.map { .user($0) }, to: "appended")
                try await chats.createConversation("created", title: "\u{e9} e\u{301}")
                try await chats.append([.user("1"), .user("2")], to: "cleared")
                try await chats.clearMessages(of: "cleared")
                try await chats.append(.user("gone"), to: "deleted")
                try await chats.deleteConversation("deleted")
            }
            let before = try await TenantState(of: backend.defaultTenant)
            let beforeOfTenant = try await TenantState(of: backend.tenant("a"))
            let reopened = try await context.reopen()
            let after = try await TenantState(of: reopened.defaultTenant)
            context.expect(after.conversations, equals: before.conversations, "the conversations are the same")
            context.expect(
                after.messages.flatMap(\.self), equals: before.messages.flatMap(\.self), "the messages are the same")
            context.expect(
                try await TenantState(of: reopened.tenant("a")) == beforeOfTenant,
                "a tenant's conversations are the same")
            context.expect(
                try await reopened.append(.user("3"), to: "cleared").sequence, equals: 3, "counting goes on")
        },
        Check(
            "durability.not-closed", .d1, needs: [.capability(.durable)],
            why: "Processes are killed and machines restart; a chat that is kept only on closing is lost."
        ) { context in
            var backend = try await context.open()
            let writes: [StorageCall] = [
                .createConversation("created", title: "title"), .getOrCreateConversation("got", title: "title"),
                .append([.user("1"), .assistant("2")], to: "appended", if: .createIfMissing),
                .append([.user("3")], to: "appended", if: .exists), .updateTitle(of: "got", to: "other"),
                .restoreConversation(.sample("restored", title: "title", messages: 20)),
                .updateConversation("appended", .adding(label: "label").metadata(.setting("name", to: "value"))),
                .updateConversation("appended", .read(through: 1).head(2)),
                .reviseMessage(MessageRevision(of: "appended", 1, metadata: .setting("name", to: "value"))),
                .removeMessages(MessageRemoval(.messages([2]), of: "appended")),
                .clearMessages(of: "appended"), .deleteConversation("restored"),
            ]
            for write in writes {
                try await write.perform(on: backend)
                let before = try await TenantState(of: backend)
                // Each write separately: the next one could bring to the disk what the last one left in a buffer.
                backend = try await context.reopenWithoutClosing()
                let after = try await TenantState(of: backend)
                context.expect(
                    after.conversations, equals: before.conversations, "the conversations are there after \(write)")
                context.expect(
                    after.messages.flatMap(\.self), equals: before.messages.flatMap(\.self),
                    "the messages are there after \(write)")
            }
            context.expect(
                try await backend.append(.user("4"), to: "appended").sequence, equals: 4, "counting goes on")
        },
        Check(
            "durability.visible-at-once", .d1, needs: [.capability(.multiProcess)],
            why: "The next request must find on another server what the first has confirmed."
        ) { context in
            let handles = try await context.open(handles: 2)
            for step in 0..<20 {
                let message = try await handles[step % 2].append(.user("\(step)"), to: "one")
                context.expect(
                    try await handles[(step + 1) % 2].messages(of: "one", limit: 1), equals: [message],
                    "a write that has returned is seen by another handle")
            }
        },
    ]
}
