import ChatStorageCore

extension Check {
    /// Stores that take more roles than plain chats have.
    static let roleSets: [Check] = [
        Check(
            "roles.with-tools", .r1, .r3, needs: [.ownStore],
            why: "Results of tools are messages of their own in most APIs."
        ) { context in
            let chats = try await context.open(taking: .withTools)
            let messages: [ChatMessage] = [
                .developer("Be short."), .user("Weather?"),
                .assistant([.toolCall("weather", callID: "1", input: "{}")]),
                .tool([.toolResult(callID: "1", output: "21")]), ChatMessage(role: .tool, content: "plain"),
            ]
            context.expect(
                try await chats.append(messages, to: "one").map(\.body), equals: messages,
                "the store takes tool and developer"
            )
            context.expect(
                try await chats.messages(of: "one").map(\.body), equals: messages, "the messages are read back")
            try await chats.append(.tool([.toolResult(callID: "2", output: "")], key: "key"), to: "one")
            for name in ["function", "Tool", "tool ", ""] {
                await context.expectError(.invalidRole, "any other role is refused") {
                    try await chats.append(ChatMessage(role: Role(rawValue: name), content: ""), to: "one")
                }
            }
            var snapshot = ConversationSnapshot.sample("two", messages: 2)
            snapshot.messages[1].role = .tool
            try await chats.restoreConversation(snapshot)
            context.expect(
                try await chats.messages(of: "two").map(\.role), equals: [.user, .tool],
                "a restored conversation has the roles")
        },
        Check(
            "roles.says-what-to-write", .r1, .e1,
            why: "The error of the first tool result must name the setting that is missing."
        ) { context in
            let chats = try await context.open()
            for role in [Role.tool, .developer] {
                let error = await context.expectError(.invalidRole, "a plain store refuses \(role)") {
                    try await chats.append(ChatMessage(role: role, content: ""), to: "one")
                }
                context.expect(
                    error.map { $0.message.contains("roles: .withTools") } ?? true, "the error names the setting",
                    actual: error?.message)
            }
            context.expect(try await chats.conversation("one"), equals: nil, "nothing is created")
        },
        Check(
            "roles.widening", .r1, .d2, needs: [.ownStore, .capability([.multiProcess, .engineConstraints])],
            why: "A server with tools is deployed beside one that does not know them yet."
        ) { context in
            let narrow = try await context.open()
            try await narrow.append(.user("before"), to: "one")
            let wide = try await context.openUnprepared(taking: .withTools)
            await context.expectError(.notPrepared, "looking does not widen the store") {
                try await wide.prepare(.verify)
            }
            await context.expectError(.notPrepared, "a call does not widen the store") {
                try await wide.append(ChatMessage(role: .tool, content: "early"), to: "one")
            }
            try await wide.prepare()
            try await wide.prepare(.verify)
            try await wide.append(ChatMessage(role: .tool, content: "result"), to: "one")
            context.expect(
                try await narrow.messages(of: "one").map(\.role), equals: [.user, .tool], "the narrow handle reads it")
            await context.expectError(.invalidRole, "the narrow handle still takes only its own roles") {
                try await narrow.append(ChatMessage(role: .tool, content: "x"), to: "one")
            }
            try await narrow.append(.assistant("after"), to: "one")
            try await narrow.prepare()
            let other = try await context.open()
            try await other.append(.user("other"), to: "one")
            try await wide.append(ChatMessage(role: .developer, content: "still"), to: "one")
            context.expect(
                try await other.messages(of: "one").count, equals: 5, "preparing a narrow handle narrows nothing")
        },
        Check(
            "roles.widening.under-load", .r1, .d2,
            needs: [.ownStore, .capability([.multiProcess, .engineConstraints])],
            why: "A store is widened while people write to it, and none of them may lose a message."
        ) { context in
            let narrow = try await context.open(handles: 2)
            let wide = try await context.openUnprepared(taking: .withTools)
            let count = try await withThrowingTaskGroup(of: Int.self) { group in
                for (index, handle) in narrow.enumerated() {
                    group.addTask {
                        for number in 0..<150 {
                            try await handle.append(.user("\(number)"), to: ConversationID("\(index)"))
                            if number % 10 == 0 {
                                _ = try await handle.messages(of: ConversationID("\(index)"), limit: 100)
                            }
                        }
                        return 150
                    }
                }
                group.addTask {
                    try await wide.prepare()
                    for _ in 0..<50 { try await wide.append(ChatMessage(role: .tool, content: "x"), to: "0") }
                    return 50
                }
                return try await group.reduce(0, +)
            }
            context.expect(count, equals: 350, "all messages are appended")
            let stored = try await narrow[0].messages(of: "0", limit: 1_000)
            context.expect(stored.map(\.sequence), equals: Array(1...200), "no message is lost or doubled")
            context.expect(stored.count { $0.role == .tool }, equals: 50, "messages of the new role are among them")
        },
    ]
}
