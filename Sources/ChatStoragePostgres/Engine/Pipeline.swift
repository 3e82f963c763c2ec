import ChatStorageCore
import ChatStorageSupport

/// The protocol of one connection in pipeline mode, without a network: what to send next, and whose answer has come.
///
/// Requests are sent without waiting for each other's answers, which come in the same order. A named statement is
/// prepared in the pipeline just before its first use.
///
/// Behind a pooler one Sync is under way at a time, and no statement has a name: poolers give the server's session to
/// another client when the first Sync is answered, although more was sent
/// (<https://github.com/pgbouncer/pgbouncer/issues/759>, <https://github.com/supabase/supavisor/issues/1061>).
///
/// `Ticket` is the caller, `Answer` a statement's result.
struct Pipeline<Ticket, Answer> {
    /// What to hand to libpq.
    enum Message {
        case prepare(name: String, PreparedSQL)
        /// A step, by the name of its prepared statement, or as text when there is none.
        case execute(name: String?, Script.Step)
        case sync
    }

    /// What libpq handed over.
    enum Reply {
        case answer(Answer)
        case refusal(ServerError)
        /// The statement was skipped after an error before it.
        case skipped
        /// Nothing more comes for the statement.
        case end
        case sync
    }

    /// What follows from a reply.
    enum Action {
        case answered(Ticket, [Answer])
        case refused(Ticket, ServerError)
        /// The request was not done, because of an error in another one that shared its Sync.
        case skipped(Ticket)
        /// The server ends the session, or is out of step: close the connection and call ``lost()``.
        case close
    }

    /// What is known of a request when its connection is gone.
    enum Loss {
        /// Nothing of it was done; the server's error if that is why.
        case notApplied(ServerError?)
        /// It was refused before the connection went.
        case refused(ServerError)
        /// Nobody knows whether it was done.
        case unknown

        /// The server's error.
        var error: ServerError? {
            switch self {
            case .notApplied(let error): error
            case .refused(let error): error
            case .unknown: nil
            }
        }
    }

    /// A request under way; an object, so that a look at it copies nothing.
    private final class Entry {
        let ticket: Ticket
        let script: Script
        var answers: [Answer] = []
        var refusal: ServerError?
        var groupsAnswered = 0
        var isSent = false
        var isSkipped = false
        /// Whether no Sync of its own follows it.
        var sharesSync = false

        init(_ ticket: Ticket, _ script: Script) {
            self.ticket = ticket
            self.script = script
        }

        /// Whether anything came for it.
        var hasReply: Bool { !answers.isEmpty || refusal != nil || isSkipped }

        /// Whether it may have been done although the server ended the session during it.
        ///
        /// The server sends a statement's answer before it commits, and the answer comes before the error.
        var mayBeCommitted: Bool { answers.count >= script.answersBeforeCommit }
    }

    private enum Expectation {
        case prepared(name: String, generation: Int)
        case executed(name: String?, generation: Int)
        case sync
    }

    private struct PreparedStatement {
        let generation: Int
        /// The name under which the server knows it.
        let serverName: String
        var isPrepared = false

        init(_ name: String, generation: Int = 0) {
            self.generation = generation
            serverName = "\(name)_\(generation)"
        }
    }

    /// How far the requests have been sent.
    private struct Cursor {
        var entry = 0
        var group = 0
        var step = 0
    }

    /// How many short reads share a Sync at most.
    static var readsPerSync: Int { 16 }

    /// Whether a pooler may give each transaction another session.
    ///
    /// It can become true while requests are under way, and then applies from the next message on.
    var isBehindPooler: Bool
    /// The requests from the oldest unanswered one on.
    private var entries = FIFO<Entry>()
    /// How many requests were answered; positions are counted from the first request of all.
    private var oldest = 0
    /// How many of the oldest requests have their answers, but wait for a Sync that they share with later ones.
    ///
    /// An answer counts only once its Sync is there, or the connection was read successfully after it: if a connection
    /// breaks, libpq hands out results without their rows.
    private var unconfirmed = 0
    private var cursor = Cursor()
    /// How many requests were sent since the last Sync.
    private var unsynced = 0
    /// How many Syncs are not answered.
    private var syncsUnderWay = 0
    private var expected = FIFO<Expectation>()
    /// Whether libpq has handed over a result for the next expectation.
    private var hasReply = false
    private var statements: [String: PreparedStatement] = [:]

