import ChatStorageCore

/// A request and who waits for it.
struct Call: Sendable {
    /// What a call without a caller is for.
    enum Purpose: Sendable {
        /// A caller waits for the answers.
        case caller(PendingCall<[QueryResult]>)
        /// It sets up a new connection's session.
        case session
    }

    /// What happens next to a call that was not answered.
    enum Verdict: Sendable {
        case failed(ChatStorageError)
        /// It is sent again after a while: it certainly changed nothing.
        case again(after: Duration)
    }

    private static let attemptsAfterLoss = 5
    private static let attemptsAfterConflict = 12

    let request: Request
    let purpose: Purpose
    let deadline: ContinuousClock.Instant
    /// How often it was sent.
    private(set) var attempts = 0

    init(_ request: Request, purpose: Purpose, deadline: ContinuousClock.Instant) {
        self.request = request
        self.purpose = purpose
        self.deadline = deadline
    }

    /// Whether it is still to be sent; its caller may have been cancelled.
    mutating func begin() -> Bool {
        attempts += 1
        guard case .caller(let pending) = purpose else { return true }
        return attempts == 1 ? pending.begin() : pending.isWanted
    }

    var isWanted: Bool {
        guard case .caller(let pending) = purpose else { return true }
        return pending.isWanted
    }

    func end(_ result: Result<[QueryResult], any Error>) {
        if case .caller(let pending) = purpose { pending.end(result) }
    }

    /// What follows from an error of the server; its transaction was undone.
    func verdict(on error: ServerError) -> Verdict {
        if error.isStatementOutdated || error.isOfAbortedTransaction, attempts < Self.attemptsAfterLoss {
            return .again(after: .zero)
        }
        if error.isTransactionConflict, attempts < Self.attemptsAfterConflict {
            // Jitter, so that those who were in each other's way do not meet again.
            return .again(after: .microseconds(Int.random(in: 500...2_000) << min(attempts, 6)))
        }
        return .failed(error.storageError(isWrite: request.isWrite))
    }

    /// What follows when the connection was lost.
    func verdict(on loss: PipelineConnection.CallPipeline.Loss) -> Verdict {
        switch loss {
        case .refused(let error):
            return verdict(on: error)
        case .notApplied(let error):
            if attempts < Self.attemptsAfterLoss { return .again(after: .zero) }
            return .failed(error?.storageError(isWrite: request.isWrite) ?? Self.lost(request, .notApplied))
        case .unknown:
            // A read changes nothing; a write that may have happened is never repeated (contract E4).
            if !request.isWrite, attempts < Self.attemptsAfterLoss { return .again(after: .zero) }
            return .failed(Self.lost(request, .unknown))
        }
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
