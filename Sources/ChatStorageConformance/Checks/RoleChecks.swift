import ChatStorageCore

extension Check {
    /// Which roles can be written.
    static let roles: [Check] = [
        Check(
            "roles.standard.accepted", .r1,
            why: "System, user and assistant are what every LLM chat API knows."
        ) { context in
            let chats = try await context.open()
            let messages: [ChatMessage] = [.system("rules"), .user("question"), .assistant("answer")]
            let returned = try await chats.append(messages, to: "one")
            context.expect(returned.map(\.chatMessage), equals: messages, "the append returns the roles")
            context.expect(try await chats.history(of: "one"), equals: messages, "the roles are read back")
        },
        Check(
            "roles.other.refused", .r1, .r3,
            why: "A misspelt role would be sent to the model, which refuses the whole conversation from then on."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("before"), to: "existing")
            let names = [
                "tool", "developer", "function", "human", "gpt", "", " ", "User", "USER", "user ", " user", "user\n",
                "user\0", "\u{ff55}ser", "use\u{301}r", "system,user", String(repeating: "x", count: 10_000),
            ]
            try await context.expectUnchanged(chats, "refused roles leave nothing behind") {
                for role in names.map({ Role(rawValue: $0) }) {
                    for id in ["existing", "new"] as [ConversationID] {
                        await context.expectError(.invalidRole, "the role \(summary(of: role.rawValue)) is refused") {
                            try await chats.append(ChatMessage(role: role, content: "text"), to: id)
                        }
                        await context.expectError(.invalidRole, "the role is refused as the last of several") {
                            try await chats.append([.user("fine"), ChatMessage(role: role, content: "text")], to: id)
                        }
                    }
                    var snapshot = ConversationSnapshot.sample("new", messages: 3)
                    snapshot.messages[2].role = role
                    await context.expectError(.invalidRole, "the role is refused in a restored conversation") {
                        try await chats.restoreConversation(snapshot)
                    }
                }
            }
        },
        Check(
            "roles.other.read", .r1, needs: [.ownStore],
            why: "When one server of an app writes tool messages, the others must still show the conversation."
        ) { context in
            let chats = try await context.open()
            var snapshot = ConversationSnapshot.sample("one", title: "title", messages: 2)
            snapshot.lastSequence = 3
            try await chats.restoreConversation(snapshot)
            context.expect(
                try await context.writePastLibraryIfOffered(
                    .insertMessageOfMoreRoles(
                        tenant: context.tenantName(""), conversationID: "one", sequence: 3, role: "tool",
                        content: "result")),
                equals: .written, "the harness writes a role outside the set")
            let expected: [ChatMessage] = [
                .user("message 1"), .assistant("message 2"),
                ChatMessage(role: Role(rawValue: "tool"), content: "result"),
            ]
            for position in [.end, .before(4), .after(0)] as [MessagePosition] {
                context.expect(
                    try await chats.messages(of: "one", position, limit: 9).map(\.chatMessage), equals: expected,
                    "a role outside the set is read as it is")
            }
            await context.expectError(.invalidRole, "a role outside the set cannot be written") {
                try await chats.append(expected[2], to: "one")
            }
            context.expect(try await chats.append(.user("more"), to: "one").sequence, equals: 4, "writes go on")
        },
        Check(
            "roles.engine-refuses-others", .r2, needs: [.capability(.engineConstraints)],
            why: "Other programs write to the database too; it must not take what the library would not."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("before"), to: "one")
            func insert(_ role: String, sequence: Int64) async throws -> RawWrite.Outcome {
                try await context.writePastLibrary(
                    .insertMessage(
                        tenant: context.tenantName(""), conversationID: "one", sequence: sequence, role: role,
                        content: "text"))
            }
            for role in ["tool", "User", "user ", "", "nonsense"] {
                context.expect(
                    try await insert(role, sequence: 100), equals: .refusedByConstraint,
                    "the database refuses the role \(summary(of: role))")
            }
            try await context.expectContents(of: "one", in: chats, equal: ["before"], "refused rows are not there")
            context.expect(
                try await insert("assistant", sequence: 2), equals: .written,
                "the database takes a standard role, so it was the role that it refused")
        },
    ]
}
