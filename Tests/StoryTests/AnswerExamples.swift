import ChatStorageCore
import ChatStorageProviders

/// The code of the guides to streaming and to windows, as it stands there.
enum AnswerExamples {
    struct StreamEnded: Error {}

    /// What asks a provider.
    protocol Model: Sendable {
        func pieces(after past: [ChatMessage]) -> AsyncThrowingStream<String, any Error>
        func events(after past: [ChatMessage]) -> AsyncThrowingStream<String, any Error>
    }

    struct Tokenizer: Sendable {
        func count(_ text: String) -> Int { text.count }
    }

    @MainActor final class TripModel {
        private(set) var shown = ""
        private var answering: Task<Void, any Error>?
        let chats: any ChatStorage
        let model: any Model

        init(_ chats: any ChatStorage, _ model: any Model) {
            self.chats = chats
            self.model = model
        }

        func ask(_ question: String) -> Task<Void, any Error> {
            let task = Task {
                let asked = try await chats.append(.user(question), to: "trip")
                let past = try await chats.history(of: "trip", window: .tokens(60_000))
                try await chats.append(streaming: .assistant, to: "trip", .after(asked.sequence)) { draft in
                    for try await piece in model.pieces(after: past) {
                        draft.append(piece)
                        shown = draft.message.content
                    }
                }
            }
            answering = task
            return task
        }

        func stop() { answering?.cancel() }
    }

    static func answerAgain(_ chats: any ChatStorage, _ model: any Model, _ answer: Message) async throws -> Message {
        let prompt = try await chats.history(of: "trip", before: answer.sequence, window: .tokens(60_000))
        let done = try await chats.append(streaming: .assistant, to: "trip", .insteadOf(answer.sequence)) { draft in
            var parts = AnthropicMessages.Accumulator()
            for try await event in model.events(after: prompt) {
                try parts.add(event)
                draft.body = parts.message
            }
            if !parts.isComplete { throw StreamEnded() }
        }
        return done
    }

    static func stopFromElsewhere(_ chats: any ChatStorage, _ answer: Message) async throws {
        try await chats.endAnswer(answer.sequence, of: "trip")
    }

    static func stopAll(_ chats: any ChatStorage) async throws {
        let query = MessageQuery(of: "trip", on: .all, states: .streaming)
        for answer in try await chats.messages(query).items {
            try await chats.endAnswer(answer.sequence, of: "trip")
        }
    }

    static func recover(_ backend: some ChatStorageBackend) async throws -> Int {
        let ended = try await backend.endUnfinishedMessages(notRevisedFor: .seconds(60))
        return ended
    }

    static func runAgain(
        _ chats: any ChatStorage, _ model: any Model, _ prompt: [ChatMessage], jobID: String
    ) async throws -> Message {
        let done = try await chats.append(streaming: .assistant, to: "trip", key: jobID) { draft in
            for try await piece in model.pieces(after: prompt) { draft.append(piece) }
        }
        return done
    }

    static func checkpoints(_ chats: any ChatStorage, _ model: any Model, _ prompt: [ChatMessage]) async throws {
        let checkpoints = AnswerCheckpoints(interval: .seconds(3), retrying: RetryPolicy(attempts: 20))
        try await chats.append(streaming: .assistant, to: "trip", checkpoints: checkpoints) { draft in
            draft.body.metadata[.model] = "claude-opus-5"
            for try await piece in model.pieces(after: prompt) { draft.append(piece) }
        }
    }

    static func window(_ chats: any ChatStorage) async throws -> [ChatMessage] {
        let past = try await chats.history(of: "trip", window: .tokens(60_000))
        return past
    }

    static func countedWindow(_ chats: any ChatStorage, _ tokenizer: Tokenizer) async throws -> [ChatMessage] {
        let window = HistoryWindow(messages: 200, tokens: 60_000) { message in
            message.parts.reduce(4) { sum, part in
                sum + [part.text, part.name, part.input, part.output].reduce(0) { $0 + tokenizer.count($1 ?? "") }
            }
        }
        let past = try await chats.history(of: "trip", window: window)
        return past
    }
}
