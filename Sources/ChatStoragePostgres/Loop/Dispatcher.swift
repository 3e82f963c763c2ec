import ChatStorageCore
import ChatStorageSupport

/// Which call goes to which connection, and when to connect: the state of a store's loop, used by one thread at a time.
struct Dispatcher {
    private let configuration: PostgresBackend.Configuration
    private let limits: PipelineConnection.Limits
    /// Whether a pooler stands before the server, as the configuration says or a connection has shown.
    private(set) var isBehindPooler: Bool
    private let timeouts: ServerTimeouts

    private(set) var connections: [PipelineConnection] = []
    private var reads = FIFO<Call>()
    private var longReads = FIFO<Call>()
    private var writes: WriteQueue<Call>
    private var answerSizes = AnswerSizes()
    private let choice: ConnectionChoice
    /// The lanes take turns for free places on connections, so that none starves.
    private let lanes: [Call.Lane]
    private var turns: RoundRobin
    /// How many calls wait for a connection, or behind calls of another kind.
    private var unsatisfied = 0
    private var delayed = DelayQueue<Call>()
    /// How many attempts to connect are under way.
    private(set) var connecting = 0
    /// How long calls wait for the attempts under way; nil without any.
    private var secondExpectedUntil: ContinuousClock.Instant?
    private var backoff = ConnectBackoff()
    /// When to next replace a read-only connection, in search of a server that takes writes.
    private var writerSearch = ConnectBackoff()
    /// No call's deadline is earlier.
    private var earliestDeadline: ContinuousClock.Instant?

    /// Makes the state of a new loop.
    init(_ configuration: PostgresBackend.Configuration) {
        self.configuration = configuration
        limits = PipelineConnection.Limits(
            calls: configuration.callsPerConnection, bytes: configuration.bytesPerConnection)
        isBehindPooler = configuration.isBehindPooler
        timeouts = configuration.serverTimeouts
        choice = ConnectionChoice(limit: configuration.connections)
        writes = WriteQueue(
            lanes: configuration.mergesAppends ? Self.mergedLanes : 0, isolated: max(1, configuration.connections / 2),
            stallTime: PipelineConnection.stallTime)
        lanes = [.shortRead, .longRead] + writes.kinds.map { .write($0) }
        turns = RoundRobin(count: lanes.count)
    }

    /// While one statement of several writes is flushed to the disk another is worked on.
    private static let mergedLanes = 2
    /// How long a call waits for a second connection: one that nobody answers must not hold it up.
    private static let patience = Duration.seconds(1)

    /// How many calls wait to be sent.
    var waitingCount: Int { reads.count + longReads.count + writes.count + delayed.count }

    /// Whether no call waits or is under way; a connection that is not ready has none.
    var isIdle: Bool { waitingCount == 0 && connections.allSatisfy { $0.count == 0 || !$0.isReady } }

    /// Whether so little is under way that a call is best sent at once, by whoever makes it.
    ///
    /// With more under way, calls that are sent together cost the server fewer wake-ups.
    var hasFewCalls: Bool {
        waitingCount == 0 && connections.contains(where: \.isReady)
            && connections.reduce(0) { $0 + $1.count } < Self.fewCalls
    }

    private static let fewCalls = 4

    /// Takes a call.
    mutating func add(_ call: Call) {
        note(deadline: call.deadline)
        enqueue(call)
    }

    private mutating func enqueue(_ call: Call) {
        switch call.request.kind {
        case .read(isLong: false):
            if let page = call.request.page, answerSizes.isLong(page) {
                longReads.append(call.withOwnSync)
            } else {
                reads.append(call)
            }
        case .read(isLong: true): longReads.append(call)
        case .write, .mergeable: writes.add(call)
        }
    }

    /// Forgets waiting calls whose callers were cancelled.
    mutating func removeUnwanted() {
        _ = removeWaiting { !$0.isWanted }
    }

    /// Closes the connections.
    mutating func disconnect() {
        // The thread that connected may have a reference for a moment longer.
        for connection in connections { connection.finish() }
        connections = []
    }

    /// Takes the result of an attempt to connect.
    mutating func connected(_ result: Result<ServerConnection, ChatStorageError>, now: ContinuousClock.Instant) {
        connecting -= 1
        switch result {
        case .success(let server):
            guard server.enterPipelineMode() else {
                return connectFailed(Self.brokenSession, now: now)
            }
            let connection = PipelineConnection(server, isBehindPooler: isBehindPooler)
            if isBehindPooler {
                connection.isReady = true
                backoff.succeeded()
            } else {
                let session = configuration.sessionRequest(backendPID: server.backendPID)
                let call = Call(session, purpose: .session, deadline: now + configuration.connectTimeout)
                note(deadline: call.deadline)
                connection.add(call, now: now)
            }
            connections.append(connection)
        case .failure(let error):
            connectFailed(error, serverAnswered: ConnectFailure.isOfEndedSession(error), now: now)
        }
    }

