/// Writes an answer's checkpoints and its end, one at a time, each based on the revision before.
///
/// It runs in a task that the caller's cancellation does not reach.
struct AnswerLane<C: Clock>: Sendable where C.Duration == Duration {
    /// A revision, and the answer's body after it.
    private struct Write: Sendable {
        let revision: MessageRevision
        let body: ChatMessage
    }

    private let answer: AnswerWriter<C>
    private let draft: AnswerDraft
    /// The write that may have happened unacknowledged; it is sent again unchanged, before anything newer.
    private var pending: Write?
    /// When the last checkpoint that had a body began.
    private var lastBody: C.Instant?
    /// When the last revision that succeeded began.
    private var lastRevision: C.Instant
    /// The shortest time between two checkpoints.
    private var interval: Duration
    private var failures = 0
    /// When a failed checkpoint is tried again.
    private var retryTime: C.Instant?

    private var options: AnswerCheckpoints { answer.options }

    init(_ answer: AnswerWriter<C>, _ draft: AnswerDraft) {
        self.answer = answer
        self.draft = draft
        lastRevision = answer.clock.now
        interval = answer.options.interval
    }

    /// Writes checkpoints until the body has ended, and then the end.
    ///
    /// - Returns: The message as it ended.
    mutating func run() async throws -> Message {
        while true {
            switch answer.order {
            case .giveUp(let loss): throw loss
            case .end(let state): return try await end(as: state)
            case .write:
                let now = answer.clock.now
                let next = nextCheckpoint
                if next <= now {
                    try await checkpoint(at: now)
                } else {
                    await answer.writer.wait(until: next, answer.clock)
                }
            }
        }
    }

    // MARK: Checkpoints

    private var keepAliveTime: C.Instant { lastRevision.advanced(by: options.keepAlive) }

    /// When the newest body can be written.
    private var nextBody: C.Instant { lastBody?.advanced(by: interval) ?? lastRevision }

    private var nextCheckpoint: C.Instant {
        if let retryTime { return retryTime }
        return draft.isChanged ? min(nextBody, keepAliveTime) : keepAliveTime
    }

    private mutating func checkpoint(at now: C.Instant) async throws {
        retryTime = nil
        let hasBody = pending == nil && draft.isChanged && nextBody <= now
        let write =
            pending ?? (hasBody ? next() : Write(revision: MessageRevision(of: draft.stored), body: draft.written))
        // The body that was set can equal the stored one.
        guard pending != nil || !write.revision.changesNothing || keepAliveTime <= now else { return }
        if write.revision.body != nil { lastBody = now }
        do {
            try await send(write)
            failures = 0
        } catch let loss as AnswerLoss {
            answer.lose(loss)
            throw loss
        } catch {
            // A failed checkpoint disturbs nobody: the newest body is written later, at the latest with the end.
            failures += 1
            if hasBody, pending == nil { draft.putBack() }
            retryTime = max(
                now.advanced(by: interval),
                answer.clock.now.advanced(by: options.retrying.wait(afterFailures: failures)))
        }
    }

    /// The next write: the newest body and, at the end, the state.
    private func next(as state: MessageState? = nil, _ content: EndContent = .all) -> Write {
        let (stored, written) = (draft.stored, draft.written)
        var body = content == .nothing ? written : draft.take()
        if content != .all { body.metadata = written.metadata }
        return Write(
            revision: MessageRevision(
                of: stored, body: body.saysTheSame(as: written) ? nil : body, state: state,
                metadata: MetadataChange(from: written.metadata, to: body.metadata)),
            body: body)
    }

    // MARK: The end

    /// What an end writes beside the state.
    private enum EndContent {
        case all
        /// The body, without its changes of metadata.
        case body
        case nothing
    }

    private mutating func end(as state: MessageState) async throws -> Message {
        var content = EndContent.all
        var refusal: ChatStorageError?
        failures = 0
        while true {
            let stored: Message
            do {
                let state = refusal == nil || state == .stopped ? state : .failed
                stored = try await send(pending ?? next(as: state, content))
            } catch let error as ChatStorageError where error.isOfContent && content != .nothing {
                // The content was refused; the answer ends with as much of it as can be stored.
                refusal = refusal ?? error
                content = content == .all ? .body : .nothing
                continue
            } catch let error as ChatStorageError where !error.isRetryable {
                throw error
            } catch let loss as AnswerLoss {
                throw loss
            } catch {
                failures += 1
                guard failures < options.retrying.attempts else {
                    let isUnknown = pending != nil
                    throw isUnknown ? (error as? ChatStorageError)?.afterUnknownOutcome ?? error : error
                }
                try? await answer.clock.sleep(for: options.retrying.wait(afterFailures: failures))
                continue
            }
            failures = 0
            // A message that is still under way comes from the last checkpoint, which was sent again.
            if stored.state == .streaming { continue }
            if let refusal { throw refusal }
            return stored
        }
    }

    // MARK: Writing

    /// Sends a revision, and finds out what became of it.
    @discardableResult
    private mutating func send(_ write: Write) async throws -> Message {
        let start = answer.clock.now
        do {
            let stored = try await answer.storage.reviseMessage(write.revision)
            return wrote(write, as: stored, at: start)
        } catch let error as ChatStorageError where error.code == .messageNotFound {
            throw AnswerLoss.gone
        } catch let error as ChatStorageError where error.code == .conflict {
            return try await settle(write, error, at: start)
        } catch let error as ChatStorageError where error.isOfContent {
            pending = nil
            throw error
        } catch let error as ChatStorageError where error.writeOutcome == .notApplied {
            throw error
        } catch {
            pending = write
            throw error
        }
    }

    private mutating func wrote(_ write: Write, as stored: Message, at start: C.Instant) -> Message {
        pending = nil
        if write.revision.body != nil { interval = options.interval(for: write.body) }
        lastRevision = start
        draft.wrote(write.body, as: stored)
        answer.note(start)
        return stored
    }

    /// Finds out why a revision was refused with `conflict`.
    private mutating func settle(
        _ write: Write, _ conflict: ChatStorageError, at start: C.Instant
    ) async throws -> Message {
        let base = draft.stored
        do {
            let message = try await answer.look(at: base).get()
            if message.revision == base.revision { throw conflict }
            if pending != nil, message.revision - 1 == base.revision,
                message.state == write.revision.state ?? .streaming, message.body.saysTheSame(as: write.body)
            {
                return wrote(write, as: message, at: start)
            }
            throw message.state == .streaming ? AnswerLoss.taken : .ended(message)
        } catch let error as ChatStorageError where error.isRetryable {
            pending = write
            throw error
        }
    }
}

extension ChatStorageError {
    /// Whether the content was refused, so that nothing was written.
    fileprivate var isOfContent: Bool {
        code == .invalidArgument || code == .metadataTooLarge
    }
}

extension MessageRevision {
    /// Whether it shows only that the writer is alive.
    fileprivate var changesNothing: Bool { body == nil && state == nil && metadata.isEmpty }
}
