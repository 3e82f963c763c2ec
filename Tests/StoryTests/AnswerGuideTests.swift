import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import Testing

/// The examples of the guides to streaming and to windows do what the guides say.
@Suite(.timeLimit(.minutes(10))) struct AnswerGuideTests {
    /// A model that says given texts; a silent one then waits until it is cancelled.
    private struct Parrot: AnswerExamples.Model {
        var says: [String]
        var isSilent = false

        func pieces(after past: [ChatMessage]) -> AsyncThrowingStream<String, any Error> {
            AsyncThrowingStream { stream in
                for piece in says { stream.yield(piece) }
                if !isSilent { stream.finish() }
            }
        }

        func events(after past: [ChatMessage]) -> AsyncThrowingStream<String, any Error> {
            AsyncThrowingStream { stream in
                let text = #"{"type":"text_delta","text":"\#(past.count) before"}"#
                stream.yield(#"{"type":"message_start","message":{"role":"assistant","model":"m","content":[]}}"#)
                stream.yield(
                    #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#)
                stream.yield(#"{"type":"content_block_delta","index":0,"delta":\#(text)}"#)
                stream.yield(#"{"type":"content_block_stop","index":0}"#)
                if says.isEmpty { return stream.finish() }
                stream.yield(#"{"type":"message_stop"}"#)
                stream.finish()
            }
        }
    }

    @Test @MainActor func theViewModelShowsAndStops() async throws {
        let backend = InMemoryBackend.prepared()
        var model = AnswerExamples.TripModel(backend, Parrot(says: ["A ", "weekend."]))
        try await model.ask("Kyoto?").value
        #expect(model.shown == "A weekend.")
        model = AnswerExamples.TripModel(backend, Parrot(says: ["Once ", "upon"], isSilent: true))
        let task = model.ask("And then?")
        while model.shown != "Once upon" { await Task.yield() }
        model.stop()
        await #expect(throws: CancellationError.self) { try await task.value }
        let stored = try await backend.messages(of: "trip")
        #expect(stored.map(\.state) == [.complete, .complete, .complete, .stopped])
        #expect(stored.last?.content == "Once upon")
    }

    @Test func theExamplesDoWhatTheGuidesSay() async throws {
        let backend = InMemoryBackend.prepared(with: [
            .init("trip", [.user("Hi"), .assistant("Hello"), .user("Kyoto?"), .assistant("Yes.")])
        ])
        let answer = try #require(try await backend.messages(of: "trip").last)
        let again = try await AnswerExamples.answerAgain(backend, Parrot(says: ["x"]), answer)
        #expect(again.content == "3 before" && again.metadata[.model] == "m")
        #expect(try await backend.forks(of: "trip").count == 1)
        await #expect(throws: AnswerExamples.StreamEnded.self) {
            try await AnswerExamples.answerAgain(backend, Parrot(says: []), answer)
        }
        #expect(try await backend.messages(of: "trip").last?.state == .failed)

        let job = try await AnswerExamples.runAgain(backend, Parrot(says: ["a", "b"]), [], jobID: "j")
        #expect(job.content == "ab")
        #expect(try await AnswerExamples.runAgain(backend, Parrot(says: ["c"]), [], jobID: "j") == job)

        try await AnswerExamples.checkpoints(backend, Parrot(says: ["d"]), [])
        let last = try #require(try await backend.messages(of: "trip").last)
        #expect(last.content == "d" && last.metadata[.model] == "claude-opus-5" && last.state == .complete)
        let half = NewMessages([.assistant("half")], to: "trip", isStreaming: true)
        try await AnswerExamples.stopFromElsewhere(backend, backend.append(half).messages[0])
        #expect(try await backend.messages(of: "trip").last?.state == .stopped)
        try await backend.append(half)
        try await AnswerExamples.stopAll(backend)
        #expect(try await backend.messages(of: "trip").last?.state == .stopped)
        #expect(try await AnswerExamples.recover(backend) == 0)
        #expect(try await AnswerExamples.window(backend) == backend.history(of: "trip"))
        #expect(try await AnswerExamples.countedWindow(backend, .init()) == backend.history(of: "trip"))
        // What follows leaves no room for what came before.
        let long = ChatMessage.user(String(repeating: "x", count: 300_000))
        try await backend.append([long, .assistant("So long?"), .user("Shorter?")], to: "trip")
        #expect(try await AnswerExamples.window(backend) == [.user("Shorter?")])
        #expect(try await AnswerExamples.countedWindow(backend, .init()) == [.user("Shorter?")])
    }

    @Test func anAnswerThatNobodyWritesIsEnded() async throws {
        let seconds = Mutex<Int64>(1_800_000_000)
        let backend = InMemoryBackend(clock: {
            Timestamp(microsecondsSinceEpoch: seconds.withLock { $0 } * 1_000_000)
        })
        try await backend.prepare()
        try await backend.append(NewMessages([.assistant("half")], to: "trip", isStreaming: true))
        #expect(try await AnswerExamples.recover(backend) == 0)
        seconds.withLock { $0 += 61 }
        #expect(try await AnswerExamples.recover(backend) == 1)
        #expect(try await backend.messages(of: "trip").map(\.state) == [.failed])
    }
}