    /// How many bytes of values the requests under way have.
    private(set) var bytes = 0

    /// Makes the protocol of a new connection.
    init(isBehindPooler: Bool) {
        self.isBehindPooler = isBehindPooler
    }

    /// How many requests are under way.
    var count: Int { entries.count }

    /// Whether libpq has more to hand over.
    var expectsReply: Bool { !expected.isEmpty }

    /// Whether another request could be sent without waiting for an answer.
    ///
    /// - Parameter statement: The request's ``Script/shareableStatement``.
    func canSendAtOnce(_ statement: PreparedSQL?) -> Bool {
        guard isBehindPooler, !entries.isEmpty else { return true }
        // A request that shares a Sync with the waiting ones is sent with them.
        return expected.isEmpty && entries.count < Self.readsPerSync
            && statement != nil && entries[0]?.script.shareableStatement === statement
    }

    /// Takes a request, to be sent after those before it.
    mutating func add(_ script: Script, for ticket: Ticket) {
        entries.append(Entry(ticket, script))
        bytes += script.bytes
    }

    /// The caller of the oldest unanswered request.
    var first: Ticket? { entries.next?.ticket }

    /// Calls a body with the caller of each unanswered request.
    func forEach(_ body: (Ticket) -> Void) {
        entries.forEach { body($0.ticket) }
    }

    /// The next message to hand to libpq; nil when all is sent, or the rest waits for a Sync.
    mutating func nextMessage() -> Message? {
        guard !isBehindPooler || syncsUnderWay == 0 else { return nil }
        let place = cursor.entry - oldest
        guard let group = entries[place]?.script.groups[cursor.group] else { return nil }
        // The server skips what follows an error up to the Sync, so a long request need not be sent to its end.
        guard cursor.step < group.count, entries[place]?.refusal == nil || cursor.step == 0 else {
            guard sharesSyncWithNext(place) else { return sync(place) }
            entries[place]?.sharesSync = true
            unsynced += 1
            cursor = Cursor(entry: cursor.entry + 1)
            return nextMessage()
        }
        let step = group[cursor.step]
        guard let name = step.statement.name, !isBehindPooler else {
            cursor.step += 1
            expected.append(.executed(name: nil, generation: 0))
            return .execute(name: nil, step)
        }
        var prepared = statements[name] ?? PreparedStatement(name)
        guard prepared.isPrepared else {
            prepared.isPrepared = true
            statements[name] = prepared
            expected.append(.prepared(name: name, generation: prepared.generation))
            return .prepare(name: prepared.serverName, step.statement)
        }
        cursor.step += 1
        expected.append(.executed(name: name, generation: prepared.generation))
        return .execute(name: prepared.serverName, step)
    }

    /// Takes what libpq handed over.
    mutating func receive(_ reply: Reply) -> [Action] {
        guard let expectation = expected.next else { return [] }
        // libpq also reports an end if nothing has come yet, as after the server has ended the session.
        if case .end = reply, !hasReply { return [] }
        if case .end = reply { hasReply = false } else { hasReply = true }
        switch reply {
        case .answer(let answer):
            if case .executed = expectation { entries[unconfirmed]?.answers.append(answer) }
        case .refusal(var error):
            // Preparing it failed or was skipped, after this was sent.
            if case .executed(let name?, let generation) = expectation, statements[name]?.generation != generation {
                error.isOfForgottenStatement = true
            }
            if entries[unconfirmed]?.refusal == nil { entries[unconfirmed]?.refusal = error }
            switch expectation {
            case .prepared(let name, let generation): forget(name, generation)
            case .executed(let name?, let generation) where error.isStatementOutdated: forget(name, generation)
            // The server reports a failed commit in place of its Sync, which follows.
            case .executed, .sync: break
            }
            if error.isFatal { return [.close] }
        case .skipped:
            entries[unconfirmed]?.isSkipped = true
            if case .prepared(let name, let generation) = expectation { forget(name, generation) }
        case .end:
            if case .sync = expectation { return [] }
            _ = expected.popFirst()
            if case .executed = expectation, entries[unconfirmed]?.sharesSync == true { unconfirmed += 1 }
        case .sync:
            return receiveSync()
        }
        return []
    }

