import ChatStorageCore
import Synchronization

/// What became of an answer while its store was held up again and again.
struct HeldCheckpoints: Sendable {
    /// Pieces that were given to the draft.
    var pieces = 0
    /// Revisions of the message that were sent, except an end without a body: the checkpoint before it had all that came.
    var revisions = 0
    /// The most that were under way at once.
    var mostAtOnce = 0

    static let conversation: ConversationID = "held"
    /// How many pieces come while a checkpoint is held.
    static let piecesPerHold = 1_000

    private init() {}

    /// Reads a line without its newline.
    init?(line: some StringProtocol) {
        let fields = line.split(separator: " ").compactMap { Int($0) }
        guard fields.count == 3 else { return nil }
        (pieces, revisions, mostAtOnce) = (fields[0], fields[1], fields[2])
    }

    var line: String { "\(pieces) \(revisions) \(mostAtOnce)" }

    /// What holds a store up, and lets it go.
    struct Brake: Sendable {
        let hold: @Sendable () async throws -> Void
        /// Whether something waits to be let go.
        let isHolding: @Sendable () async throws -> Bool
        let release: @Sendable () async throws -> Void
    }

    /// Writes an answer; the last pieces come, and the model's part ends, while a checkpoint is held.
    static func write(
        _ name: String, to backend: any ChatStorageBackend, holds: Int, _ brake: Brake
    ) async throws -> HeldCheckpoints {
        let counter = Counter()
        let chats = InterceptedBackend(backend, interceptor: counter)
        let (bodyEnd, teller) = AsyncStream.makeStream(of: Void.self)
        let writing = Task {
            defer { teller.finish() }
            var pieces = 0
            try await chats.append(
                streaming: .assistant, to: conversation, .after(0), if: .createIfMissing, key: name,
                // It neither shows that it lives nor looks whether it was ended.
                checkpoints: AnswerCheckpoints(
                    interval: .zero, bytesPerSecond: .max, keepAlive: .seconds(1_000_000), look: .seconds(1_000_000))
            ) { draft in
                defer { teller.finish() }
                for hold in 1...holds {
                    try await brake.hold()
                    pieces += 1
                    draft.append(AnswerText.piece(pieces, of: name, attempt: "1"))
                    while try await !brake.isHolding() { try await pass() }
                    for _ in 1...piecesPerHold {
                        pieces += 1
                        draft.append(AnswerText.piece(pieces, of: name, attempt: "1"))
                        await Task.yield()
                    }
                    guard hold < holds else { return }
                    try await brake.release()
                    while counter.storedPieces < pieces {
                        // So many revisions mean a checkpoint for each piece: the test has failed already.
                        guard counter.revisions <= 2 * holds else { return }
                        try await pass()
                    }
                }
            }
            return pieces
        }
        return try await withTaskCancellationHandler {
            for await _ in bodyEnd {}
            try await brake.release()
            return counter.result(pieces: try await writing.value)
        } onCancel: {
            writing.cancel()
        }
    }

    private static func pass() async throws {
        try Task.checkCancellation()
        await Task.yield()
    }

    /// Counts revisions.
    private final class Counter: StorageInterceptor {
        private struct Counts {
            var result = HeldCheckpoints()
            var underWay = 0
            var storedPieces = 0
        }

        private let counts = Mutex(Counts())

        var revisions: Int { counts.withLock { $0.result.revisions } }
        var storedPieces: Int { counts.withLock { $0.storedPieces } }

        func result(pieces: Int) -> HeldCheckpoints {
            var result = counts.withLock { $0.result }
            result.pieces = pieces
            return result
        }

        func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
            guard case .reviseMessage(let revision) = call else { return try await call.perform(on: base) }
            counts.withLock { counts in
                counts.underWay += 1
                if revision.body != nil || revision.state == nil { counts.result.revisions += 1 }
                counts.result.mostAtOnce = max(counts.result.mostAtOnce, counts.underWay)
            }
            defer { counts.withLock { $0.underWay -= 1 } }
            let reply = try await call.perform(on: base)
            if case .message(let message) = reply, let text = AnswerText(content: message.content) {
                counts.withLock { $0.storedPieces = text.pieces }
            }
            return reply
        }
    }
}
