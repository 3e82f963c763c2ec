import ChatStorageCore

/// Which call goes to which connection, and when to connect: the state of a store's loop, used by one thread at a time.
struct Dispatcher {
    let settings: any QueueSettings
    private let limits: CallConnection.Limits
    /// Whether a pooler is in front of the server: the configuration says so, or a connection has shown it.
    var isBehindPooler: Bool
    let timeouts: ServerTimeouts

    var connections: [CallConnection] = []
    var waiting: WaitingCalls
    var attempts = ConnectionAttempts()
    /// When to replace a read-only connection next, in search of a server that takes writes.
    var writerSearch = ConnectBackoff()
    /// No call's deadline is earlier.
    var earliestDeadline: ContinuousClock.Instant?
    private let choice: ConnectionChoice
    /// The lanes take turns for free places on connections, so that none starves.
    private var turns: RoundRobin
    /// How many calls lack a connection, or wait behind calls of another kind.
    private var unsatisfied = 0
    /// Whether the snapshot's connection is gone: another one would show another moment.
    var isSnapshotLost = false
    /// What to report to an observer; nil if there is none.
    var observations: Observations?
    /// Answers whose callers still wait for them.
    var answered: [Answered] = []

    /// Makes the state of a new loop.
    init(_ settings: any QueueSettings) {
        self.settings = settings
        limits = CallConnection.Limits(calls: settings.callsPerConnection, bytes: settings.bytesPerConnection)
        isBehindPooler = settings.isBehindPooler
        timeouts = settings.serverTimeouts
        choice = ConnectionChoice(limit: settings.connections)
        waiting = WaitingCalls(
            writes: WriteQueue(
                lanes: settings.mergesWrites ? Self.mergedLanes : 0, isolated: max(1, settings.connections / 2),
                stallTime: CallConnection.stallTime))
        turns = RoundRobin(count: waiting.lanes.count)
        if settings.observer != nil { observations = Observations() }
    }

    /// Two, so that the server works on one statement of merged writes while another is flushed to the disk.
    private static let mergedLanes = 2

    /// How many calls wait to be sent.
    var waitingCount: Int { waiting.count }

    /// How many attempts to connect are under way.
    var connecting: Int { attempts.underWay }

    /// Whether no call waits or is under way; a connection that is not ready has none.
    var isIdle: Bool { waitingCount == 0 && connections.allSatisfy { $0.count == 0 || !$0.isReady } }

    /// Whether so little is under way that the caller should send a call itself, at once.
    ///
    /// With more under way, it is better to send calls together: that wakes the server less often.
    var hasFewCalls: Bool {
        waitingCount == 0 && connections.contains(where: \.isReady)
            && connections.reduce(0) { $0 + $1.count } < Self.fewCalls
    }

    private static let fewCalls = 4

    /// A call and the server's answers to it.
    typealias Answered = (call: Call, results: [QueryResult])

    /// Takes the answers that have come; hand them out once others may use the dispatcher.
    ///
    /// A caller that goes on sends its next call by itself, if it finds the dispatcher free.
    mutating func takeAnswered() -> [Answered] {
        defer { answered = [] }
        return answered
    }

    /// Takes a call.
    mutating func add(_ call: Call) {
        guard !isSnapshotLost else { return call.fail(ChatStorageError.snapshotIsLost) }
        note(deadline: call.deadline)
        waiting.add(call)
    }

    /// Forgets waiting calls whose callers were cancelled.
    mutating func removeUnwanted() {
        _ = waiting.removeAll { !$0.isWanted }
    }

    /// Closes the connections.
    mutating func disconnect() {
        // The thread that connected may keep a reference for a moment longer.
        while let connection = connections.popLast() {
            connection.finish()
            let open = openCount
            if connection.isReady { observations?.closed(open: open) }
        }
    }

    /// Takes the result of an attempt to connect.
    mutating func connected(_ result: Result<ServerConnection, ChatStorageError>, now: ContinuousClock.Instant) {
        attempts.ended()
        switch result {
        case .success(let server):
            guard server.enterPipelineMode() else {
                return connectFailed(Self.brokenSession, now: now)
            }
            let connection = CallConnection(server, isBehindPooler: isBehindPooler, tables: settings.tables)
            connections.append(connection)
            if isBehindPooler {
                beginSnapshotOrBecomeReady(connection, now: now)
            } else {
                let setUp = SessionSetUp(
                    lockWait: timeouts.lockWait, statementTimeout: timeouts.statement(), backendPID: server.backendPID)
                begin(connection, by: setUp.script, for: .session, now: now)
            }
        case .failure(let error):
            connectFailed(error, serverAnswered: ConnectFailure.isOfEndedSession(error), now: now)
        }
    }

    /// Goes on with a connection whose session is set up, or is a pooler's.
    mutating func beginSnapshotOrBecomeReady(_ connection: CallConnection, now: ContinuousClock.Instant) {
        guard settings.holdsSnapshot else { return becomeReady(connection) }
        begin(connection, by: SessionSetUp.snapshotScript, for: .snapshot, now: now)
    }

    /// Sends what a new connection begins with.
    private mutating func begin(
        _ connection: CallConnection, by script: Script, for purpose: Call.Purpose, now: ContinuousClock.Instant
    ) {
        let call = Call(
            Request(script, .read(isLong: false), isRepeatable: true), purpose: purpose,
            deadline: now + settings.connectTimeout)
        note(deadline: call.deadline)
        connection.add(call, now: now)
    }

