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
                        await context.expectError(.invalidRole, "so it is as the last of several") {
                            try await chats.append([.user("fine"), ChatMessage(role: role, content: "text")], to: id)
                        }
                    }
                    var snapshot = ConversationSnapshot.sample("new", messages: 3)
                    snapshot.messages[2].role = role
                    await context.expectError(.invalidRole, "so it is in a restored conversation") {
                        try await chats.restoreConversation(snapshot)
                    }
                }
            }
        },
        Check(
            "roles.engine-refuses-others", .r2, needs: [.capability(.engineConstraints)],
            why: "Other programs write to the database too; it must not take what the library would not."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("before"), to: "one")
            func insert(_ role: String, sequence: Int64) async throws -> WritePastLibrary.Outcome {
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
