import ChatStorageCore

/// The protocol of one connection in pipeline mode, without a network: which message goes next, whose answer came.
///
/// Requests are sent without waiting for each other's answers, which come in the same order. A named statement is
/// prepared in the pipeline just before its first use.
///
/// `Ticket` stands for who asked, `Answer` for a statement's result.
struct Pipeline<Ticket, Answer> {
    /// What to hand to libpq.
    enum Message {
        case prepare(name: String, Statement)
        /// A step, by the name of its prepared statement, or as text when there is none.
        case execute(name: String?, Request.Step)
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
        /// The server ends the session: close the connection and see what was ``lost()``.
        case close
    }

    /// What is known of a request when its connection is gone.
    enum Loss {
        /// Nothing of it was done; the server's error if that is why.
        case notApplied(ServerError?)
        /// It was refused before the connection went.
        case refused(ServerError)
        /// It was done or not.
        case unknown

        /// What the server said.
        var error: ServerError? {
            switch self {
            case .notApplied(let error): error
            case .refused(let error): error
            case .unknown: nil
            }
        }
    }

    private struct Entry {
        let ticket: Ticket
        let request: Request
        var answers: [Answer] = []
        var refusal: ServerError?
        var groupsAnswered = 0
        var isSent = false

        /// Whether it may have been done although the server ended the session in it.
        ///
        /// The server sends a statement's answer before it commits, and the answer comes before the error.
        var mayBeCommitted: Bool { answers.count >= request.answersBeforeCommit }
    }

    private enum Expectation {
        case prepared(name: String, generation: Int)
        case executed(name: String?, generation: Int)
        case sync
    }

    private struct PreparedStatement {
        var generation = 0
        var isPrepared = false
    }

    /// Where in the requests sending has come.
    private struct Cursor {
        var entry = 0
        var group = 0
        var step = 0
    }

    private let preparesStatements: Bool
    /// By serial number, from the oldest that is not answered.
    private var entries: [Int: Entry] = [:]
    private var oldest = 0
    private var newest = 0
    private var cursor = Cursor()
    private var expected = FIFO<Expectation>()
    private var statements: [String: PreparedStatement] = [:]

    /// How many bytes of values the requests under way have.
    private(set) var bytes = 0

    /// Makes the protocol of a new connection.
    ///
    /// - Parameter preparesStatements: Whether named statements are used; a pooler may give each transaction another
    ///   session, which does not know them.
    init(preparesStatements: Bool) {
        self.preparesStatements = preparesStatements
    }

    /// How many requests are under way.
    var count: Int { newest - oldest }

    /// Whether libpq has more to hand over.
    var expectsReply: Bool { !expected.isEmpty }

    /// Takes a request, to be sent after those before it.
    mutating func add(_ request: Request, for ticket: Ticket) {
        entries[newest] = Entry(ticket: ticket, request: request)
        newest += 1
        bytes += request.bytes
    }

    /// Whether any of those who asked satisfies a predicate.
    func contains(where predicate: (Ticket) -> Bool) -> Bool {
        entries.values.contains { predicate($0.ticket) }
    }

    /// Calls a body with each of those who asked and have no answer yet.
    func forEach(_ body: (Ticket) -> Void) {
        for entry in entries.values { body(entry.ticket) }
    }

    /// The next message to hand to libpq; nil when all is sent.
    mutating func nextMessage() -> Message? {
        guard let entry = entries[cursor.entry] else { return nil }
        let group = entry.request.groups[cursor.group]
        // The server skips what follows an error up to the Sync, so a long request need not be sent to its end.
        guard cursor.step < group.count, entry.refusal == nil || cursor.step == 0 else { return sync() }
        let step = group[cursor.step]
        guard let name = step.statement.name, preparesStatements else {
            cursor.step += 1
            expected.append(.executed(name: nil, generation: 0))
            return .execute(name: nil, step)
        }
        let prepared = statements[name, default: PreparedStatement()]
        let serverName = "\(name)_\(prepared.generation)"
        guard prepared.isPrepared else {
            statements[name] = PreparedStatement(generation: prepared.generation, isPrepared: true)
            expected.append(.prepared(name: name, generation: prepared.generation))
            return .prepare(name: serverName, step.statement)
        }
        cursor.step += 1
        expected.append(.executed(name: name, generation: prepared.generation))
        return .execute(name: serverName, step)
    }

