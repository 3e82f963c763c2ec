import ChatStorageCore

/// What happens after an answer, an error and the end of a connection.
extension Dispatcher {
    /// Hands out the answers that libpq has read, and drops a connection that is broken or done.
    ///
    /// - Returns: Whether there was anything to do.
    mutating func handOutAnswers(_ index: Int, isOpen: Bool, now: ContinuousClock.Instant) -> Bool {
        let (actions, hasSync, isAlive) = connections[index].receive(now: now)
        for action in actions { perform(action, index, now: now) }
        // The next call may already be overdue, and no later event would note when to give the connection up.
        if !actions.isEmpty, let time = connections[index].givenUpAt { note(deadline: time) }
        let isDone = connections[index].isRetiring && connections[index].count == 0
        guard !isOpen || !isAlive || isDone else { return hasSync || !actions.isEmpty }
        drop(index, isOpen && isAlive ? .done : .broken, now: now)
        return true
    }

    private mutating func perform(
        _ action: CallConnection.CallPipeline.Action, _ index: Int, now: ContinuousClock.Instant
    ) {
        switch action {
        case .answered(let call, let answers):
            let results = call.ownAnswers(answers)
            connections[index].ended(call)
            noteAnswered(call, results, now: now)
            waiting.ended(call, .done)
            if call.request.isWrite { writerSearch.succeeded() }
            waiting.noteSize(of: results.first, to: call)
            switch call.purpose {
            case .session:
                // The statement returns a row only in the session that belongs to the connection, not behind a pooler.
                connections[index].isSetUp = results.first?.rowCount != 0
                if !connections[index].isSetUp { noticePooler() }
                // Only now, since a pooler gets one Sync at a time.
                beginSnapshotOrBecomeReady(connections[index], now: now)
            case .snapshot: becomeReady(connections[index])
            case .caller, .merged: answered.append((call, results))
            }
        case .refused(let call, let error):
            connections[index].ended(call)
            if call.isOfConnection {
                connections[index].isRetiring = true
                connectFailed(error.storageError(isWrite: false), now: now)
                return
            }
            // The next connection has no transaction open, and may lead to the server that takes writes now.
            if error.isOfAbortedTransaction || (error.isReadOnlyServer && searchesForWriter(now: now)) {
                connections[index].isRetiring = true
            }
            noteRefused(call, error, isSetUp: connections[index].isSetUp, now: now)
            waiting.ended(call, error.isOfLock ? .locked : .failed)
            settle(call, refusedBy: error, isSetUp: connections[index].isSetUp, now: now)
        case .skipped(let call):
            connections[index].ended(call)
            call.noteEnded(at: now)
            if call.isWanted { settle(call.withOwnSync, .again(after: .zero), now: now) }
        case .close:
            break
        }
    }

    /// Whether to try another connection, after a server refused a write because it takes none.
    ///
    /// Tries become ever rarer: each costs a session, and there may be no server that takes writes.
    private mutating func searchesForWriter(now: ContinuousClock.Instant) -> Bool {
        guard writerSearch.allowsAttempt(now: now, underWay: 0) else { return false }
        writerSearch.failed(now: now)
        return true
    }

    /// - Parameter isSetUp: Whether the session that refused has the library's timeouts.
    private mutating func settle(
        _ call: Call, refusedBy error: ServerError, isSetUp: Bool, now: ContinuousClock.Instant
    ) {
        if error.isOfSharedSession { noticePooler() }
        // For a merged call it is not known which caller waited for the lock.
        if error.isLockTimeout, !call.isMerged,
            let wait = call.timeouts?.lockWait ?? (isSetUp ? timeouts.lockWait : nil)
        {
            let call = call.afterLockWait(wait)
            if call.isWanted, !timeouts.isOver(after: call.lockWaited, remaining: call.deadline - now) {
                // A pause, since the attempt need not have waited: a user's trigger can report a lock timeout at once.
                let delay: Duration = call.lockWaited > wait ? .milliseconds(5) : .zero
                return settle(call, .again(after: delay), now: now)
            }
        }
        let verdicts = call.verdicts(on: error, isBehindPooler: isBehindPooler)
        for (call, verdict) in verdicts where call.isWanted { settle(call, verdict, now: now) }
    }

    /// Behaves as if the configuration had declared a pooler.
    private mutating func noticePooler() {
        isBehindPooler = true
        for connection in connections { connection.noticePooler() }
    }

    /// Why a connection is dropped.
    enum DropReason {
        /// It takes no more calls, and has none left.
        case done
        /// It does not work any more.
        case broken
        /// The server did not answer the oldest call in time.
        case givenUp
    }

    mutating func drop(_ index: Int, _ reason: DropReason, now: ContinuousClock.Instant) {
        // Answers that have come count, whatever became of the connection.
        for action in connections[index].receive(now: now).actions { perform(action, index, now: now) }
        let connection = connections.remove(at: index)
        // This comes before its calls are made again.
        if settings.holdsSnapshot, connection.isReady { isSnapshotLost = true }
        defer { if isSnapshotLost { loseSnapshot() } }
        let lost = connection.lost()
        noteDropped(connection, reason, lost.lazy.map(\.1))
        for (place, (call, loss)) in lost.enumerated() {
            if call.isOfConnection {
                let error = loss.error?.storageError(isWrite: false)
                connectFailed(error ?? Self.brokenSession, serverAnswered: true, now: now)
                continue
            }
            // A call that the server did not answer may have waited for a lock.
            let isLocked = loss.error?.isOfLock ?? (reason == .givenUp && place == 0)
            waiting.ended(call, isLocked ? .locked : .failed)
            if case .refused(let error) = loss {
                noteRefused(call, error, isSetUp: connection.isSetUp, now: now)
                settle(call, refusedBy: error, isSetUp: connection.isSetUp, now: now)
                continue
            }
            call.noteEnded(at: now)
            for var member in call.members {
                member.note(loss)
                if member.deadline <= now {
                    let outcome: ChatStorageError.WriteOutcome =
                        if case .unknown = loss { .unknown } else { .notApplied }
                    member.fail(Call.expired(member.request, outcome))
                } else {
                    settle(member, member.verdict(on: loss), now: now)
                }
            }
        }
    }

    private mutating func loseSnapshot() {
        for call in waiting.removeAll(where: { _ in true }) { call.fail(ChatStorageError.snapshotIsLost) }
    }

    private mutating func settle(_ call: Call, _ verdict: Call.Verdict, now: ContinuousClock.Instant) {
        switch verdict {
        case .failed(let error): call.fail(error)
        case .again(let delay):
            note(deadline: call.deadline)
            if delay == .zero { waiting.add(call) } else { waiting.add(call, due: now + delay) }
        }
    }

    /// Ends the calls that wait if there is no connection, instead of at their deadlines.
    ///
    /// - Parameter serverAnswered: Whether a session began. What ended it need not end the next one, so calls wait for
    ///   that.
    mutating func connectFailed(
        _ error: ChatStorageError, serverAnswered: Bool = false, now: ContinuousClock.Instant
    ) {
        attempts.failed(now: now)
        observations?.failed(error)
        guard !serverAnswered || attempts.failures > 1 else { return }
        guard connecting == 0, !connections.contains(where: { !$0.isRetiring }) else { return }
        for call in waiting.removeAll(where: { _ in true }) {
            call.fail(call.request.isWrite ? error.beforeWriting : error)
        }
    }

    static let brokenSession = ChatStorageError(
        .unavailable, "the connection to the database broke before it could be used")
}
