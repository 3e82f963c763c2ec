import ChatStorageSupport
import Synchronization

/// How a writer lost its answer.
enum AnswerLoss: Error {
    /// Another process ended it.
    case ended(Message)
    /// Another process writes it.
    case taken
    /// It was removed, or its conversation cleared or deleted.
    case gone
}

/// What an ``AnswerLane`` does next.
enum AnswerOrder {
    /// Checkpoints.
    case write
    /// The end, since the body has ended.
    case end(MessageState)
    /// Nothing more.
    case giveUp(AnswerLoss)
}

/// Runs the caller's body, the checkpoints beside it, and the look-ups of the message.
final class AnswerWriter<C: Clock>: AnswerUnderWay where C.Duration == Duration {
    private struct State {
        var end: MessageState?
        var loss: AnswerLoss?
        var isCancelled = false
        /// Whether the end is counted: a store that is closed now waits for it.
        var isCounted = false
        /// Whether nothing more is written.
        var isDone = false
    }

    let storage: any ChatStorage
    let options: AnswerCheckpoints
    let clock: C
    /// Wakes the lane that writes.
    let writer = Alarm()
    /// Wakes the task that looks the message up.
    let watcher = Alarm()
    private let state = Mutex(State())
    /// When the database last said that the answer is under way.
    private let news: Mutex<C.Instant>
    private let endingAnswers: EndingAnswers

    init(_ storage: any ChatStorage, _ options: AnswerCheckpoints, _ clock: C) {
        self.storage = storage
        self.options = options
        self.clock = clock
        news = Mutex(clock.now)
        endingAnswers = storage.endingAnswers
    }

    /// Appends the answer, runs the body and writes what it says.
    func write(
        _ new: NewMessages, isolation: (any Actor)?, _ body: AnswerTask
    ) async throws -> Message {
        try Task.checkCancellation()
        try endingAnswers.add(self)
        defer { finish() }
        return try await withTaskCancellationHandler {
            try await self.writeCounted(new, isolation: isolation, body)
        } onCancel: {
            cancel()
        }
    }

    private func writeCounted(
        _ new: NewMessages, isolation: (any Actor)?, _ body: AnswerTask
    ) async throws -> Message {
        // A cancelled append could leave a message that nobody ends.
        let stored = try await Task { try await self.append(new) }.value
        guard stored.state == .streaming else { return stored }
        let draft = AnswerDraft(stored, writer: writer)
        note(clock.now)
        let writing = Task {
            // A store that closes does not wait for a body that does not end.
            defer { finish() }
            var checkpoints = AnswerLane(self, draft)
            return try await checkpoints.run()
        }
        var thrown: (any Error)?
        if isCancelled {
            end(as: .stopped)
        } else if case .write = order {
            await withTaskGroup(of: Step.self) { group in
                group.addTask { await body.run(draft, on: isolation) }
                group.addTask {
                    await self.watch(stored)
                    return .lookedAway
                }
                while let step = await group.next() {
                    if case .ended(let state, let error) = step {
                        thrown = error
                        end(as: state)
                    }
                    // This ends the look-ups, or the body of a lost answer.
                    group.cancelAll()
                }
            }
        }
        // A write that is still under way to a lost answer does not matter.
        if case .giveUp = order { writing.cancel() }
        return try outcome(of: await writing.result, thrown: thrown)
    }

    /// What the call returns or throws.
    ///
    /// - Parameter thrown: What the body threw without having been cancelled.
    private func outcome(of result: Result<Message, any Error>, thrown: (any Error)?) throws -> Message {
        if let thrown { throw thrown }
        switch result {
        case .success(let stored) where stored.state == .stopped: throw CancellationError()
        case .success(let stored) where stored.state == .failed:
            throw ChatStorageError(.closed, "the storage was closed while the answer was written")
        case .success(let stored): return stored
        case .failure(AnswerLoss.ended(let message)):
            if message.state == .stopped || isCancelled { throw CancellationError() }
            throw ChatStorageError(.conflict, "another writer ended the answer as \(message.state.rawValue)")
        case .failure(AnswerLoss.taken):
            throw ChatStorageError(.conflict, "another writer continues the answer")
        case .failure(AnswerLoss.gone):
            throw ChatStorageError(.messageNotFound, "the answer under way does not exist any more")
        case .failure(let error): throw error
        }
    }

    // MARK: What the tasks share

    var order: AnswerOrder {
        state.withLock { state in
            if let loss = state.loss { return .giveUp(loss) }
            return state.end.map(AnswerOrder.end) ?? .write
        }
    }

    /// Whether the caller's task was cancelled.
    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Notes the cancellation, and counts the end from here on, so that a store that is closed now waits for it.
    private func cancel() {
        state.withLock { state in
            state.isCancelled = true
            count(&state)
        }
        writer.ring()
    }

    private func end(as end: MessageState) {
        state.withLock { state in
            state.end = state.end ?? end
            count(&state)
        }
        writer.ring()
    }

    /// Ends the answer as failed, unless its own end is on its way.
    func storeCloses() {
        state.withLock { state in
            guard state.end == nil, state.loss == nil, !state.isCancelled else { return }
            state.end = .failed
            count(&state)
        }
        writer.ring()
        watcher.ring()
    }

    private func count(_ state: inout State) {
        guard !state.isCounted, !state.isDone else { return }
        state.isCounted = true
        endingAnswers.begin()
    }

    /// Notes that nothing more is written.
    private func finish() {
        let wasCounted = state.withLock { state in
            state.isDone = true
            defer { state.isCounted = false }
            return state.isCounted
        }
        if wasCounted { endingAnswers.end() }
        endingAnswers.remove(self)
    }

    /// Notes that the answer was lost, unless its own end is being written: that looks the same to the watcher.
    func lose(_ loss: AnswerLoss) {
        state.withLock { if $0.end == nil, $0.loss == nil { $0.loss = loss } }
        writer.ring()
        watcher.ring()
    }

    /// Notes that the answer was under way at a time.
    func note(_ time: C.Instant) { news.withLock { $0 = max($0, time) } }

    /// When the message is to be looked up next.
    var nextLook: C.Instant { news.withLock { $0.advanced(by: options.look) } }
}

/// How a child task of the writing ended.
enum Step: Sendable {
    /// The body has ended; what it threw if it was not cancelled.
    case ended(MessageState, (any Error)?)
    /// The look-ups have ended.
    case lookedAway
}
