import ChatStorageCore

/// Which call goes to which connection, and when to connect: the state of a store's loop, on the loop's thread.
struct Dispatcher {
    private let configuration: PostgresBackend.Configuration
    private let session: Request?
    private let connect: () -> Void

    private(set) var connections: [PipelineConnection] = []
    private var waiting = FIFO<Call>()
    private var delayed: [(due: ContinuousClock.Instant, call: Call)] = []
    private var connecting = 0
    private var backoff = ConnectBackoff()
    /// No call's deadline is earlier.
    private var earliestDeadline: ContinuousClock.Instant?

    /// Makes the state of a new loop.
    ///
    /// - Parameters:
    ///   - session: What sets up a new connection's session.
    ///   - connect: Begins to connect elsewhere; ``connected(_:now:)`` is told the result.
    init(
        _ configuration: PostgresBackend.Configuration, session: Request?, connect: @escaping () -> Void
    ) {
        self.configuration = configuration
        self.session = session
        self.connect = connect
    }

    /// How many calls wait to be sent.
    var waitingCount: Int { waiting.count + delayed.count }

    /// Whether no call waits or is under way.
    var isIdle: Bool { waitingCount == 0 && connections.allSatisfy { $0.pipeline.count == 0 } }

    /// Takes a call.
    mutating func add(_ call: Call) {
        note(deadline: call.deadline)
        waiting.append(call)
    }

    /// Forgets waiting calls whose callers were cancelled.
    mutating func removeUnwanted() {
        waiting.removeAll { !$0.isWanted }
        delayed.removeAll { !$0.call.isWanted }
    }

    /// Takes the result of an attempt to connect.
    mutating func connected(_ result: Result<ServerConnection, ChatStorageError>, now: ContinuousClock.Instant) {
        connecting -= 1
        switch result {
        case .success(let server):
            guard server.enterPipelineMode() else {
                return connectFailed(Self.brokenSession, now: now)
            }
            var connection = PipelineConnection(server, preparesStatements: !configuration.isBehindPooler)
            if let session {
                let call = Call(session, purpose: .session, deadline: now + configuration.connectTimeout)
                note(deadline: call.deadline)
                connection.add(call, now: now)
            } else {
                connection.isReady = true
                backoff.succeeded()
            }
            connections.append(connection)
        case .failure(let error):
            connectFailed(error, now: now)
        }
    }

    /// Sends what can be sent, and begins to connect where more connections would help.
    mutating func advance(now: ContinuousClock.Instant) {
        resumeDelayed(now: now)
        var isSettled = false
        while !isSettled {
            isSettled = true
            assign(now: now)
            for index in connections.indices.reversed() {
                let isOpen = connections[index].write()
                // Answers that libpq read meanwhile make no noise in `poll`; they make room for calls that wait.
                if handOutAnswers(index, isOpen: isOpen, now: now) { isSettled = false }
            }
        }
        while lacksConnections, backoff.allowsAttempt(now: now, underWay: connecting) {
            connecting += 1
            connect()
        }
    }

    /// Takes what the network brought for a connection.
    mutating func read(descriptor: Int32, now: ContinuousClock.Instant) {
        guard let index = connections.firstIndex(where: { $0.descriptor == descriptor }) else { return }
        let isOpen = connections[index].read()
        _ = handOutAnswers(index, isOpen: isOpen, now: now)
    }

    /// Ends calls whose deadline has passed; a connection that carries one is closed.
    mutating func expire(now: ContinuousClock.Instant) {
        guard let earliest = earliestDeadline, earliest <= now else { return }
        earliestDeadline = nil
        for index in connections.indices.reversed()
        where connections[index].pipeline.contains(where: { $0.deadline <= now }) {
            drop(index, now: now)
        }
        var expired: [Call] = []
        waiting.removeAll { call in
            if call.deadline <= now { expired.append(call) }
            return call.deadline <= now
        }
        expired += delayed.filter { $0.call.deadline <= now }.map(\.call)
        delayed.removeAll { $0.call.deadline <= now }
        for call in expired { call.end(.failure(Call.expired(call.request, .notApplied))) }
        noteAllDeadlines()
    }

    /// When there is something to do although the network brings nothing.
    var nextEvent: ContinuousClock.Instant? {
        var events = delayed.map(\.due)
        if !isIdle || connections.contains(where: { !$0.isReady }), let earliestDeadline {
            events.append(earliestDeadline)
        }
        if lacksConnections, connecting == 0, let attempt = backoff.nextAttempt { events.append(attempt) }
        return events.min()
    }

