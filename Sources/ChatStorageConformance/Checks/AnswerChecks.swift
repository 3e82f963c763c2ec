import ChatStorageCore

extension Check {
    /// Answers that are still being written, and how they end.
    static let answers: [Check] = [
        Check(
            "answers.append", .s1, .s4, .o1, .p1,
            why: "An answer must have its place from its first word on."
        ) { context in
            let chats = try await context.open()
            let appended = try await chats.append(
                NewMessages([.user("question"), .assistant("")], to: "c", isStreaming: true))
            context.expect(
                appended.messages.map(\.state), equals: [.complete, .streaming], "the last message is under way")
            context.expect(appended.messages.map(\.revision), equals: [0, 1], "an answer begins at revision 1")
            context.expect(appended.messages.map(\.revisedAt), equals: [nil, nil], "no message has been revised")
            context.expect(try await chats.messages(of: "c"), equals: appended.messages, "a read returns the same")
            let parts = ChatMessage(
                role: .assistant, parts: [.reasoning("why"), .text("so far")], metadata: ["model": "m"])
            let rich = try await chats.append(NewMessages([parts], to: "d", isStreaming: true)).messages
            context.expect(rich.map(\.body), equals: [parts], "the parts so far are stored")
            context.expect(try await chats.messages(of: "d"), equals: rich, "the parts so far are read back")
            let none = try await chats.append(NewMessages([], to: "e", isStreaming: true))
            context.expect(none, equals: .nothing, "appending no messages returns nothing")
        },
        Check(
            "answers.revise", .s2, .o4, .o6, .a8,
            why: "A checkpoint must store what came, and touch nothing else."
        ) { context in
            let chats = try await context.open()
            try await chats.append([.user("before", key: "b")], to: "c")
            try await chats.append(.user("other"), to: "d")
            var answer = try await context.answer(chats, "c", "")
            let before = try await TenantState(of: chats)
            for (index, body) in ([.assistant("so"), .assistant("so far")] + SampleParts.messages).enumerated() {
                let revised = try await chats.reviseMessage(MessageRevision(of: answer, body: body))
                context.expect(revised.body.hasSameContent(as: body.asAssistant), "the answer has the new parts")
                context.expect(revised.body.native, equals: body.native, "the answer has the new native JSON")
                context.expect(revised.revision, equals: Int64(index) + 2, "the revision is one higher")
                context.expect(revised.state, equals: .streaming, "the answer is still under way")
                context.expect(
                    revised.revisedAt ?? .past >= revised.createdAt, "the answer has the time of the revision")
                context.expect(revised.createdAt, equals: answer.createdAt, "the time of the append stays")
                context.expect(revised.metadata, equals: [:], "the metadata of the body is not taken")
                context.expect(
                    try await chats.messages(MessageQuery(of: "c", .sequences([2]))).items, equals: [revised],
                    "a read returns the same")
                answer = revised
            }
            let touched = try await chats.reviseMessage(MessageRevision(of: answer))
            context.expect(touched.body, equals: answer.body, "a revision without a body leaves the body")
            context.expect(touched.revision, equals: answer.revision + 1, "it still counts as a revision")
            let after = try await TenantState(of: chats)
            context.expect(after.conversations, equals: before.conversations, "no conversation changes")
            context.expect(after.messages[0].first, equals: before.messages[0].first, "no other message changes")
        },
        Check(
            "answers.revise.repeated", .s2, .a7,
            why: "A lost acknowledgement must neither end an answer nor bring older text back."
        ) { context in
            let chats = try await context.open()
            let answer = try await context.answer(chats, "c", "a")
            let first = MessageRevision(of: answer, body: .assistant("ab"))
            let revised = try await chats.reviseMessage(first)
            context.expect(
                try await chats.reviseMessage(first), equals: revised, "sent again it returns what is stored")
            await context.expectError(.conflict, "another body of the same revision is a conflict") {
                try await chats.reviseMessage(MessageRevision(of: answer, body: .assistant("ax")))
            }
            await context.expectError(.conflict, "another state of the same revision is a conflict") {
                try await chats.reviseMessage(MessageRevision(of: answer, body: .assistant("ab"), state: .stopped))
            }
            let end = MessageRevision(of: revised, body: .assistant("abc"), state: .complete)
            let ended = try await chats.reviseMessage(end)
            context.expect(
                try await chats.reviseMessage(end), equals: ended, "an end sent again returns what is stored")
            try await context.expectUnchanged(chats, "a late revision changes nothing") {
                let impossible = MessageRevision(
                    of: "c", 1, from: .init(createdAt: answer.createdAt, revision: .max), body: .assistant("d"))
                let later = MessageRevision(of: ended, body: .assistant("d"))
                for old in [first, MessageRevision(of: revised), later, impossible] {
                    await context.expectError(.conflict, "an older or later revision is a conflict") {
                        try await chats.reviseMessage(old)
                    }
                }
            }
        },
        Check(
            "answers.end", .s3, .m3, .s2, .e1,
            why: "An answer that has ended is what everybody reads and what a model is given."
        ) { context in
            let chats = try await context.open()
            for (index, state) in [MessageState.complete, .stopped, .failed].enumerated() {
                let id = ConversationID("\(index)")
                let answer = try await context.answer(chats, id, "so far")
                let ended = try await chats.reviseMessage(MessageRevision(of: answer, state: state))
                context.expect(ended.state, equals: state, "the answer has ended")
                context.expect(ended.content, equals: "so far", "the answer has its text so far")
                for other in MessageState.allCases {
                    await context.expectError(.conflict, "an answer ends only once") {
                        try await chats.reviseMessage(
                            MessageRevision(of: ended, body: .assistant("more"), state: other))
                    }
                }
                let rated = try await chats.updateMetadata(of: 1, .setting("rating", to: 1), in: id)
                context.expect(
                    rated.revision, equals: ended.revision, "a change of metadata does not change the revision")
                context.expect(rated.state, equals: state, "a change of metadata does not change the state")
                context.expect(try await chats.messages(of: id), equals: [rated], "a read returns the same")
            }
            let plain = try await chats.append(.assistant("whole"), to: "plain")
            await context.expectError(.conflict, "a message that was appended whole cannot be revised") {
                try await chats.reviseMessage(MessageRevision(of: plain, body: .assistant("more")))
            }
            let answer = try await context.answer(chats, "both", "")
            let rated = try await chats.updateMetadata(of: 1, .setting("rating", to: 1), in: "both")
            context.expect(rated.revision, equals: answer.revision, "a thumb up does not stop a writer")
            let revised = try await chats.reviseMessage(
                MessageRevision(of: answer, body: .assistant("text"), state: .complete, metadata: .setting("m", to: 2)))
            context.expect(revised.metadata, equals: ["rating": 1, "m": 2], "both members are there")
            await context.expectError(.invalidArgument, "text with U+0000 is refused") {
                try await chats.reviseMessage(MessageRevision(of: answer, body: .assistant("\0")))
            }
        },
        Check(
            "answers.end.concurrent", .s3, .s2,
            why: "When Stop and the last word come at once, exactly one of them must count."
        ) { context in
            let handles = try await context.open(handles: 2)
            for round in 0..<4 {
                let id = ConversationID("\(round)")
                let answer = try await context.answer(handles[0], id, "so far")
                let winners = try await withThrowingTaskGroup(of: Message?.self) { group in
                    for caller in 0..<8 {
                        let state: MessageState = caller % 2 == 0 ? .complete : .stopped
                        let body = ChatMessage.assistant("\(caller)")
                        group.addTask {
                            do {
                                return try await handles[caller / 4].reviseMessage(
                                    MessageRevision(of: answer, body: body, state: state))
                            } catch let error as ChatStorageError where error.code == .conflict {
                                return nil
                            }
                        }
                    }
                    return try await group.reduce(into: [Message]()) { if let message = $1 { $0.append(message) } }
                }
                context.expect(winners.count, equals: 1, "one of them ends the answer")
                context.expect(try await handles[1].messages(of: id), equals: winners, "all handles read that end")
            }
        },
        Check(
            "answers.gone", .s2, .c4, .c6, .c3,
            why: "An answer to a chat that was deleted must not appear in the one that took its name."
        ) { context in
            let chats = try await context.open()
            let ways: [(String, (ConversationID) async throws -> Void)] = [
                ("cleared", { try await chats.clearMessages(of: $0) }),
                ("removed", { try await chats.removeMessages([1], of: $0) }),
                ("removed from", { try await chats.removeMessages(MessageRemoval(.from(1), of: $0)) }),
                ("deleted", { try await chats.deleteConversation($0) }),
                (
                    "made anew",
                    { id in
                        try await chats.deleteConversation(id)
                        // The restored messages are older than the answer, so none of them can be taken for it.
                        try await chats.restoreConversation(.sample(id, messages: 2))
                    }
                ),
            ]
            for (name, way) in ways {
                let id = ConversationID(name)
                let answer = try await context.answer(chats, id, "so far")
                try await way(id)
                try await context.expectUnchanged(chats, "nothing is written") {
                    for revision in [
                        MessageRevision(of: answer, body: .assistant("more")),
                        MessageRevision(of: answer, state: .stopped),
                    ] {
                        await context.expectError(
                            .messageNotFound, "the answer in the conversation '\(name)' is not found"
                        ) {
                            try await chats.reviseMessage(revision)
                        }
                    }
                }
            }
        },
        Check(
            "answers.read", .s4, .l1, .l2, .l5,
            why: "Half an answer must be shown, and must not be sent to a model as a whole one."
        ) { context in
            let chats = try await context.open()
            for state in [MessageState.complete, .failed, .stopped, .streaming] {
                try await chats.append(.user("question"), to: "c")
                let answer = try await context.answer(chats, "c", state.rawValue)
                if state != .streaming { try await chats.reviseMessage(MessageRevision(of: answer, state: state)) }
            }
            let all = try await chats.messages(of: "c", limit: 100)
            context.expect(all.count, equals: 8, "every state is shown")
            let history = try await chats.history(of: "c", limit: 100).map(\.content)
            context.expect(
                history, equals: ["question", "complete", "question", "question", "stopped", "question"],
                "a history has complete and stopped answers only")
            context.expect(
                try await chats.history(of: "c", limit: 2).map(\.content), equals: ["stopped", "question"],
                "the limit of a history counts only those")
            for (states, expected) in [
                (.streaming, [8]), ([.failed, .stopped], [4, 6]), ([], []), (.complete, [1, 2, 3, 5, 7]),
            ] as [(MessageStates, [Int64])] {
                let page = try await chats.messages(MessageQuery(of: "c", limit: 100, states: states)).items
                context.expect(page.map(\.sequence), equals: expected, "a page has only the requested states")
                let first = try await chats.messages(MessageQuery(of: "c", .after(0), limit: 2, states: states)).items
                context.expect(
                    first.map(\.sequence), equals: Array(expected.prefix(2)),
                    "a page from the beginning has only the requested states")
            }
            let listed = try await chats.conversations(ConversationQuery(preview: 100)).items.first?.preview
            context.expect(listed?.state, equals: .streaming, "a list says that an answer is under way")
            context.expect(listed?.text, equals: "streaming", "the list shows the text so far")
        },
        Check(
            "answers.repeated-append", .a9, .s1, .s2,
            why: "A question whose acknowledgement was lost must not be answered twice."
        ) { context in
            let chats = try await context.open()
            let append = NewMessages([.assistant("", key: "k")], to: "c", isStreaming: true)
            let answer = try context.require(await chats.append(append).messages.first, "it is stored")
            context.expect(try await chats.append(append).messages, equals: [answer], "it is not appended again")
            let ended = try await chats.reviseMessage(
                MessageRevision(of: answer, body: .assistant("text"), state: .complete))
            var other = append
            other.messages[0].content = "something else"
            context.expect(
                try await chats.append(other).messages, equals: [ended], "a repeat returns the answer as it is now")
            for change in [
                { $0.isStreaming = false }, { $0.messages[0].role = .user },
                {
                    $0.messages[0].content = "text"
                    $0.isStreaming = false
                },
            ] as [(inout NewMessages) -> Void] {
                var wrong = append
                change(&wrong)
                await context.expectError(.idempotencyMismatch, "another role, or a whole message, is a mismatch") {
                    try await chats.append(wrong)
                }
            }
            try await chats.append(.user("plain", key: "p"), to: "c")
            await context.expectError(.idempotencyMismatch, "an answer in place of a whole message is a mismatch") {
                try await chats.append(NewMessages([.user("plain", key: "p")], to: "c", isStreaming: true))
            }
        },
        Check(
            "answers.unfinished", .s5, .s3,
            why: "After a crash nobody writes the answer any more, and the chat waits for it for ever."
        ) { context in
            let chats = try await context.open()
            var expected: [UnfinishedMessage] = []
            for tenant in [nil, "a", "b"] as [String?] {
                let storage = chats.storage(of: tenant)
                for id in ["one", "two"] as [ConversationID] {
                    try await storage.append(.user("question"), to: id)
                    let answer = try await context.answer(storage, id, "so far")
                    expected.append(UnfinishedMessage(tenant: tenant, message: answer))
                }
            }
            func unfinished(_ query: UnfinishedQuery = UnfinishedQuery(notRevisedFor: .zero)) async throws
                -> UnfinishedPage
            {
                try await chats.unfinishedMessages(query)
            }
            context.expect(try await unfinished().items, equals: expected, "all unfinished answers are found")
            var walked: [UnfinishedMessage] = []
            var query = UnfinishedQuery(notRevisedFor: .zero, limit: 4)
            repeat {
                let page = try await unfinished(query)
                context.expect(page.items.count <= 4, "a page has at most its limit")
                walked += page.items
                query.after = page.next
            } while query.after != nil && walked.count <= expected.count
            context.expect(walked, equals: expected, "a walk finds all of them in order")
            context.expect(
                try await unfinished(UnfinishedQuery(notRevisedFor: .zero, limit: 0)).items, equals: [],
                "a limit of 0 reads nothing")
            context.expect(
                try await unfinished(UnfinishedQuery(notRevisedFor: .seconds(86_400))).items, equals: [],
                "answers that were revised since are not found")
            for query in [
                UnfinishedQuery(notRevisedFor: .seconds(-1)), UnfinishedQuery(notRevisedFor: .zero, limit: -1),
            ] {
                await context.expectError(.invalidArgument, "negative numbers are refused") {
                    try await unfinished(query)
                }
            }
            let moved = try await chats.storage(of: "a").reviseMessage(
                MessageRevision(of: expected[2].message, body: .assistant("more")))
            await context.expectError(.conflict, "an answer that was revised meanwhile is not ended") {
                try await chats.storage(of: "a").reviseMessage(
                    MessageRevision(of: expected[2].message, state: .failed))
            }
            context.expect(
                try await chats.storage(of: "a").reviseMessage(MessageRevision(of: moved, state: .failed)).state,
                equals: .failed, "an answer can be ended as it is now")
            try await chats.clearMessages(of: "one")
            try await chats.storage(of: "b").deleteConversation("two")
            context.expect(
                try await unfinished().items.map(\.place),
                equals: [expected[1], expected[3], expected[4]].map(\.place),
                "answers that ended or are gone are not found")
        },
        Check(
            "answers.restore", .s2, .a10, .b8,
            why: "A copy of a chat says which of its answers are whole."
        ) { context in
            let chats = try await context.open()
            var snapshot = ConversationSnapshot.sample("c", messages: 5)
            let time = Timestamp.past.advanced(by: 7)
            for (index, writing) in [
                MessageWriting(state: .streaming, revision: 1), .init(state: .stopped, revision: 2, revisedAt: time),
                .init(state: .failed, revision: 9, revisedAt: .future),
                .init(state: .complete, revision: 3, revisedAt: time),
            ].enumerated() {
                snapshot.messages[index].writing = writing
            }
            try await chats.restoreConversation(snapshot)
            let read = try await chats.messages(of: "c")
            context.expect(read, equals: snapshot.storedMessages, "the messages are what they were")
            let ended = try await chats.reviseMessage(MessageRevision(of: read[0], state: .failed))
            context.expect(ended.state, equals: .failed, "an answer under way can be ended")
            for writing in [
                MessageWriting(state: .streaming, revision: 0), .init(state: .complete, revision: -1),
                .init(state: .complete, revision: 0, revisedAt: time),
                .init(state: .streaming, revision: Limits.restoredRevision + 1),
                .init(state: .streaming, revision: .max),
            ] {
                var broken = ConversationSnapshot.sample("broken", messages: 2)
                broken.messages[0].writing = writing
                await context.expectError(.invalidArgument, "an impossible state is refused") {
                    try await chats.restoreConversation(broken)
                }
            }
        },
        Check(
            "answers.survive", .s2, .d1, needs: [.capability(.durable)],
            why: "What a person has read on the screen must be there after a crash."
        ) { context in
            let chats = try await context.open()
            let answer = try await context.answer(chats, "c", "so")
            let revised = try await chats.reviseMessage(MessageRevision(of: answer, body: .assistant("so far")))
            let again = try await context.reopenWithoutClosing()
            context.expect(try await again.messages(of: "c"), equals: [revised], "the last checkpoint is there")
            let ended = try await again.endAnswer(1, of: "c", as: .failed)
            context.expect(ended.content, equals: "so far", "the answer ends with its text so far")
            context.expect(try await again.endAnswer(1, of: "c"), equals: ended, "ending it again returns the same")
            await context.expectError(.invalidArgument, "an end that leaves it under way is refused") {
                try await again.endAnswer(1, of: "c", as: .streaming)
            }
        },
    ]
}

extension CheckContext {
    /// Appends an answer under way.
    fileprivate func answer(
        _ chats: some ChatStorage, _ id: ConversationID, _ content: String
    ) async throws -> Message {
        let appended = try await chats.append(NewMessages([.assistant(content)], to: id, isStreaming: true))
        return try require(appended.messages.first, "an append returns its message")
    }
}

extension ChatMessage {
    /// An answer with the same parts.
    fileprivate var asAssistant: ChatMessage { ChatMessage(role: .assistant, parts: parts) }
}
