import ChatStorageCore
import ChatStorageSupport

/// A request and its caller.
struct Call: Sendable {
    /// What a call is for.
    enum Purpose: Sendable {
        /// A caller waits for the answers.
        case caller(CancellableContinuation<Answer>)
        /// It carries several callers' writes.
        case merged([Call], any MergedWrites)
        /// It sets up a new connection's session.
        case session
        /// It begins the snapshot that a new connection shows.
        case snapshot
    }

    /// What a caller gets.
    enum Answer: Sendable {
        /// Each statement's answer.
        case results([QueryResult])
        /// A write's share of the answers to a request that it shared with others.
        case share(any Sendable)
    }

    /// Which calls share connections, so that some do not wait behind others.
    enum Lane: Sendable, Hashable {
        /// It is done at once.
        case shortRead
        /// Its answer may be large.
        case longRead
        /// It may wait for a lock, and waits for the disk.
        case write(WriteQueue<Call>.Kind)
    }

    /// What happens next to a call that was not answered.
    enum Verdict: Sendable {
        case failed(ChatStorageError)
        /// It is sent again after a while: it certainly changed nothing.
        case again(after: Duration)
    }

    private static let attemptsAfterLoss = 5
    private static let attemptsAfterConflict = 12

    /// What it is; an object, so that a copy of a call copies only a reference.
    private final class Contents: Sendable {
        let request: Request
        let purpose: Purpose
        let deadline: ContinuousClock.Instant

        init(_ request: Request, _ purpose: Purpose, _ deadline: ContinuousClock.Instant) {
            self.request = request
            self.purpose = purpose
            self.deadline = deadline
        }
    }

    private var contents: Contents
    /// Its meter, and when it was last sent; nil without an observer.
    var attempt: Attempt?
    var lane = Lane.shortRead
    /// The timeouts that it sets for its transaction; nil if the session's suit it.
    var timeouts: (lockWait: Duration, statement: Duration)?
    /// How long it waited for locks in attempts that it shared with no other call.
    private(set) var lockWaited = Duration.zero
    /// How many calls go in one statement with it at most, itself included: fewer after such a statement was refused.
    private(set) var mergeLimit = Int.max
    /// How often it was sent, not counting refusals that another call of its statement may have caused.
    private(set) var attempts = 0
    /// Whether an earlier attempt may have written.
    private var mayBeApplied = false

    init(_ request: Request, purpose: Purpose, deadline: ContinuousClock.Instant, meter: CallMeter? = nil) {
        contents = Contents(request, purpose, deadline)
        attempt = meter.map { Attempt($0) }
    }

    /// Puts writes into one statement; nil when there is only one, or none.
    init?(merging calls: [Call]) {
        guard calls.count > 1, let deadline = calls.map(\.deadline).max() else { return nil }
        let writes = calls.compactMap(\.mergeable)
        guard writes.count == calls.count, let merged = writes[0].merged(with: Array(writes.dropFirst())) else {
            return nil
        }
        self.init(merged.request, purpose: .merged(calls, merged), deadline: deadline)
    }

    var request: Request { contents.request }
    var purpose: Purpose { contents.purpose }
    var deadline: ContinuousClock.Instant { contents.deadline }

    /// The script to send for it.
    var scriptToSend: Script {
        guard let timeouts else { return request.script }
        return request.script.with(lockWait: timeouts.lockWait, statementTimeout: timeouts.statement)
    }

    /// The answers of its own statements.
    func ownAnswers(_ answers: [QueryResult]) -> [QueryResult] {
        timeouts == nil ? answers : request.script.ownAnswers(answers)
    }

    /// The same call after it waited for a lock in vain.
    func afterLockWait(_ wait: Duration) -> Call {
        var call = self
        call.lockWaited += wait
        // The wait counts against its time, not against the number of attempts after other failures.
        call.attempts = min(call.attempts, 1)
        return call
    }

    /// Whether it carries several callers' writes.
    var isMerged: Bool {
        if case .merged = purpose { true } else { false }
    }

    /// Whether it must still be sent; its caller may have been cancelled.
    mutating func begin() -> Bool {
        attempts += 1
        guard case .caller(let pending) = purpose else { return true }
        return attempts == 1 ? pending.begin() : pending.isWanted
    }

    /// Notes what became of an attempt whose connection was lost.
    mutating func note(_ loss: CallConnection.CallPipeline.Loss) {
        if case .unknown = loss, request.isWrite { mayBeApplied = true }
    }

    /// The same call with a Sync of its own: others then neither share its error nor wait for its long answer.
    var withOwnSync: Call {
        var call = self
        call.contents = Contents(request.withOwnSync, purpose, deadline)
        return call
    }

    /// Whether a new connection makes it before it takes callers' calls.
    var isOfConnection: Bool {
        switch purpose {
        case .session, .snapshot: true
        case .caller, .merged: false
        }
    }

    var isWanted: Bool {
        guard case .caller(let pending) = purpose else { return true }
        return pending.isWanted
    }