    /// Sends what can be sent.
    ///
    /// - Returns: How many more connections to open; ``connected(_:now:)`` takes the result of each.
    mutating func advance(now: ContinuousClock.Instant) -> Int {
        waiting.resumeDelayed(now: now)
        var isSettled = false
        while !isSettled {
            isSettled = true
            assign(now: now)
            for index in connections.indices.reversed() {
                let isOpen = connections[index].write()
                // `poll` does not report answers that libpq has already read; they make room for waiting calls.
                if handOutAnswers(index, isOpen: isOpen, now: now) { isSettled = false }
            }
        }
        return attempts.begin(upTo: lackingConnections, now: now)
    }

    /// Takes what the network brought for a connection.
    mutating func read(descriptor: Int32, now: ContinuousClock.Instant) {
        guard let index = connections.firstIndex(where: { $0.descriptor == descriptor }) else { return }
        let isOpen = connections[index].read()
        _ = handOutAnswers(index, isOpen: isOpen, now: now)
    }

    private mutating func assign(now: ContinuousClock.Instant) {
        unsatisfied = 0
        guard waiting.hasReady else { return }
        for number in turns.turns where assign(waiting.lanes[number], now: now) { turns.served(number) }
        unsatisfied += waiting.readCount
    }

    /// Sends what waits in a lane, as far as connections have room.
    ///
    /// - Returns: Whether connections had any room.
    private mutating func assign(_ lane: Call.Lane, now: ContinuousClock.Instant) -> Bool {
        var isServed = false
        while let bytes = waiting.bytesOfNext(lane, now: now) {
            guard let place = place(lane, bytes, now: now) else {
                if case .write = lane { unsatisfied += 1 }
                break
            }
            isServed = true
            guard var call = waiting.takeNext(lane, now: now) else { continue }
            call.timeouts = timeouts(for: call, now: now)
            if observations != nil { call.noteSent(waitsForLock: waiting.waitsAtLength(call), at: now) }
            connections[place].add(call, now: now)
        }
        return isServed
    }

    /// The connection for a call, if one may be taken now.
    private mutating func place(_ lane: Call.Lane, _ bytes: Int, now: ContinuousClock.Instant) -> Int? {
        if lane == .longRead {
            // Connections that take no call now count too.
            let longReads = connections.count { $0.load.longReads > 0 }
            let usable = connections.count { $0.load.isolated == 0 && $0.isReady && !$0.isRetiring }
            guard longReads < ConnectionChoice.longReads(among: usable) else { return nil }
        }
        // An isolated write may wait long for its lock, so it does not take the first connection.
        let waitsForSecond = isSecondExpected(now: now)
        if lane == .write(.isolated), waitsForSecond { return nil }
        let statement = waiting.shareableStatementOfNext(lane)
        // A closure here would copy the whole dispatcher for each connection.
        var loads: [ConnectionLoad?] = []
        loads.reserveCapacity(connections.count)
        for connection in connections {
            let isFree =
                connection.accepts(bytes, statement, now: now, limits: limits) && hasRoom(for: lane, on: connection)
            loads.append(isFree ? connection.load : nil)
        }
        guard let chosen = choice.choose(lane, among: loads) else { return nil }
        guard !chosen.isGood else { return chosen.index }
        guard !waitsForSecond else { return nil }
        unsatisfied += 1
        return chosen.index
    }

    /// Whether a write still has half its time even if each write before it on the connection waits briefly for a lock.
    private func hasRoom(for lane: Call.Lane, on connection: CallConnection) -> Bool {
        guard case .write = lane, connection.isSetUp else { return true }
        return connection.load.writes < timeouts.writesPerConnection
    }

    /// Whether a call waits for a second connection.
    ///
    /// On the first one, a call before it might be waiting for a lock, and it would wait too.
    private func isSecondExpected(now: ContinuousClock.Instant) -> Bool {
        guard attempts.failures == 0, connections.count(where: { $0.isReady && !$0.isRetiring }) == 1 else {
            return false
        }
        if let end = attempts.expectedUntil, end <= now { return false }
        return connecting > 0 || connections.count < choice.limit || connections.count { !$0.isRetiring } > 1
    }

    /// A call's own timeouts, if the session's do not suit it.
    private func timeouts(for call: Call, now: ContinuousClock.Instant) -> (lockWait: Duration, statement: Duration)? {
        let bytes = call.request.bytes
        guard call.lane == .write(.isolated) else {
            let statement = bytes >> 20 > 0 && !isBehindPooler ? timeouts.statement(bytes: bytes) : nil
            guard let statement, statement != timeouts.statement() else { return nil }
            return (timeouts.lockWait, statement)
        }
        let wait = timeouts.lockWait(
            after: call.lockWaited, remaining: call.deadline - now,
            // Everything would wait behind it on the only connection.
            isAtLength: waiting.waitsAtLength(call)
                && connections.count { $0.isReady && !$0.isRetiring } > 1)
        return (wait, timeouts.statement(bytes: bytes))
    }

    /// How many more connections would help: a first call opens one, and only calls that would wait open more.
    var lackingConnections: Int {
        guard unsatisfied > 0, !isSnapshotLost else { return 0 }
        let wanted = connections.filter(\.isReady).count + unsatisfied
        return min(choice.limit, wanted) - connections.count
    }
}
