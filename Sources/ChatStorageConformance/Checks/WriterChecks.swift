import ChatStorageCore

extension Check {
    /// The library's features on top of answers under way and pages: the writer of an answer, and windows.
    static let writers: [Check] = [
        Check(
            "answers.writer", .s6, .s3, .s4,
            why: "What a person saw on the screen must be stored, however the writing ended."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("question"), to: "c")
            let done = try await chats.append(streaming: .assistant, to: "c") { draft in
                for piece in ["so ", "it ", "is"] { draft.append(piece) }
            }
            context.expect(done.content, equals: "so it is", "every piece is there")
            context.expect(done.state, equals: .complete, "the answer is complete")
            context.expect(try await chats.messages(of: "c", limit: 1), equals: [done], "a read returns the same")
            struct Failure: Error {}
            do {
                try await chats.append(streaming: .assistant, to: "c", .insteadOf(2)) { draft in
                    draft.append("half")
                    throw Failure()
                }
                context.expect(false, "the writer's own error is thrown")
            } catch is Failure {}
            let failed = try await chats.messages(of: "c", limit: 1).first
            context.expect(failed?.state, equals: .failed, "an answer that fails has that state")
            context.expect(failed?.content, equals: "half", "a failed answer keeps its text so far")
            context.expect(failed?.predecessor, equals: 1, "a failed answer keeps its place")
            await context.expectError(.conversationNotFound, "a missing chat is not created") {
                try await chats.append(streaming: .assistant, to: "none") { $0.append("never") }
            }
            context.expect(try await chats.conversation("none"), equals: nil, "nothing of it is stored")
        },
        Check(
            "answers.writer.stopped", .s6, .s3,
            why: "Stop must stop, from this window and from another one, even while the model says nothing."
        ) { context in
            let handles = try await context.open(handles: 2)
            try await handles[0].append(.user("question"), to: "c")
            for isCancelled in [true, false] {
                let (begun, said) = AsyncStream.makeStream(of: Void.self)
                let chats = handles[0]
                let writing = Task {
                    try await chats.append(
                        streaming: .assistant, to: "c", .after(1),
                        checkpoints: AnswerCheckpoints(interval: .zero, look: .milliseconds(20))
                    ) { draft in
                        draft.append("half")
                        said.yield()
                        // The model says nothing more, so this ends only by cancellation.
                        try await Task.sleep(for: .seconds(3_600))
                    }
                }
                for await _ in begun { break }
                let answer = try context.require(
                    await handles[1].messages(of: "c", limit: 1).first, "the answer has its place")
                if isCancelled { writing.cancel() } else { try await handles[1].endAnswer(answer.sequence, of: "c") }
                do {
                    _ = try await writing.value
                    context.expect(false, "an answer that is stopped throws")
                } catch is CancellationError {}
                let stored = try await handles[1].messages(of: "c", limit: 1).first
                context.expect(stored?.state, equals: .stopped, "the answer is stopped")
                if isCancelled {
                    context.expect(stored?.content, equals: "half", "a stopped answer keeps all that came")
                }
            }
        },
        Check(
            "answers.writer.closed", .s6, .e3, needs: [.capability(.durable)],
            why: "A server that is told to end must keep the half of an answer that people have read."
        ) { context in
            let closing = try await context.open()
            try await closing.append(.user("question"), to: "c")
            let (begun, said) = AsyncStream.makeStream(of: Void.self)
            let writing = Task {
                try await closing.append(streaming: .assistant, to: "c") { draft in
                    draft.append("half")
                    said.yield()
                    // The model says nothing more, so this ends only by cancellation.
                    try await Task.sleep(for: .seconds(3_600))
                }
            }
            for await _ in begun { break }
            try await closing.close()
            // A store that left the answer alone would wait for the model.
            writing.cancel()
            await context.expectError(.closed, "the writer of an answer throws closed") { try await writing.value }
            let stored = try await context.reopen().messages(of: "c", limit: 1).first
            context.expect(stored?.state, equals: .failed, "an answer that is cut off by close() has failed")
            context.expect(stored?.content, equals: "half", "it keeps all that came")
        },
        Check(
            "pages.messages.windows", .w1, .s4, .b2,
            why: "A provider refuses a result without its call, and then every later turn."
        ) { context in
            let chats = try await context.open(taking: .withTools)
            try await chats.append(.system("instructions"), to: "c")
            for turn in 1...20 {
                try await chats.append(
                    [
                        .user("question \(turn)"), .assistant([.toolCall("f", callID: "\(turn)", input: "{}")]),
                        .tool([.toolResult(callID: "\(turn)", output: "result")]), .assistant("answer \(turn)"),
                    ], to: "c")
            }
            for size in [0, 1, 4, 5, 6, 9, 17, 30, 80, 81, 1_000] {
                let window = try await chats.history(of: "c", window: .messages(size))
                context.expect(window.count <= size, "a window has at most its size")
                guard size > 5 else { continue }
                context.expect(window.first?.role, equals: .system, "a window keeps the instructions")
                context.expect(window.dropFirst().first?.role, equals: .user, "a window begins at a user's message")
                context.expect(window.last?.content, equals: "answer 20", "a window ends at the last message")
            }
            for limit in 1...9 {
                let history = try await chats.history(of: "c", limit: limit)
                context.expect(history.first?.role != .tool, "a history does not begin with a result without its call")
            }
            try await chats.append([.tool([.toolResult(callID: "gone", output: "late")]), .user("on")], to: "orphan")
            let orphan = try await chats.history(of: "orphan", window: .messages(10)).map(\.content)
            context.expect(orphan, equals: ["on"], "a large window does not begin with such a result")
            let fork = try await chats.append(.user("another"), to: "c", .after(5))
            let other = try await chats.history(of: "c", window: .messages(6)).map(\.content)
            context.expect(fork.predecessor, equals: 5, "the conversation has branched")
            context.expect(
                other, equals: ["instructions", "question 1", "", "", "answer 1", "another"],
                "a window is of the current path")
            for window in [HistoryWindow.messages(-1), .tokens(-1)] {
                await context.expectError(.invalidArgument, "a negative size is refused") {
                    try await chats.history(of: "c", window: window)
                }
            }
        },
    ]
}
