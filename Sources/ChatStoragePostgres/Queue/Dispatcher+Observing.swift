import ChatStorageCore

/// What the queue reports about its connections, commits and calls.
extension Dispatcher {
    /// Counts that callers can read at any time.
    struct Load: Sendable {
        /// How many calls wait to be sent.
        var waiting = 0
        /// How many connections are open and take calls, or took calls until they began to close.
        var open = 0
        /// How many of them have calls under way.
        var busy = 0
    }

    var load: Load {
        var load = Load(waiting: waitingCount)
        for connection in connections where connection.isReady {
            load.open += 1
            if connection.count > 0 { load.busy += 1 }
        }
        return load
    }

    var openCount: Int { connections.count(where: \.isReady) }

    /// Whether there is something to report to an observer.
    var hasObservations: Bool { observations?.isEmpty == false }

    mutating func takeObservations() -> [Observations.Observation] { observations?.takeAll() ?? [] }

    /// Lets a connection take calls.
    mutating func becomeReady(_ connection: CallConnection) {
        connection.isReady = true
        connection.isKept = settings.holdsSnapshot
        attempts.succeeded()
        let open = openCount
        observations?.opened(open: open)
    }

    /// Notes that a connection is gone.
    ///
    /// - Parameter losses: What became of the calls that it carried.
    mutating func noteDropped(
        _ connection: CallConnection, _ reason: DropReason, _ losses: some Sequence<CallConnection.CallPipeline.Loss>
    ) {
        guard observations != nil, connection.isReady else { return }
        let error: ChatStorageError? =
            switch reason {
            case .done: nil
            case .givenUp: Self.silentServer
            // The error with which the server ended the session.
            case .broken:
                losses.lazy.compactMap(\.error).first(where: \.isFatal)?.storageError(isWrite: false)
                    ?? Self.lostConnection
            }
        let open = openCount
        observations?.closed(open: open, error: error)
    }

    private static let silentServer = ChatStorageError(
        .unavailable, "the database did not answer in time on a connection")
    private static let lostConnection = ChatStorageError(.unavailable, "a connection to the database was lost")

    /// Notes that the server has done a call.
    mutating func noteAnswered(_ call: Call, _ results: [QueryResult], now: ContinuousClock.Instant) {
        guard observations != nil, let sentAt = call.attempt?.sentAt else { return }
        call.noteEnded(at: now)
        // COMMIT of a failed transaction answers ROLLBACK.
        guard call.request.isWrite, results.last?.commandTag != "ROLLBACK" else { return }
        observations?.committed(calls: call.memberCount, duration: now - sentAt)
    }

    /// Notes that the server refused a call.
    ///
    /// - Parameter isSetUp: Whether its session has the library's timeouts.
    func noteRefused(_ call: Call, _ error: ServerError, isSetUp: Bool, now: ContinuousClock.Instant) {
        guard let sentAt = call.attempt?.sentAt else { return }
        // It does not matter who held which of the statement's locks: all calls that shared it have waited.
        let timeout =
            error.isLockTimeout
            ? call.timeouts?.lockWait ?? (isSetUp ? timeouts.lockWait : now - sentAt) : nil
        call.noteEnded(lockTimeout: timeout, at: now)
    }
}