    /// Hands the callers the server's answers.
    func succeed(_ results: [QueryResult]) {
        switch purpose {
        case .session, .snapshot: break
        case .caller(let pending): pending.end(.success(.results(results)))
        case .merged(let calls, let merged):
            for (call, share) in zip(calls, merged.shares(of: results)) {
                if case .caller(let pending) = call.purpose { pending.end(share.map { .share($0) }) }
            }
        }
    }

    func fail(_ error: any Error) {
        switch purpose {
        case .session, .snapshot: break
        case .caller(let pending):
            let error = mayBeApplied ? (error as? ChatStorageError)?.afterUnknownOutcome ?? error : error
            pending.end(.failure(error))
        case .merged(let calls, _): for call in calls { call.fail(error) }
        }
    }

    /// Itself, or the calls that it carries.
    var members: [Call] {
        if case .merged(let calls, _) = purpose { calls } else { [self] }
    }

    /// The conversations that it writes to.
    var keys: [ConversationKey] {
        switch (purpose, request.kind) {
        case (.merged(_, let merged), _): merged.keys
        case (_, .write(let key)): [key]
        case (_, .mergeable(let write)): [write.key]
        case (_, .read): []
        }
    }

    private var mergeable: (any MergeableWrite)? {
        if case .mergeable(let write) = request.kind { write } else { nil }
    }

    /// What an error of the server means for each of the calls that it carries, once its Sync has come.
    ///
    /// - Parameter isBehindPooler: Whether errors of class 08 may be a pooler's own: the server may have committed.
    func verdicts(on error: ServerError, isBehindPooler: Bool) -> [(call: Call, verdict: Verdict)] {
        if isBehindPooler, error.isOfConnection {
            return members.map { member in
                var call = member
                call.note(.unknown)
                return (call, call.verdict(on: .unknown))
            }
        }
        guard case .merged(let calls, _) = purpose else { return [(self, verdict(on: error))] }
        // None of them caused this error: all are tried again together, after the same delay.
        if case .again(let delay)? = calls.max(by: { $0.attempts < $1.attempts })?.verdict(on: error) {
            return calls.map { ($0, .again(after: delay)) }
        }
        // The server undid the whole statement. Halving the batch again and again shows which call was at fault.
        return calls.map { call in
            var call = call
            call.mergeLimit = (calls.count + 1) / 2
            call.attempts = min(call.attempts, 1)
            return (call, .again(after: .zero))
        }
    }

    /// What follows from an error of the server, which has undone the transaction.
    func verdict(on error: ServerError) -> Verdict {
        if error.isStatementOutdated || error.isOfAbortedTransaction, attempts < Self.attemptsAfterLoss {
            return .again(after: .zero)
        }
        if error.isTransactionConflict, attempts < Self.attemptsAfterConflict {
            // Jitter, so that the same transactions do not collide again.
            return .again(after: .microseconds(Int.random(in: 500...2_000) << min(attempts, 6)))
        }
        return .failed(error.storageError(isWrite: request.isWrite))
    }

    /// What follows when the connection was lost.
    func verdict(on loss: CallConnection.CallPipeline.Loss) -> Verdict {
        switch loss {
        case .refused(let error):
            return verdict(on: error)
        case .notApplied(let error):
            if attempts < Self.attemptsAfterLoss { return .again(after: delayAfterLoss) }
            return .failed(error?.storageError(isWrite: request.isWrite) ?? Self.lost(request, .notApplied))
        case .unknown:
            // A read changes nothing, and neither does an append whose keys are already there. Any other write that may
            // have happened is never repeated (contract E4).
            if request.isRepeatable, attempts < Self.attemptsAfterLoss { return .again(after: delayAfterLoss) }
            return .failed(Self.lost(request, .unknown))
        }
    }

    /// A server can end its connections one after another: a call that went to the next one at once would be lost with
    /// each of them.
    private var delayAfterLoss: Duration {
        attempts < 2 ? .zero : .microseconds(Int.random(in: 5_000...10_000) << min(attempts, 6))
    }

    /// The error of a call that was not sent before its deadline, or not answered.
    static func expired(_ request: Request, _ outcome: ChatStorageError.WriteOutcome) -> ChatStorageError {
        ChatStorageError(
            .unavailable, "the database did not answer within the call timeout",
            writeOutcome: request.isWrite ? outcome : nil)
    }

    private static func lost(_ request: Request, _ outcome: ChatStorageError.WriteOutcome) -> ChatStorageError {
        ChatStorageError(
            .unavailable, "the connection to the database was lost", writeOutcome: request.isWrite ? outcome : nil)
    }
}

extension Call: QueuedWrite {
    var key: ConversationKey {
        switch request.kind {
        case .write(let key): key
        case .mergeable(let write): write.key
        case .read: .schema
        }
    }

    var rowCount: Int { mergeable?.rowCount ?? 0 }
    var bytes: Int { request.bytes }
    var mergeGroup: ObjectIdentifier? { mergeable?.mergeGroup }
}
