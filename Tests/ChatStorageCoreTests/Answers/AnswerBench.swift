import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import TestSupport

/// A store in memory whose calls a test can see, hold up and fail, with a clock that the test moves.
struct AnswerBench {
    /// What becomes of a revision.
    enum Fate: Sendable {
        case made
        /// It fails, and nothing is written.
        case fails(any Error)
        /// It is made, and its acknowledgement is lost.
        case isLost(any Error)
        /// It waits until it is let go, or the task is cancelled.
        case isHeld
    }

    /// A revision, and when it was sent.
    struct Sent: Sendable {
        let time: Duration
        let revision: MessageRevision

        var text: String? { revision.body?.content }
    }

    final class Interceptor: StorageInterceptor {
        fileprivate let clock: ManualClock
        private let calls = Mutex<(revisions: [Sent], looks: [Duration], appends: Int)>(([], [], 0))
        private let underWay = Mutex<(now: Int, most: Int)>((0, 0))
        /// What becomes of the revisions in order; those after them are made.
        let fates = Mutex<[Fate]>([])
        let appendFates = Mutex<[Fate]>([])
        private let held = Mutex<[AsyncStream<Void>.Continuation]>([])

        init(_ clock: ManualClock) { self.clock = clock }

        var revisions: [Sent] { calls.withLock { $0.revisions } }
        var looks: [Duration] { calls.withLock { $0.looks } }
        var appends: Int { calls.withLock { $0.appends } }
        var mostAtOnce: Int { underWay.withLock { $0.most } }
        var heldCount: Int { held.withLock { $0.count } }

        func letGo() {
            let all = held.withLock { held in
                defer { held = [] }
                return held
            }
            for one in all { one.finish() }
        }

        func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
            let time = clock.now.sinceStart
            var fate = Fate.made
            switch call {
            case .reviseMessage(let revision):
                calls.withLock { $0.revisions.append(Sent(time: time, revision: revision)) }
                fate = fates.withLock { $0.isEmpty ? .made : $0.removeFirst() }
            case .append:
                calls.withLock { $0.appends += 1 }
                fate = appendFates.withLock { $0.isEmpty ? .made : $0.removeFirst() }
            case .messages: calls.withLock { $0.looks.append(time) }
            default: break
            }
            if case .reviseMessage = call {
                underWay.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            }
            defer { if case .reviseMessage = call { underWay.withLock { $0.now -= 1 } } }
            switch fate {
            case .made: return try await call.perform(on: base)
            case .fails(let error): throw error
            case .isLost(let error):
                try await call.perform(on: base)
                throw error
            case .isHeld:
                let (gate, opener) = AsyncStream<Void>.makeStream()
                held.withLock { $0.append(opener) }
                for await _ in gate {}
                try Task.checkCancellation()
                return try await call.perform(on: base)
            }
        }
    }

    static let unknown = ChatStorageError(.unavailable, "the connection was lost", writeOutcome: .unknown)
    static let notApplied = ChatStorageError(.unavailable, "there is none", writeOutcome: .notApplied)

    let clock = ManualClock()
    /// The store without the interceptor: what another process sees.
    let base = InMemoryBackend(roles: .withTools)
    let interceptor: Interceptor
    let chats: InterceptedBackend
    let options: AnswerCheckpoints

    init(_ change: (inout AnswerCheckpoints) -> Void = { _ in }) async throws {
        interceptor = Interceptor(clock)
        chats = InterceptedBackend(base, interceptor: interceptor)
        var options = AnswerCheckpoints(clock: clock)
        change(&options)
        self.options = options
        try await base.prepare()
        try await base.append(.user("Hello?"), to: "c")
    }

    /// Begins an answer that says what it is fed; its body ends when it is cancelled.
    func begin(key: String? = nil, metadata: Metadata = Metadata()) -> (
        say: @Sendable (String) -> Void, finish: @Sendable ((any Error)?) -> Void, task: Task<Message, any Error>
    ) {
        let (pieces, feeder) = AsyncThrowingStream<String, any Error>.makeStream()
        let (chats, options) = (chats, options)
        let task = Task {
            try await chats.append(
                streaming: .assistant, to: "c", key: key, metadata: metadata, checkpoints: options
            ) { draft in
                for try await piece in pieces { draft.append(piece) }
            }
        }
        return ({ feeder.yield($0) }, { feeder.finish(throwing: $0) }, task)
    }

    /// The answer as another process sees it.
    func answer() async throws -> Message? { try await base.messages(of: "c").last { $0.role == .assistant } }

    /// Waits until the answer says something.
    func waitForText(_ text: String) async throws {
        try await waitUntil { try await answer()?.content == text }
    }

    /// Waits until somebody sleeps until a time.
    func waitForSleeper(until time: Duration) async throws {
        try await waitUntil { clock.deadlines.contains(time) }
    }
}

extension Task where Failure == any Error {
    /// The task's value; a test that runs out of time cancels the task, and so ends.
    var outcome: Success {
        get async throws {
            try await withTaskCancellationHandler {
                try await value
            } onCancel: {
                cancel()
            }
        }
    }
}
