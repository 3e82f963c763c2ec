import ChatStorageCore
import ChatStorageInMemory
import Testing

/// The body of an answer runs on its caller's actor, and uses what is its caller's.
@Suite struct AnswerCallerTests {
    @MainActor private final class ViewModel {
        var shown = ""
        var count = 0

        func show(_ message: Message) { shown = message.content }

        func ask(_ chats: some ChatStorage, _ pieces: some AsyncSequence<String, any Error>) async throws -> Message {
            var calls = 0
            let done = try await chats.append(streaming: .assistant, to: "c") { draft in
                for try await piece in pieces {
                    MainActor.assertIsolated()
                    draft.append(piece)
                    show(draft.message)
                    count += 1
                    calls += 1
                }
            }
            #expect(calls == count)
            return done
        }
    }

    private actor Server {
        var count = 0

        func ask(_ chats: any ChatStorage, _ pieces: some AsyncSequence<String, any Error>) async throws -> Message {
            try await chats.append(streaming: .assistant, to: "c") { draft in
                for try await piece in pieces {
                    assertIsolated()
                    draft.append(piece)
                    count += 1
                }
            }
        }
    }

    private final class Counter {
        var count = 0
    }

    private func ask(
        _ chats: some ChatStorage, _ pieces: some AsyncSequence<String, any Error>
    ) async throws -> (Message, Int) {
        let counter = Counter()
        var calls = 0
        let done = try await chats.append(streaming: .assistant, to: "c") { draft in
            for try await piece in pieces {
                draft.append(piece)
                counter.count += 1
                calls += 1
            }
        }
        return (done, counter.count + calls)
    }

    private func pieces() -> AsyncThrowingStream<String, any Error> {
        AsyncThrowingStream { stream in
            for piece in ["Once ", "upon ", "a time"] { stream.yield(piece) }
            stream.finish()
        }
    }

    private let chats = InMemoryBackend.prepared(with: [.init("c", [.user("Hello?")])])

    @Test @MainActor func aViewModelWritesItsOwnProperties() async throws {
        let model = ViewModel()
        #expect(try await model.ask(chats, pieces()).content == "Once upon a time")
        #expect(model.shown == "Once upon a time" && model.count == 3)
    }

    @Test func anActorWritesItsOwnProperties() async throws {
        let server = Server()
        #expect(try await server.ask(chats, pieces()).content == "Once upon a time")
        #expect(await server.count == 3)
    }

    @Test func aPlainFunctionWritesItsOwnVariables() async throws {
        let (done, count) = try await ask(chats, pieces())
        #expect(done.content == "Once upon a time" && done.state == .complete && count == 6)
    }

    #if compiler(>=6.2)
    private nonisolated(nonsending) func askOnTheCallersActor() async throws -> Message {
        try await chats.append(streaming: .assistant, to: "c") { draft in
            MainActor.assertIsolated()
            draft.append("here")
        }
    }

    @Test @MainActor func aFunctionThatRunsOnItsCallersActorKeepsIt() async throws {
        #expect(try await askOnTheCallersActor().content == "here")
    }
    #endif

    @Test func theBodysTaskHasTheCallersValues() async throws {
        try await Self.$name.withValue("mine") {
            try await chats.append(streaming: .assistant, to: "c") { _ in #expect(Self.name == "mine") }
            return
        }
    }

    @TaskLocal private static var name = ""
}
