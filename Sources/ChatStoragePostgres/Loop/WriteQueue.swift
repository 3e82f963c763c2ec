import ChatStorageCore
import ChatStorageSupport

/// What a ``WriteQueue`` knows of a write.
protocol QueuedWrite {
    /// The conversation whose row it locks.
    var key: ConversationKey { get }
    /// How many rows it adds.
    var rowCount: Int { get }
    /// About how many bytes it sends.
    var bytes: Int { get }
    /// Writes of one group can go in one statement; nil for one that goes alone.
    var mergeGroup: ObjectIdentifier? { get }
    /// How many go in one statement with it at most, itself included.
    var mergeLimit: Int { get }
}

extension QueuedWrite {
    /// Whether it can go with others in one statement at all.
    var isMergeable: Bool {
        mergeGroup != nil && mergeLimit > 1 && rowCount <= WriteQueue<Self>.mergedRows
            && bytes <= WriteQueue<Self>.mergedBytes
    }

    /// Whether it can go in one statement with another that can.
    func canMerge(with other: Self) -> Bool { mergeGroup == other.mergeGroup }
}

/// Writes that wait, and which of them go next.
///
/// A conversation has one statement under way at a time: a second one would only wait for the first one's row lock, on
/// the server, and so would everything behind it on its connection. Writes that wait and can be merged go together in one
/// statement. A conversation whose lock was not to be had is a suspect: its writes go one at a time on connections that
/// get nothing else, until one succeeds. The first waits briefly for the lock, since the suspect may only have shared a
/// statement with another; when it is refused alone, the next wait at length.
struct WriteQueue<Ticket: QueuedWrite> {
    /// How writes go.
    enum Kind: Hashable {
        /// One write.
        case single
        /// The mergeable writes of those conversations that have this lane, one statement at a time.
        case merged(lane: Int)
        /// One write to a suspect.
        case isolated
    }

    private enum Suspicion {
        case none
        /// The lock was not to be had, for it or for another of the same statement.
        case suspect
        /// The lock was not to be had for it alone.
        case locked
    }

    private struct Conversation {
        var waiting = FIFO<Ticket>()
        /// Whether a statement is under way.
        var isBusy = false
        /// Whether the key is among those whose turn comes.
        var isQueued = false
        var suspicion = Suspicion.none
        /// Whether the write under way waits at length.
        var isAtLength = false
        /// Tells, for a suspect to which nothing is written, since when; nil for others.
        var idleSince: Int?
        /// The number of the lane's statement that was last under way.
        var statement = 0

        var isSuspect: Bool { suspicion != .none }

        mutating func add(_ ticket: Ticket) {
            waiting.append(ticket)
            idleSince = nil
        }

        mutating func begin(_ statement: Int) {
            isBusy = true
            self.statement = statement
        }
    }

    private struct Lane {
        var keys = FIFO<ConversationKey>()
        /// The number of the last statement sent; those before it that are not answered wait for locks.
        var statement = 0
        /// When the last statement was sent; nil once it is answered.
        var lastSent: ContinuousClock.Instant?
    }

    /// The most rows that one statement adds.
    static var mergedRows: Int { 256 }
    /// The most bytes that go in one statement.
    static var mergedBytes: Int { 1 << 20 }
    /// How many suspects are remembered; beyond them the one to which nothing was written longest is forgotten.
    static var suspectLimit: Int { 1_024 }

    private let stallTime: Duration
    private let isolatedLimit: Int
    private var conversations: [ConversationKey: Conversation] = [:]
    private var singles = FIFO<ConversationKey>()
    private var lanes: [Lane]
    private var suspects = FIFO<ConversationKey>()
    private var locked = FIFO<ConversationKey>()
    /// How many writes to suspects are under way, and how many of them wait at length.
    private var (isolatedUnderWay, atLength) = (0, 0)
    private var suspectCount = 0
    /// Suspects in the order in which they became idle; only the last entry of each counts.
    private(set) var idleSuspects = FIFO<(key: ConversationKey, since: Int)>()
    private var lastIdle = 0
    /// How many writes wait.
    private(set) var count = 0

    /// Makes an empty queue.
    ///
    /// - Parameters:
    ///   - lanes: How many statements of merged writes are under way at a time: while one is flushed to the disk another
    ///     is worked on. None turns merging off.
    ///   - isolated: How many writes to suspects wait at length at a time. One more may wait briefly, so that none has to
    ///     wait until others have.
    ///   - stallTime: So long a lane waits for its statement before it sends another.
    init(lanes: Int, isolated: Int, stallTime: Duration) {
        self.lanes = Array(repeating: Lane(), count: lanes)
        self.stallTime = stallTime
        kinds = [.single] + (0..<lanes).map { .merged(lane: $0) } + [.isolated]
        isolatedLimit = isolated
    }

