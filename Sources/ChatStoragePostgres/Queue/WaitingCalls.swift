import ChatStorageSupport

/// The calls that are not sent yet: those that wait for a connection, by lane, and those that are sent again later.
struct WaitingCalls {
    private var shortReads = FIFO<Call>()
    private var longReads = FIFO<Call>()
    private var writes: WriteQueue<Call>
    private var delayed = DelayQueue<Call>()
    private var answerSizes = AnswerSizes()
    /// Every lane, in the order of their first turns.
    let lanes: [Call.Lane]

    /// Makes an empty collection.
    init(writes: WriteQueue<Call>) {
        self.writes = writes
        lanes = [.shortRead, .longRead] + writes.kinds.map { .write($0) }
    }

    /// How many calls are not sent.
    var count: Int { readCount + writes.count + delayed.count }

    /// How many reads wait for a connection.
    var readCount: Int { shortReads.count + longReads.count }

    /// Whether any call waits for a connection.
    var hasReady: Bool { readCount + writes.count > 0 }

    /// Adds a call, which waits for a connection from now on.
    mutating func add(_ call: Call) {
        switch call.request.kind {
        case .read(isLong: false):
            if let page = call.request.page, answerSizes.isLong(page) {
                longReads.append(call.withOwnSync)
            } else {
                shortReads.append(call)
            }
        case .read(isLong: true): longReads.append(call)
        case .write, .mergeable: writes.add(call)
        }
    }

    /// Adds a call, which waits for a connection from a later time on.
    mutating func add(_ call: Call, due: ContinuousClock.Instant) {
        delayed.add(call, due: due)
    }

    /// Makes calls whose time has come wait for a connection.
    mutating func resumeDelayed(now: ContinuousClock.Instant) {
        while let call = delayed.popDue(now: now) { add(call) }
    }

    /// About how many bytes the next call of a lane sends; nil if none can go now.
    func bytesOfNext(_ lane: Call.Lane, now: ContinuousClock.Instant) -> Int? {
        switch lane {
        case .shortRead: shortReads.next?.bytes
        case .longRead: longReads.next?.bytes
        case .write(let kind): writes.bytesOfNext(kind, now: now)
        }
    }

    /// The statement of a lane's next call, if others of the same statement can share its Sync.
    func shareableStatementOfNext(_ lane: Call.Lane) -> PreparedSQL? {
        lane == .shortRead ? shortReads.next?.request.script.shareableStatement : nil
    }

    /// Takes the next call of a lane, or several in one.
    ///
    /// - Returns: A call that is wanted, and must be sent; nil if no call that it found is wanted.
    mutating func takeNext(_ lane: Call.Lane, now: ContinuousClock.Instant) -> Call? {
        var call: Call?
        switch lane {
        case .shortRead: call = shortReads.popFirst()
        case .longRead: call = longReads.popFirst()
        case .write(let kind):
            let calls = writes.takeNext(kind, now: now) { $0.begin() }
            guard var call = Call(merging: calls) ?? calls.first else { return nil }
            call.lane = lane
            return call
        }
        guard var call, call.begin() else { return nil }
        call.lane = lane
        return call
    }

    /// Whether a write that was taken may wait long for its lock.
    func waitsAtLength(_ call: Call) -> Bool {
        call.lane == .write(.isolated) && writes.suspects.waitsAtLength(call.key)
    }

    /// Notes what became of a call that was taken.
    mutating func ended(_ call: Call, _ outcome: Suspects.Outcome) {
        if case .write(let kind) = call.lane { writes.ended(call.keys, kind: kind, outcome: outcome) }
    }

    /// Notes how long a read's answer was.
    mutating func noteSize(of answer: QueryResult?, to call: Call) {
        guard let page = call.request.page, let answer else { return }
        answerSizes.note(page, messages: answer.rowCount, bytes: answer.bytes)
    }

    /// Removes the calls that satisfy a predicate, and returns them.
    mutating func removeAll(where isUnwanted: (Call) -> Bool) -> [Call] {
        var removed = writes.removeAll(where: isUnwanted)
        func isRemoved(_ call: Call) -> Bool {
            let isRemoved = isUnwanted(call)
            if isRemoved { removed.append(call) }
            return isRemoved
        }
        shortReads.removeAll(where: isRemoved)
        longReads.removeAll(where: isRemoved)
        removed += delayed.removeAll(where: isUnwanted)
        return removed
    }

    func forEach(_ body: (Call) -> Void) {
        delayed.forEach(body)
        shortReads.forEach(body)
        longReads.forEach(body)
        writes.forEach(body)
    }

    /// When a call that cannot be sent now can be sent, even if no answer comes; nil if none can.
    func nextEvent(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        [delayed.nextDue, writes.nextEvent(after: now)].compactMap { $0 }.min()
    }
}
