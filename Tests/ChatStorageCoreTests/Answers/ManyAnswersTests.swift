import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import TestSupport
import Testing

/// Many answers at once.
@Suite(.timeLimit(.minutes(10))) struct ManyAnswersTests {
    private static let answers = 64
    private static let pieces = 2_000

    /// Notes what is written of each conversation.
    private final class Writes: StorageInterceptor {
        /// How many pieces the bodies have said.
        let said = Mutex(0)
        let texts = Mutex<[ConversationID: [String?]]>([:])

        func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
            if case .reviseMessage(let revision) = call {
                texts.withLock { $0[revision.conversationID, default: []].append(revision.body?.content) }
            }
            return try await call.perform(on: base)
        }
    }

    @Test func noPieceIsLostAndEachIsWrittenAtMostOnceASecond() async throws {
        let clock = ManualClock()
        let base = InMemoryBackend.prepared()
        let writes = Writes()
        let chats = InterceptedBackend(base, interceptor: writes)
        let ids = (1...Self.answers).map { ConversationID("c\($0)") }
        try await withThrowingTaskGroup(of: Message.self) { group in
            for id in ids {
                try await base.append(.user("?"), to: id)
                group.addTask {
                    try await chats.append(
                        streaming: .assistant, to: id, checkpoints: AnswerCheckpoints(clock: clock)
                    ) { draft in
                        for piece in 1...Self.pieces {
                            draft.append("\(id.rawValue)-\(piece) ")
                            writes.said.withLock { $0 += 1 }
                            try await clock.sleep(until: .init(sinceStart: .milliseconds(30) * piece))
                        }
                    }
                }
            }
            // Time goes on when all have said their piece.
            for piece in 1...Self.pieces {
                try await waitUntil { writes.said.withLock(\.self) == piece * Self.answers }
                clock.advance(by: .milliseconds(30))
            }
            for try await done in group {
                let whole = (1...Self.pieces).map { "\(done.conversationID.rawValue)-\($0) " }.joined()
                #expect(done.state == .complete && done.content == whole)
                let texts = writes.texts.withLock { $0[done.conversationID] ?? [] }
                // One each second for 60 seconds, and the first and the last.
                #expect((50...62).contains(texts.count), "\(texts.count)")
                // An end has no text if the checkpoint before it had all.
                #expect(texts.dropLast().allSatisfy { $0 != nil })
                let written = texts.compactMap(\.self)
                #expect(zip(written, written.dropFirst()).allSatisfy { $1.hasPrefix($0) } && written.last == whole)
            }
        }
        #expect(clock.deadlines.isEmpty)
    }
}