    /// Every kind, in the order in which they get connections.
    let kinds: [Kind]

    /// Takes a write.
    mutating func add(_ ticket: Ticket) {
        count += 1
        conversations[ticket.key, default: Conversation()].add(ticket)
        enqueue(ticket.key)
    }

    /// About how many bytes the next write of a kind has; nil when none can go now.
    func bytesOfNext(_ kind: Kind, now: ContinuousClock.Instant) -> Int? {
        let key: ConversationKey? =
            switch kind {
            case .single: singles.next
            case .merged(let lane): isFree(lanes[lane], now: now) ? lanes[lane].keys.next : nil
            case .isolated: nextSuspect?.key
            }
        return key.map { conversations[$0]?.waiting.next?.bytes ?? 0 }
    }

    /// Takes the next writes of a kind: several only if they go in one statement.
    ///
    /// Call ``ended(_:kind:outcome:)`` for those that it returns.
    ///
    /// - Parameter begin: Whether a write is still wanted; true is a promise that it is sent.
    /// - Returns: Nothing if none of those that waited is wanted.
    mutating func takeNext(
        _ kind: Kind, now: ContinuousClock.Instant, begin: (inout Ticket) -> Bool
    ) -> [Ticket] {
        var taken = Batch()
        switch kind {
        case .single:
            if let key = singles.popFirst() { take(key, kind, into: &taken, begin) }
        case .isolated:
            takeSuspect(into: &taken, begin)
        case .merged(let lane):
            lanes[lane].statement += 1
            while let key = lanes[lane].keys.next, fits(key, with: taken) {
                _ = lanes[lane].keys.popFirst()
                take(key, kind, into: &taken, begin)
            }
            lanes[lane].lastSent = taken.tickets.isEmpty ? nil : now
        }
        return taken.tickets
    }

    /// What became of writes that were taken.
    enum Outcome {
        case done
        /// The lock was not to be had in time.
        case locked
        /// It is not known that the row could be locked.
        case failed
    }

    /// Takes note that writes are no longer under way; those that are to be sent again are added anew.
    mutating func ended(_ keys: some Sequence<ConversationKey>, kind: Kind, outcome: Outcome) {
        if case .isolated = kind { isolatedUnderWay -= 1 }
        for key in keys {
            guard var conversation = conversations[key] else { continue }
            if conversation.isAtLength { atLength -= 1 }
            conversation.isAtLength = false
            if case .merged(let lane) = kind, conversation.statement == lanes[lane].statement {
                lanes[lane].lastSent = nil
            }
            conversation.isBusy = false
            let wasSuspect = conversation.isSuspect
            switch outcome {
            case .done: conversation.suspicion = .none
            case .locked where wasSuspect: conversation.suspicion = .locked
            case .locked: if hasRoomForSuspect() { conversation.suspicion = .suspect }
            case .failed: break
            }
            suspectCount += (conversation.isSuspect ? 1 : 0) - (wasSuspect ? 1 : 0)
            conversations[key] = conversation
            enqueue(key)
        }
    }

    /// When a lane that waits for its statement sends another.
    func nextEvent(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        lanes.compactMap { lane in
            guard !lane.keys.isEmpty, let event = lane.lastSent.map({ $0 + stallTime }) else { return nil }
            return event > now ? event : nil
        }.min()
    }

    /// Removes the writes that satisfy a predicate, and returns them.
    mutating func removeAll(where isUnwanted: (Ticket) -> Bool) -> [Ticket] {
        guard count > 0 else { return [] }
        var removed: [Ticket] = []
        var emptied: Set<ConversationKey> = []
        for (key, var conversation) in conversations where !conversation.waiting.isEmpty {
            conversation.waiting.removeAll { ticket in
                let isRemoved = isUnwanted(ticket)
                if isRemoved { removed.append(ticket) }
                return isRemoved
            }
            if conversation.waiting.isEmpty, conversation.isQueued {
                conversation.isQueued = false
                emptied.insert(key)
            }
            conversations[key] = conversation
        }
        count -= removed.count
        leaveQueues(emptied)
        return removed
    }

    /// Forgets the turns of conversations for which nothing waits any more.
    private mutating func leaveQueues(_ keys: Set<ConversationKey>) {
        guard !keys.isEmpty else { return }
        singles.removeAll(where: keys.contains)
        suspects.removeAll(where: keys.contains)
        locked.removeAll(where: keys.contains)
        for lane in lanes.indices { lanes[lane].keys.removeAll(where: keys.contains) }
        for key in keys { enqueue(key) }
    }

    /// How many conversations are remembered: those with writes that wait or are under way, and suspects.
    var conversationCount: Int { conversations.count }