    /// Hands out the answers that libpq has read, and drops a connection that is broken or done.
    ///
    /// - Returns: Whether there was anything to do.
    private mutating func handOutAnswers(_ index: Int, isOpen: Bool, now: ContinuousClock.Instant) -> Bool {
        let (actions, isAlive) = connections[index].receive(now: now)
        for action in actions { perform(action, index, now: now) }
        let isDone = connections[index].isRetiring && connections[index].pipeline.count == 0
        guard !isOpen || !isAlive || isDone else { return !actions.isEmpty }
        drop(index, now: now)
        return true
    }

    private mutating func assign(now: ContinuousClock.Instant) {
        while let next = waiting.next {
            var leastBusy: Int?
            for index in connections.indices
            where connections[index].accepts(next.request, now: now, limits: configuration) {
                let count = connections[index].pipeline.count
                if count < leastBusy.map({ connections[$0].pipeline.count }) ?? .max { leastBusy = index }
            }
            guard let leastBusy, var call = waiting.popFirst() else { return }
            if call.begin() { connections[leastBusy].add(call, now: now) }
        }
    }

    /// Whether another connection would help.
    ///
    /// Setting up a session counts as load, so the first call opens two connections: one alone would make the next call
    /// wait behind the first, which may wait for a lock.
    private var lacksConnections: Bool {
        let underWay = connections.reduce(0) { $0 + $1.pipeline.count }
        return connections.count + connecting < min(configuration.connections, underWay + waiting.count)
    }

    private mutating func resumeDelayed(now: ContinuousClock.Instant) {
        guard delayed.contains(where: { $0.due <= now }) else { return }
        for entry in delayed where entry.due <= now { waiting.append(entry.call) }
        delayed.removeAll { $0.due <= now }
    }

    private mutating func perform(
        _ action: PipelineConnection.CallPipeline.Action, _ index: Int, now: ContinuousClock.Instant
    ) {
        switch action {
        case .answered(let call, let results):
            call.end(.success(results))
            if case .session = call.purpose {
                connections[index].isReady = true
                backoff.succeeded()
            }
        case .refused(let call, let error):
            if case .session = call.purpose {
                connections[index].isRetiring = true
                connectFailed(error.storageError(isWrite: false), now: now)
                return
            }
            // The next connection may lead to the server that takes writes now, and has no transaction open.
            if error.isReadOnlyServer || error.isOfAbortedTransaction { connections[index].isRetiring = true }
            settle(call, call.verdict(on: error), now: now)
        case .close:
            break
        }
    }

    private mutating func drop(_ index: Int, now: ContinuousClock.Instant) {
        // What has been answered is known, whatever became of the connection.
        for action in connections[index].receive(now: now).actions { perform(action, index, now: now) }
        var connection = connections.remove(at: index)
        for (call, loss) in connection.lost() {
            if case .session = call.purpose {
                connectFailed(loss.error?.storageError(isWrite: false) ?? Self.brokenSession, now: now)
            } else if call.deadline <= now {
                let outcome: ChatStorageError.WriteOutcome =
                    if case .unknown = loss { .unknown } else { .notApplied }
                call.end(.failure(Call.expired(call.request, outcome)))
            } else {
                settle(call, call.verdict(on: loss), now: now)
            }
        }
    }

    private mutating func settle(_ call: Call, _ verdict: Call.Verdict, now: ContinuousClock.Instant) {
        switch verdict {
        case .failed(let error): call.end(.failure(error))
        case .again(let delay):
            note(deadline: call.deadline)
            if delay == .zero { waiting.append(call) } else { delayed.append((now + delay, call)) }
        }
    }

    /// Without a connection the calls that wait end now rather than at their deadlines.
    private mutating func connectFailed(_ error: ChatStorageError, now: ContinuousClock.Instant) {
        backoff.failed(now: now)
        guard connecting == 0, !connections.contains(where: { !$0.isRetiring }) else { return }
        while let call = waiting.popFirst() {
            call.end(.failure(error.ofUnappliedCall(isWrite: call.request.isWrite)))
        }
    }

    private mutating func note(deadline: ContinuousClock.Instant) {
        earliestDeadline = min(earliestDeadline ?? deadline, deadline)
    }

    private mutating func noteAllDeadlines() {
        var deadlines: [ContinuousClock.Instant] = delayed.map(\.call.deadline)
        waiting.forEach { deadlines.append($0.deadline) }
        for connection in connections {
            _ = connection.pipeline.contains { call in
                deadlines.append(call.deadline)
                return false
            }
        }
        earliestDeadline = deadlines.min()
    }

    private static let brokenSession = ChatStorageError(
        .unavailable, "the connection to the database broke before it could be used")
}