    /// Takes what libpq handed over.
    mutating func receive(_ reply: Reply) -> Action? {
        guard let expectation = expected.next else { return nil }
        switch reply {
        case .answer(let answer):
            if case .executed = expectation { entries[oldest]?.answers.append(answer) }
        case .refusal(let error):
            if entries[oldest]?.refusal == nil { entries[oldest]?.refusal = error }
            switch expectation {
            case .prepared(let name, let generation): forget(name, generation)
            case .executed(let name?, let generation) where error.isStatementOutdated: forget(name, generation)
            // A commit that fails is told in place of its Sync, which follows.
            case .executed, .sync: break
            }
            if error.isFatal { return .close }
        case .skipped:
            if case .prepared(let name, let generation) = expectation { forget(name, generation) }
        case .end:
            if case .sync = expectation { return nil }
            _ = expected.popFirst()
        case .sync:
            return receiveSync()
        }
        return nil
    }

    /// Gives up all requests under way, oldest first: the connection is gone.
    mutating func lost() -> [(Ticket, Loss)] {
        // The server works in order: after the request in which it ended the session it did nothing.
        let hasEndedSession = entries[oldest]?.refusal.map { $0.isFatal && isProof($0) } ?? false
        let losses = (oldest..<newest).compactMap { number -> (Ticket, Loss)? in
            guard let entry = entries[number] else { return nil }
            let loss: Loss =
                if let refusal = entry.refusal, entry.request.isWrite, entry.isSent, !isProof(refusal) {
                    .unknown
                } else if let refusal = entry.refusal, !refusal.isFatal {
                    .refused(refusal)
                } else if let refusal = entry.refusal {
                    entry.mayBeCommitted ? .unknown : .notApplied(refusal)
                } else {
                    entry.isSent && !hasEndedSession ? .unknown : .notApplied(nil)
                }
            return (entry.ticket, loss)
        }
        self = Pipeline(preparesStatements: preparesStatements)
        return losses
    }

    /// Whether an error whose Sync did not come tells that the request was not applied.
    ///
    /// A pooler makes errors of its own, of class 08, when its connection to the server breaks: the server may have
    /// committed by then.
    private func isProof(_ error: ServerError) -> Bool {
        preparesStatements && !error.isOfConnection
    }

    private mutating func sync() -> Message {
        expected.append(.sync)
        cursor.step = 0
        cursor.group += 1
        if cursor.group == entries[cursor.entry]?.request.groups.count {
            entries[cursor.entry]?.isSent = true
            cursor = Cursor(entry: cursor.entry + 1)
        }
        return .sync
    }

    private mutating func receiveSync() -> Action? {
        while let expectation = expected.popFirst() {
            if case .sync = expectation { break }
        }
        guard var entry = entries[oldest] else { return nil }
        entry.groupsAnswered += 1
        guard entry.groupsAnswered == entry.request.groups.count else {
            entries[oldest] = entry
            return nil
        }
        entries[oldest] = nil
        oldest += 1
        bytes -= entry.request.bytes
        if let refusal = entry.refusal { return .refused(entry.ticket, refusal) }
        return .answered(entry.ticket, entry.answers)
    }

    /// Has a statement prepared again, under another name: the server may still know the old one.
    private mutating func forget(_ name: String, _ generation: Int) {
        if statements[name]?.generation == generation {
            statements[name] = PreparedStatement(generation: generation + 1)
        }
    }
}

extension Pipeline.Message: Sendable {}
extension Pipeline.Reply: Sendable where Answer: Sendable {}
