import ChatStorageConformance
import ChatStorageCore
import Synchronization

/// An answer that the library's writer writes, piece by piece, while every step is noted.
struct WatchedAnswer: Sendable {
    /// How the model's part ends.
    enum Ending: CaseIterable, Sendable {
        case returns, `throws`, isCancelled
        /// It says nothing more, and ends when another ends the answer.
        case isSilent
    }

    private struct Broken: Error {}

    /// Its key, which begins with its conversation and a slash.
    let name: String
    let attempt: String
    var pieces: Int
    var ending: Ending
    var seed: UInt64
    var losesAcknowledgements = false
    var place = AppendPlace.head
    var checkpoints = AnswerCheckpoints(interval: .zero, bytesPerSecond: .max)

    /// A random one.
    static func random(_ name: String, attempt: String, using generator: inout SplitMix64) -> WatchedAnswer {
        let longest = Int.random(in: 0..<8, using: &generator) == 0 ? 400 : 40
        var answer = WatchedAnswer(
            name: name, attempt: attempt, pieces: .random(in: 0...longest, using: &generator),
            ending: [.returns, .returns, .throws, .isCancelled].randomElement(using: &generator) ?? .returns,
            seed: generator.next())
        answer.place = Bool.random(using: &generator) ? .head : .after(0)
        // Some show that they live between any two pieces.
        if Bool.random(using: &generator) { answer.checkpoints.keepAlive = .milliseconds(1) }
        answer.losesAcknowledgements = Int.random(in: 0..<3, using: &generator) == 0
        if answer.losesAcknowledgements {
            answer.checkpoints.retrying = RetryPolicy(
                attempts: .max, firstDelay: .milliseconds(1), longestDelay: .milliseconds(50))
        }
        return answer
    }

    static func conversation(of name: String) -> ConversationID {
        ConversationID(name.split(separator: "/").first.map(String.init) ?? name)
    }

    /// Writes it, unless it has ended, and notes what happens.
    func write(
        to backend: any ChatStorageBackend, _ note: @escaping @Sendable (AnswerNote) async -> Void
    ) async {
        let watch = AnswerWatch(
            name, attempt: attempt, losesAcknowledgements: losesAcknowledgements, seed: seed &+ 1, note)
        let chats = InterceptedBackend(backend, interceptor: watch)
        // Nil until the model is asked.
        let given = Given()
        let (all, sayer) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            defer { sayer.finish() }
            return try await chats.append(
                streaming: .assistant, to: Self.conversation(of: name), place, if: .createIfMissing, key: name,
                checkpoints: checkpoints
            ) { draft in
                given.pieces.withLock { $0 = 0 }
                try await say(draft, given, watch, backend, note)
                sayer.finish()
                switch ending {
                case .returns: return
                case .throws: throw Broken()
                case .isCancelled, .isSilent: try await Task.sleep(for: .seconds(1_000_000))
                }
            }
        }
        await withTaskCancellationHandler {
            for await _ in all {}
            if ending == .isCancelled { task.cancel() }
            await note(AnswerNote(name, outcome(of: await task.result, given.pieces.withLock { $0 }, watch)))
        } onCancel: {
            task.cancel()
        }
    }

    private final class Given: Sendable {
        let pieces = Mutex<Int?>(nil)
    }

    private func say(
        _ draft: AnswerDraft, _ given: Given, _ watch: AnswerWatch, _ backend: any ChatStorageBackend,
        _ note: @Sendable (AnswerNote) async -> Void
    ) async throws {
        var generator = SplitMix64(seed: seed)
        var number = 0
        while number < pieces, !Task.isCancelled {
            number += 1
            draft.append(AnswerText.piece(number, of: name, attempt: attempt))
            given.pieces.withLock { $0 = number }
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: await watch.waitForPieces(number)
            // More comes while a checkpoint is written.
            case 1: await watch.waitForPieces(number - 3)
            case 2: await look(draft, watch, backend, note)
            default: await Task.yield()
            }
        }
        if ending == .isSilent { await watch.waitForPieces(number) }
    }

    /// Reads the answer: what was acknowledged before is there, or more.
    private func look(
        _ draft: AnswerDraft, _ watch: AnswerWatch, _ backend: any ChatStorageBackend,
        _ note: @Sendable (AnswerNote) async -> Void
    ) async {
        guard let least = watch.stored else { return }
        let query = MessageQuery(of: Self.conversation(of: name), .sequences([draft.message.sequence]))
        // A read can fail while the server is away.
        guard let page = try? await backend.messages(query) else { return }
        let text = page.items.first.flatMap { AnswerText(content: $0.content) }
        if text?.attempt != least.attempt || (text?.pieces ?? 0) < least.pieces {
            await note(AnswerNote(name, .wrong("\(text?.pieces ?? 0) pieces are read after \(least.pieces)")))
        }
    }

    private func outcome(
        of result: Result<Message, any Error>, _ given: Int?, _ watch: AnswerWatch
    ) -> AnswerNote.Event {
        let all = given.flatMap { $0 == 0 ? nil : AnswerText(answer: name, attempt: attempt, pieces: $0) }
        switch result {
        case .success(let message):
            guard let version = AnswerVersion(message), message.key == name else {
                return .wrong("another is returned")
            }
            if all != nil, version.text != all { return .wrong("it does not end with all that it was given") }
            if given != nil, version.state != .complete { return .wrong("it ends as \(version.state)") }
            return .ended(version.text, version.state)
        case .failure(is CancellationError): return .ended(all, .stopped)
        // The model's own error is thrown also where the end could not be written.
        case .failure(is Broken): return watch.hasEnded ? .ended(all, .failed) : .failed("unavailable thrown")
        case .failure(let error as ChatStorageError):
            return .failed("\(error.code) \(error.writeOutcome.map { "\($0)" } ?? "-")")
        case .failure(let error): return .wrong("\(error)")
        }
    }
}