    func forEach(_ body: (Ticket) -> Void) {
        for conversation in conversations.values { conversation.waiting.forEach(body) }
    }

    private func isFree(_ lane: Lane, now: ContinuousClock.Instant) -> Bool {
        lane.lastSent.map { now - $0 >= stallTime } ?? true
    }

    /// Gives a conversation its place among those whose turn comes, by its oldest write.
    private mutating func enqueue(_ key: ConversationKey) {
        guard let conversation = conversations[key], !conversation.isBusy, !conversation.isQueued else { return }
        guard let first = conversation.waiting.next else {
            if conversation.isSuspect { becomeIdle(key) } else { conversations[key] = nil }
            return
        }
        if conversation.suspicion == .locked {
            locked.append(key)
        } else if conversation.suspicion == .suspect {
            suspects.append(key)
        } else if first.isMergeable, !lanes.isEmpty {
            lanes[key.lane(of: lanes.count)].keys.append(key)
        } else {
            singles.append(key)
        }
        conversations[key]?.isQueued = true
    }

    private mutating func becomeIdle(_ key: ConversationKey) {
        lastIdle += 1
        conversations[key]?.idleSince = lastIdle
        idleSuspects.append((key, lastIdle))
        if idleSuspects.count > 2 * Self.suspectLimit {
            idleSuspects.removeAll { conversations[$0.key]?.idleSince != $0.since }
        }
    }

    /// Makes room for another suspect, if need be by forgetting one that is idle.
    private mutating func hasRoomForSuspect() -> Bool {
        guard suspectCount >= Self.suspectLimit else { return true }
        while let oldest = idleSuspects.popFirst() {
            guard conversations[oldest.key]?.idleSince == oldest.since else { continue }
            conversations[oldest.key] = nil
            suspectCount -= 1
            return true
        }
        return false
    }

    private mutating func take(
        _ key: ConversationKey, _ kind: Kind, into taken: inout Batch, _ begin: (inout Ticket) -> Bool
    ) {
        conversations[key]?.isQueued = false
        var isTaken = false
        while let next = conversations[key]?.waiting.next {
            if !taken.tickets.isEmpty {
                guard case .merged = kind, taken.hasRoom(for: next) else { break }
            }
            guard var ticket = conversations[key]?.waiting.popFirst() else { break }
            count -= 1
            guard begin(&ticket) else { continue }
            taken.append(ticket)
            isTaken = true
        }
        if isTaken {
            let statement = if case .merged(let lane) = kind { lanes[lane].statement } else { 0 }
            conversations[key]?.begin(statement)
        }
        enqueue(key)
    }

    /// Whether the write under way to a conversation may wait for the lock at length.
    func waitsAtLength(_ key: ConversationKey) -> Bool { conversations[key]?.isAtLength ?? false }

    /// The suspect whose turn it is: first those that may be none, whose turn is short.
    private var nextSuspect: (key: ConversationKey, isLocked: Bool)? {
        guard isolatedUnderWay <= isolatedLimit else { return nil }
        if isolatedUnderWay - atLength < isolatedLimit, let key = suspects.next { return (key, false) }
        return atLength < isolatedLimit ? locked.next.map { ($0, true) } : nil
    }

    private mutating func takeSuspect(into taken: inout Batch, _ begin: (inout Ticket) -> Bool) {
        guard let (key, isLocked) = nextSuspect else { return }
        _ = isLocked ? locked.popFirst() : suspects.popFirst()
        take(key, .isolated, into: &taken, begin)
        guard !taken.tickets.isEmpty else { return }
        isolatedUnderWay += 1
        if isLocked {
            atLength += 1
            conversations[key]?.isAtLength = true
        }
    }

    private func fits(_ key: ConversationKey, with taken: Batch) -> Bool {
        guard !taken.tickets.isEmpty, let next = conversations[key]?.waiting.next else { return true }
        return taken.hasRoom(for: next)
    }

    /// Writes that go in one statement.
    private struct Batch {
        private(set) var tickets: [Ticket] = []
        private var rows = 0
        private var bytes = 0
        private var limit = Int.max

        func hasRoom(for ticket: Ticket) -> Bool {
            guard let first = tickets.first, first.isMergeable, ticket.isMergeable, ticket.canMerge(with: first) else {
                return false
            }
            return tickets.count < min(limit, ticket.mergeLimit)
                && rows + ticket.rowCount <= mergedRows && bytes + ticket.bytes <= mergedBytes
        }

        mutating func append(_ ticket: Ticket) {
            tickets.append(ticket)
            rows += ticket.rowCount
            bytes += ticket.bytes
            limit = min(limit, ticket.mergeLimit)
        }
    }
}
