import ChatStorageCore

extension Check {
    /// Whether the harness meets the assumptions of the other checks.
    static let harness: [Check] = [
        Check(
            "harness.store.starts-empty", .c5,
            why: "A check that finds another check's data says nothing about the backend."
        ) { context in
            let chats = try await context.open()
            context.expect(try await chats.conversations(limit: 10), equals: [], "a new store has no conversations")
        },
        Check(
            "harness.stores.isolated", .n1,
            why: "If stores share data, one check's calls make another fail."
        ) { context in
            let one = try await context.open()
            let other = try await context.openOtherStore()
            try await one.append(.user("here"), to: "shared id")
            context.expect(
                try await other.conversations(limit: 10), equals: [], "another store does not see the conversation")
            try await other.deleteConversation("shared id")
            context.expect(
                try await one.history(of: "shared id"), equals: [.user("here")],
                "another store cannot delete the conversation")
        },
        Check(
            "harness.handles.share-data", .o1,
            why: "Concurrency that is checked on handles of different data proves nothing."
        ) { context in
            let handles = try await context.open(handles: 3)
            context.expect(handles.count, equals: 3, "the harness gives as many handles as asked for")
            for (index, handle) in handles.enumerated() {
                try await handle.append(.user("from \(index)"), to: "shared")
            }
            for handle in handles {
                try await context.expectContents(
                    of: "shared", in: handle, equal: ["from 0", "from 1", "from 2"],
                    "every handle sees what each wrote")
            }
        },
        Check(
            "harness.handles.same-capabilities", .e1,
            why: "A capability that only some handles declare cannot be relied on."
        ) { context in
            let handles = try await context.open(handles: 2)
            context.expect(
                Set(handles.map(\.capabilities)).count, equals: 1, "all handles declare the same capabilities")
        },
        Check(
            "harness.reopen.keeps-data", .d1, needs: [.capability(.durable)],
            why: "A harness that reopens another store hides what a durable backend loses."
        ) { context in
            try await context.open().append(.user("kept"), to: "one")
            let reopened = try await context.reopen()
            context.expect(
                try await reopened.history(of: "one"), equals: [.user("kept")], "the message is there after reopening")
        },
        Check(
            "harness.reopen.forgets", .d1, needs: [.absence(.durable), .ownStore],
            why: "A backend that keeps data without declaring it leaves apps unsure of what survives."
        ) { context in
            try await context.open().append(.user("forgotten"), to: "one")
            let reopened = try await context.reopen()
            context.expect(
                try await reopened.conversations(limit: 10), equals: [],
                "a backend that does not declare durable is empty after reopening")
        },
    ]
}