    /// Ends the reads that have their answers and wait only for a Sync that they share with later ones.
    ///
    /// Call it only after the connection was read successfully since those answers: see `unconfirmed`.
    mutating func endFinished() -> [Action] {
        defer { unconfirmed = 0 }
        return (0..<unconfirmed).compactMap { _ in endOldest() }
    }

    /// Gives up all requests under way, oldest first: the connection is gone.
    mutating func lost() -> [(Ticket, Loss)] {
        // The server works in order: it did nothing after the request in which it ended the session.
        let hasEndedSession = entries[unconfirmed]?.refusal.map { $0.isFatal && isProof($0) } ?? false
        var losses: [(Ticket, Loss)] = []
        entries.forEach { entry in
            let loss: Loss =
                if let refusal = entry.refusal, entry.script.isWrite, entry.isSent, !isProof(refusal) {
                    .unknown
                } else if let refusal = entry.refusal, !refusal.isFatal {
                    .refused(refusal)
                } else if let refusal = entry.refusal {
                    entry.mayBeCommitted ? .unknown : .notApplied(refusal)
                } else {
                    entry.isSent && !hasEndedSession ? .unknown : .notApplied(nil)
                }
            losses.append((entry.ticket, loss))
        }
        self = Pipeline(isBehindPooler: isBehindPooler)
        return losses
    }

    /// Whether an error whose Sync did not come proves that the request was not applied.
    ///
    /// A pooler reports errors of its own, of class 08, when its connection to the server breaks: the server may have
    /// committed before.
    private func isProof(_ error: ServerError) -> Bool {
        !isBehindPooler && !error.isOfConnection
    }

    /// Whether a request needs no Sync of its own, because a read with the same statement follows it.
    ///
    /// The answers of both count only with the shared Sync, so a read that waits for a lock delays those before it. But
    /// these have the same statement, and would have waited too.
    ///
    /// Sharing saves the server the beginning and end of a transaction, and a packet for the answer. Each statement
    /// sees what is committed when it begins, as it would in a transaction of its own.
    private func sharesSyncWithNext(_ place: Int) -> Bool {
        // If this request has its answer already, it would get the next one's answer too.
        guard unsynced + 1 < Self.readsPerSync, let statement = entries[place]?.script.shareableStatement,
            entries[place]?.hasReply == false
        else { return false }
        return entries[place + 1]?.script.shareableStatement === statement
    }

    private mutating func sync(_ place: Int) -> Message {
        expected.append(.sync)
        syncsUnderWay += 1
        unsynced = 0
        cursor.step = 0
        cursor.group += 1
        if cursor.group == entries[place]?.script.groups.count {
            entries[place]?.isSent = true
            cursor = Cursor(entry: cursor.entry + 1)
        }
        return .sync
    }

    private mutating func receiveSync() -> [Action] {
        hasReply = false
        // This Sync comes too early: the server or a pooler is out of step, and the next answer might go to the wrong
        // caller.
        guard case .sync? = expected.popFirst(), entries[unconfirmed]?.sharesSync != true else { return [.close] }
        syncsUnderWay -= 1
        guard let groups = entries[unconfirmed]?.script.groups.count,
            let before = entries[unconfirmed]?.groupsAnswered
        else { return [] }
        guard before + 1 == groups else {
            entries[unconfirmed]?.groupsAnswered = before + 1
            return []
        }
        let actions = (0...unconfirmed).compactMap { _ in endOldest() }
        unconfirmed = 0
        return actions
    }

    /// Removes the oldest request, which has its answer.
    private mutating func endOldest() -> Action? {
        guard let entry = entries.popFirst() else { return nil }
        oldest += 1
        bytes -= entry.script.bytes
        if let refusal = entry.refusal { return .refused(entry.ticket, refusal) }
        return entry.isSkipped ? .skipped(entry.ticket) : .answered(entry.ticket, entry.answers)
    }

    /// Makes a statement be prepared again, under another name: the server may still know the old one.
    private mutating func forget(_ name: String, _ generation: Int) {
        if statements[name]?.generation == generation {
            statements[name] = PreparedStatement(name, generation: generation + 1)
        }
    }
}

extension Pipeline.Message: Sendable {}
extension Pipeline.Reply: Sendable where Answer: Sendable {}