    /// Sends what can be sent.
    ///
    /// - Returns: How many more connections would help; ``connected(_:now:)`` is told what becomes of each.
    mutating func advance(now: ContinuousClock.Instant) -> Int {
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
        let before = connecting
        while lacksConnections, backoff.allowsAttempt(now: now, underWay: connecting) { connecting += 1 }
        secondExpectedUntil = connecting == 0 ? nil : secondExpectedUntil ?? now + Self.patience
        return connecting - before
    }

    /// Takes what the network brought for a connection.
    mutating func read(descriptor: Int32, now: ContinuousClock.Instant) {
        guard let index = connections.firstIndex(where: { $0.descriptor == descriptor }) else { return }
        let isOpen = connections[index].read()
        _ = handOutAnswers(index, isOpen: isOpen, now: now)
    }

    /// Ends calls whose deadline has passed; a connection whose server does not answer one is closed.
    mutating func expire(now: ContinuousClock.Instant) {
        guard let earliest = earliestDeadline, earliest <= now else { return }
        earliestDeadline = nil
        for index in connections.indices.reversed() where connections[index].givenUpAt.map({ $0 <= now }) ?? false {
            drop(index, isGivenUp: true, now: now)
        }
        for connection in connections {
            connection.forEach { call in
                for member in call.members where member.deadline <= now {
                    member.fail(Call.expired(member.request, .unknown))
                }
            }
        }
        for call in removeWaiting(where: { $0.deadline <= now }) { call.fail(Call.expired(call.request, .notApplied)) }
        noteAllDeadlines(now: now)
    }

    /// When there is something to do although the network brings nothing.
    func nextEvent(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        var events: [ContinuousClock.Instant] = []
        if let due = delayed.nextDue { events.append(due) }
        if waitingCount > 0, let secondExpectedUntil, secondExpectedUntil > now { events.append(secondExpectedUntil) }
        if !isIdle || connections.contains(where: { !$0.isReady }), let earliestDeadline {
            events.append(earliestDeadline)
        }
        if let event = writes.nextEvent(after: now) { events.append(event) }
        if lacksConnections, connecting == 0, let attempt = backoff.nextAttempt { events.append(attempt) }
        return events.min()
    }

    /// Hands out the answers that libpq has read, and drops a connection that is broken or done.
    ///
    /// - Returns: Whether there was anything to do.
    private mutating func handOutAnswers(_ index: Int, isOpen: Bool, now: ContinuousClock.Instant) -> Bool {
        let (actions, hasSync, isAlive) = connections[index].receive(now: now)
        for action in actions { perform(action, index, now: now) }
        let isDone = connections[index].isRetiring && connections[index].count == 0
        guard !isOpen || !isAlive || isDone else { return hasSync || !actions.isEmpty }
        drop(index, now: now)
        return true
    }

    private mutating func assign(now: ContinuousClock.Instant) {
        unsatisfied = 0
        guard reads.count + longReads.count + writes.count > 0 else { return }
        for number in turns.turns where assign(lanes[number], now: now) { turns.served(number) }
        unsatisfied += reads.count + longReads.count
    }

    /// Sends what waits in a lane, as far as connections have room.
    ///
    /// - Returns: Whether they had any.
    private mutating func assign(_ lane: Call.Lane, now: ContinuousClock.Instant) -> Bool {
        var isServed = false
        while let bytes = bytesOfNext(lane, now: now) {
            guard let place = place(lane, bytes, now: now) else {
                if case .write = lane { unsatisfied += 1 }
                break
            }
            isServed = true
            switch lane {
            case .shortRead: if let call = reads.popFirst() { send([call], lane, to: place, now: now) }
            case .longRead: if let call = longReads.popFirst() { send([call], lane, to: place, now: now) }
            case .write(let kind):
                send(writes.takeNext(kind, now: now) { $0.begin() }, lane, to: place, now: now)
            }
        }
        return isServed
    }

    private func bytesOfNext(_ lane: Call.Lane, now: ContinuousClock.Instant) -> Int? {
        switch lane {
        case .shortRead: reads.next?.bytes
        case .longRead: longReads.next?.bytes
        case .write(let kind): writes.bytesOfNext(kind, now: now)
        }
    }

