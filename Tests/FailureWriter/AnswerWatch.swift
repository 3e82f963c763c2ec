import ChatStorageConformance
import ChatStorageCore
import Synchronization

/// Notes what the library's writer of one answer sends and what is acknowledged, and can lose acknowledgements.
final class AnswerWatch: StorageInterceptor {
    private struct State {
        var stored: AnswerText?
        var hasEnded = false
        var generator: SplitMix64
    }

    private let answer: String
    private let attempt: String
    private let losesAcknowledgements: Bool
    private let note: @Sendable (AnswerNote) async -> Void
    private let state: Mutex<State>
    private let news: AsyncStream<Void>
    private let teller: AsyncStream<Void>.Continuation

    init(
        _ answer: String, attempt: String, losesAcknowledgements: Bool, seed: UInt64,
        _ note: @escaping @Sendable (AnswerNote) async -> Void
    ) {
        self.answer = answer
        self.attempt = attempt
        self.losesAcknowledgements = losesAcknowledgements
        self.note = note
        state = Mutex(State(generator: SplitMix64(seed: seed)))
        (news, teller) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What the last acknowledged checkpoint of this writing says.
    var stored: AnswerText? { state.withLock { $0.stored } }

    /// Whether an end was acknowledged.
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// Waits until this many pieces are acknowledged, or the task is cancelled.
    func waitForPieces(_ count: Int) async {
        var iterator = news.makeAsyncIterator()
        while (stored?.pieces ?? 0) < count, await iterator.next() != nil {}
    }

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        switch call {
        case .append:
            await say(.begins)
            let reply = try await call.perform(on: base)
            try loseSome()
            if case .appended(let result) = reply, let message = result.messages.first {
                await say(.begun(sequence: message.sequence))
            }
            return reply
        case .reviseMessage(let revision):
            let text = revision.body.map { AnswerText(content: $0.content) }
            if case .some(nil) = text { await say(.wrong("a checkpoint of no pieces")) }
            await say(.sends(text ?? nil, revision.state ?? .streaming))
            let reply = try await call.perform(on: base)
            try loseSome()
            if case .message(let message) = reply {
                guard let version = AnswerVersion(message) else {
                    await say(.wrong("a reply that is none of its texts"))
                    return reply
                }
                await say(.stored(version))
                state.withLock { state in
                    // Until its first checkpoint an answer says what the writing before left.
                    if version.text?.attempt == attempt { state.stored = version.text }
                    state.hasEnded = version.state != .streaming
                }
                teller.yield()
            }
            return reply
        default: return try await call.perform(on: base)
        }
    }

    /// As a connection does that breaks after the server has committed.
    private func loseSome() throws {
        guard losesAcknowledgements, state.withLock({ Int.random(in: 0..<4, using: &$0.generator) == 0 }) else {
            return
        }
        throw ChatStorageError(.unavailable, "the acknowledgement was lost", writeOutcome: .unknown)
    }

    private func say(_ event: AnswerNote.Event) async { await note(AnswerNote(answer, event)) }
}
