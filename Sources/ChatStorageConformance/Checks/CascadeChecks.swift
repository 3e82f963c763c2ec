import ChatStorageCore

extension Check {
    /// Deleting, clearing, and what does not exist.
    static let cascade: [Check] = [
        Check(
            "cascade.delete.removes-all", .c1,
            why: "A person who deletes a chat wants its messages gone, and no others."
        ) { context in
            let chats = try await context.open()
            try await chats.restoreConversation(.sample("kept", title: "kept", messages: 3))
            try await chats.createConversation("empty")
            try await chats.restoreConversation(.sample("long", messages: 1_000))
            for id in ["empty", "long"] as [ConversationID] {
                context.expect(try await chats.deleteConversation(id), equals: true, "deleting says that it existed")
                context.expect(try await chats.conversation(id), equals: nil, "it is gone")
                for position in [.end, .before(.max), .before(500), .after(0), .after(500)] as [MessagePosition] {
                    context.expect(
                        try await chats.messages(of: id, position, limit: 10), equals: [], "its messages are gone")
                }
                context.expect(
                    try await chats.deleteConversation(id), equals: false, "deleting again says that it did not exist")
            }
            context.expect(try await chats.conversations(limit: 10).map(\.id), equals: ["kept"], "others are listed")
            context.expect(
                try await chats.messages(of: "kept").map(\.content), equals: ["message 1", "message 2", "message 3"],
                "others keep their messages")
        },
        Check(
            "cascade.engine-refuses-orphans", .c2, needs: [.capability(.engineConstraints)],
            why: "A message without its conversation can never be found again, nor deleted."
        ) { context in
            let chats = try await context.open()
            try await chats.createConversation("one")
            func insert(_ id: ConversationID) async throws -> RawWrite.Outcome {
                try await context.writePastLibrary(
                    .insertMessage(
                        tenant: context.tenantName(""), conversationID: id, sequence: 1, role: "user",
                        content: "text"))
            }
            context.expect(
                try await insert("missing"), equals: .refusedByConstraint,
                "the database refuses a message of a conversation that does not exist")
            context.expect(try await chats.messages(of: "missing"), equals: [], "the row is not there")
            context.expect(
                try await insert("one"), equals: .written,
                "the database takes a message of an existing conversation, so it was the missing one that it refused")
            context.expect(
                try await chats.deleteConversation("one"), equals: true,
                "a message written past the library is deleted with it")
            context.expect(
                try await insert("one"), equals: .refusedByConstraint,
                "after the conversation was deleted the database refuses its messages")
        },
        Check(
            "cascade.orphans-are-not-read", .c2, .c3, needs: [.capability(.engineConstraints), .ownStore],
            why: "Chats deleted with another program must not turn up again, least of all in a new chat."
        ) { context in
            let chats = try await context.open()
            for id: ConversationID in ["one", "kept"] { try await chats.append([.user("a"), .assistant("b")], to: id) }
            context.expect(
                try await context.writePastLibraryIfOffered(
                    .deleteConversationAlone(tenant: context.tenantName(""), conversationID: "one")),
                equals: .written, "the engine leaves the messages where they are")
            context.expect(try await chats.conversation("one"), equals: nil, "the conversation is gone")
            context.expect(try await chats.messages(of: "one"), equals: [], "its messages are not read")
            context.expect(try await chats.deleteConversation("one"), equals: false, "there is nothing to delete")
            context.expect(
                try await chats.append(.user("new"), to: "one").sequence, equals: 1, "a new conversation begins at 1")
            try await context.expectContents(
                of: "one", in: chats, equal: ["new"], "a new conversation has none of the old messages")
            try await context.expectContents(
                of: "kept", in: chats, equal: ["a", "b"], "other conversations are as they were")
        },
        Check(
            "cascade.recreated.is-new", .c3,
            why: "A new chat under an old name must not show what was deleted."
        ) { context in
            let chats = try await context.open()
            let recreations: [(String, @Sendable (ConversationID) async throws -> Void)] = [
                ("createConversation", { try await chats.createConversation($0) }),
                ("getOrCreateConversation", { try await chats.getOrCreateConversation($0) }),
                ("append", { try await chats.append(.user("first"), to: $0) }),
            ]
            for (what, recreate) in recreations {
                let id = ConversationID(what)
                try await chats.restoreConversation(
                    .sample(id, title: "old", messages: 5, updatedAt: .future))
                try await chats.deleteConversation(id)
                try await recreate(id)
                if what != "append" {
                    context.expect(try await chats.messages(of: id), equals: [], "\(what) finds no old messages")
                    context.expect(
                        try await chats.append(.user("first"), to: id).sequence, equals: 1,
                        "counting starts again after \(what)")
                }
                try await context.expectContents(
                    of: id, in: chats, equal: ["first"], "only the new message is there after \(what)")
                let new = try context.require(await chats.conversation(id), "\(what) makes a conversation")
                context.expect(new.title, equals: nil, "the old title is gone after \(what)")
                context.expect(
                    new.createdAt > .past.advanced(by: 1_000_000) && new.createdAt < .future,
                    "\(what) gives a time of its own", actual: "\(new.createdAt)")
                context.expect(new.updatedAt < .future, "the old time of update is gone after \(what)")
            }
        },
        Check(
            "cascade.clear.keeps-conversation", .c4,
            why: "Starting a chat afresh keeps its name and its place."
        ) { context in
            let chats = try await context.open()
            try await chats.restoreConversation(.sample("one", title: "title", messages: 300))
            try await chats.restoreConversation(.sample("other", messages: 2))
            context.expect(try await chats.clearMessages(of: "one"), equals: 300, "clearing counts what it removed")
            context.expect(try await chats.messages(of: "one"), equals: [], "the messages are gone")
            let cleared = try context.require(await chats.conversation("one"), "the conversation is there")
            context.expect(cleared.title, equals: "title", "its title is kept")
            context.expect(cleared.createdAt, equals: .past, "its time of creation is kept")
            context.expect(cleared.lastSequence, equals: 300, "its last sequence is kept")
            context.expect(try await chats.clearMessages(of: "one"), equals: 0, "clearing again removes nothing")
            context.expect(try await chats.messages(of: "other").count, equals: 2, "others keep their messages")
        },
        Check(
            "cascade.clear.missing", .c4,
            why: "Clearing a chat that was deleted meanwhile must not bring it back."
        ) { context in
            let chats = try await context.open()
            context.expect(try await chats.clearMessages(of: "missing"), equals: 0, "nothing was removed")
            context.expect(try await chats.conversation("missing"), equals: nil, "nothing was created")
            context.expect(try await chats.conversations(limit: 10), equals: [], "nothing is listed")
        },
        Check(
            "cascade.missing.reads-as-nothing", .c5,
            why: "A chat that another device deleted is a usual thing, not an error to catch everywhere."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("text"), to: "other")
            try await context.expectUnchanged(chats, "reading what does not exist creates nothing") {
                context.expect(try await chats.conversation("missing"), equals: nil, "there is no conversation")
                context.expect(try await chats.history(of: "missing"), equals: [], "there is no history")
                for position in [.end, .before(10), .after(0)] as [MessagePosition] {
                    context.expect(
                        try await chats.messages(of: "missing", position, limit: 10), equals: [],
                        "there are no messages")
                }
                for try await message in chats.allMessages(of: "missing") {
                    context.expect(false, "there is no message to walk over", actual: summary(of: message))
                }
                context.expect(
                    try await chats.updateTitle(of: "missing", to: "title"), equals: nil, "there is nothing to retitle")
                context.expect(
                    try await chats.deleteConversation("missing"), equals: false, "there is nothing to delete")
            }
        },
    ]
}