    /// The connection for a call, if one may be taken now.
    private mutating func place(_ lane: Call.Lane, _ bytes: Int, now: ContinuousClock.Instant) -> Int? {
        if lane == .longRead {
            // Those that take no call now count too.
            let longReads = connections.count { $0.load.longReads > 0 }
            let usable = connections.count { $0.load.isolated == 0 && $0.isReady && !$0.isRetiring }
            guard longReads < ConnectionChoice.longReads(among: usable) else { return nil }
        }
        // An isolated write may wait long for its lock, so it does not take the first connection.
        let waitsForSecond = isSecondExpected(now: now)
        if lane == .write(.isolated), waitsForSecond { return nil }
        let statement = lane == .shortRead ? reads.next?.request.shareableStatement : nil
        let loads = connections.map { connection in
            connection.accepts(bytes, statement, now: now, limits: limits) && hasRoom(for: lane, on: connection)
                ? connection.load : nil
        }
        guard let chosen = choice.choose(lane, among: loads) else { return nil }
        guard !chosen.isGood else { return chosen.index }
        guard !waitsForSecond else { return nil }
        unsatisfied += 1
        return chosen.index
    }

    /// Whether a write, if each of those before it on a connection waits briefly for a lock, still has half its time.
    private func hasRoom(for lane: Call.Lane, on connection: PipelineConnection) -> Bool {
        guard case .write = lane, connection.isSetUp else { return true }
        return connection.load.writes < timeouts.writesPerConnection
    }

    /// Whether a call waits for a second connection.
    ///
    /// Behind the calls of the first it could wait for a lock that one of them waits for.
    private func isSecondExpected(now: ContinuousClock.Instant) -> Bool {
        let usable = connections.filter { !$0.isRetiring }
        guard usable.count(where: \.isReady) == 1, backoff.failures == 0 else { return false }
        if let secondExpectedUntil, secondExpectedUntil <= now { return false }
        return connecting > 0 || usable.count > 1 || connections.count < configuration.connections
    }

    private mutating func send(_ calls: [Call], _ lane: Call.Lane, to index: Int, now: ContinuousClock.Instant) {
        guard var call = Call(merging: calls) ?? calls.first else { return }
        call.lane = lane
        if case .write = lane {} else if !call.begin() { return }
        call.timeouts = timeouts(for: call, now: now)
        connections[index].add(call, now: now)
    }

    /// The timeouts that a call has for itself, if the session's do not suit it.
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
            isAtLength: writes.suspects.waitsAtLength(call.key)
                && connections.count { $0.isReady && !$0.isRetiring } > 1)
        return (wait, timeouts.statement(bytes: bytes))
    }

    private mutating func removeWaiting(where isUnwanted: (Call) -> Bool) -> [Call] {
        var removed = writes.removeAll(where: isUnwanted)
        func isRemoved(_ call: Call) -> Bool {
            let isRemoved = isUnwanted(call)
            if isRemoved { removed.append(call) }
            return isRemoved
        }
        reads.removeAll(where: isRemoved)
        longReads.removeAll(where: isRemoved)
        removed += delayed.removeAll(where: isUnwanted)
        return removed
    }

    /// Whether another connection would help: a call alone opens one, and the next only a call that would wait.
    private var lacksConnections: Bool {
        guard unsatisfied > 0 else { return false }
        let wanted = connections.filter(\.isReady).count + unsatisfied
        return connections.count + connecting < min(configuration.connections, wanted)
    }

    private mutating func resumeDelayed(now: ContinuousClock.Instant) {
        while let call = delayed.popDue(now: now) { enqueue(call) }
    }

    private mutating func perform(
        _ action: PipelineConnection.CallPipeline.Action, _ index: Int, now: ContinuousClock.Instant
    ) {
        switch action {
        case .answered(let call, let answers):
            let results = call.ownAnswers(answers)
            connections[index].ended(call)
            ended(call, .done)
            if call.request.isWrite { writerSearch.succeeded() }
            if let page = call.request.page, let result = results.first {
                answerSizes.note(page, messages: result.rowCount, bytes: result.bytes)
            }
            call.succeed(results)
            if case .session = call.purpose {
                // The statement has a row only in the session that the connection was given for its own.
                connections[index].isSetUp = results.first?.rowCount != 0
                if !connections[index].isSetUp { noticePooler() }
                connections[index].isReady = true
                backoff.succeeded()
            }
        case .refused(let call, let error):
            connections[index].ended(call)
            if case .session = call.purpose {
                connections[index].isRetiring = true
                connectFailed(error.storageError(isWrite: false), now: now)
                return
            }
            // The next connection has no transaction open, and may lead to the server that takes writes now.
            if error.isOfAbortedTransaction || (error.isReadOnlyServer && searchesForWriter(now: now)) {
                connections[index].isRetiring = true
            }
            ended(call, error.isOfLock ? .locked : .failed)
            settle(call, refusedBy: error, isSetUp: connections[index].isSetUp, now: now)
        case .skipped(let call):
            connections[index].ended(call)
            if call.isWanted { settle(call.withOwnSync, .again(after: .zero), now: now) }
        case .close:
            break
        }
    }

    /// Whether another connection is worth a try, after a write that a server refused because it takes none.
    ///
    /// It is tried ever more seldom: each try is a session, and there may be no server that takes writes.
    private mutating func searchesForWriter(now: ContinuousClock.Instant) -> Bool {
        guard writerSearch.allowsAttempt(now: now, underWay: 0) else { return false }
        writerSearch.failed(now: now)
        return true
    }

    private mutating func ended(_ call: Call, _ outcome: WriteQueue<Call>.Outcome) {
        if case .write(let kind) = call.lane { writes.ended(call.keys, kind: kind, outcome: outcome) }
    }

    /// - Parameter isSetUp: Whether the session that refused has the library's timeouts.
    private mutating func settle(
        _ call: Call, refusedBy error: ServerError, isSetUp: Bool, now: ContinuousClock.Instant
    ) {
        if error.isOfSharedSession { noticePooler() }
        // Which of several callers waited for the lock is not known.
        if error.isLockTimeout, !call.isMerged,
            let wait = call.timeouts?.lockWait ?? (isSetUp ? timeouts.lockWait : nil)
        {
            let call = call.afterLockWait(wait)
            if call.isWanted, !timeouts.isOver(after: call.lockWaited, remaining: call.deadline - now) {
                // A pause, since it need not have waited: a user's trigger can refuse a lock at once.
                let delay: Duration = call.lockWaited > wait ? .milliseconds(5) : .zero
                return settle(call, .again(after: delay), now: now)
            }
        }
        let verdicts = call.verdicts(on: error, isBehindPooler: isBehindPooler)
        for (call, verdict) in verdicts where call.isWanted { settle(call, verdict, now: now) }
    }

    /// Goes on as if the configuration had said that there is a pooler.
    private mutating func noticePooler() {
        isBehindPooler = true
        for connection in connections { connection.noticePooler() }
    }

    /// - Parameter isGivenUp: Whether the server did not answer the oldest call in time.
    private mutating func drop(_ index: Int, isGivenUp: Bool = false, now: ContinuousClock.Instant) {
        // What has been answered is known, whatever became of the connection.
        for action in connections[index].receive(now: now).actions { perform(action, index, now: now) }
        let connection = connections.remove(at: index)
        for (place, (call, loss)) in connection.lost().enumerated() {
            if case .session = call.purpose {
                let error = loss.error?.storageError(isWrite: false)
                connectFailed(error ?? Self.brokenSession, serverAnswered: true, now: now)
                continue
            }
            // What the server did not answer may have waited for a lock.
            let isLocked = loss.error?.isOfLock ?? (isGivenUp && place == 0)
            ended(call, isLocked ? .locked : .failed)
            if case .refused(let error) = loss {
                settle(call, refusedBy: error, isSetUp: connection.isSetUp, now: now)
                continue
            }
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

    private mutating func settle(_ call: Call, _ verdict: Call.Verdict, now: ContinuousClock.Instant) {
        switch verdict {
        case .failed(let error): call.fail(error)
        case .again(let delay):
            note(deadline: call.deadline)
            if delay == .zero { enqueue(call) } else { delayed.add(call, due: now + delay) }
        }
    }

    /// Without a connection the calls that wait end now rather than at their deadlines.
    ///
    /// - Parameter serverAnswered: Whether a session began: what ended it need not end the next, so calls wait for that.
    private mutating func connectFailed(
        _ error: ChatStorageError, serverAnswered: Bool = false, now: ContinuousClock.Instant
    ) {
        backoff.failed(now: now)
        guard !serverAnswered || backoff.failures > 1 else { return }
        guard connecting == 0, !connections.contains(where: { !$0.isRetiring }) else { return }
        for call in removeWaiting(where: { _ in true }) {
            call.fail(call.request.isWrite ? error.beforeWriting : error)
        }
    }

    private mutating func note(deadline: ContinuousClock.Instant) {
        earliestDeadline = min(earliestDeadline ?? deadline, deadline)
    }

    /// Calls are looked through for their deadlines no more often: with many it takes some milliseconds.
    private static let deadlineAccuracy = Duration.milliseconds(10)

    private mutating func noteAllDeadlines(now: ContinuousClock.Instant) {
        var earliest: ContinuousClock.Instant?
        func note(_ deadline: ContinuousClock.Instant) { earliest = min(earliest ?? deadline, deadline) }
        func note(_ call: Call) { note(call.deadline) }
        delayed.forEach(note)
        reads.forEach(note)
        longReads.forEach(note)
        writes.forEach(note)
        for connection in connections {
            connection.forEach { call in
                for member in call.members where member.isWanted { note(member) }
            }
            if let time = connection.givenUpAt { note(time) }
        }
        earliestDeadline = earliest.map { max($0, now + Self.deadlineAccuracy) }
    }

    private static let brokenSession = ChatStorageError(
        .unavailable, "the connection to the database broke before it could be used")
}
