import ChatStorageCore
import ChatStorageSupport

/// Waiting writes, and which of them go next.
///
/// A conversation has one statement under way at a time: on the server a second one would only wait for the first one's
/// row lock, and so would everything behind it on its connection. Waiting writes that can be merged go together in one
/// statement. Writes to ``Suspects``, conversations whose row could not be locked in time, go on connections that carry
/// nothing else.
struct WriteQueue<Ticket: QueuedWrite> {
    /// How writes are sent.
    enum Kind: Hashable {
        /// One write.
        case single
        /// The mergeable writes to the conversations of this lane, one statement at a time.
        case merged(lane: Int)
        /// One write to a suspect.
        case isolated
    }

    private struct Conversation {
        var waiting = FIFO<Ticket>()
        /// Whether a statement is under way.
        var isBusy = false
        /// Whether the key has a turn coming.
        var isQueued = false
        /// The number of the lane's last statement with a write to it.
        var statement = 0

        mutating func begin(_ statement: Int) {
            isBusy = true
            self.statement = statement
        }
    }

    private struct Lane {
        var keys = FIFO<ConversationKey>()
        /// The number of the last statement sent; unanswered ones before it are waiting for locks.
        var statement = 0
        /// When the last statement was sent; nil once it is answered.
        var lastSent: ContinuousClock.Instant?
    }

    private let stallTime: Duration
    private var conversations: [ConversationKey: Conversation] = [:]
    private var singles = FIFO<ConversationKey>()
    private var lanes: [Lane]
    private(set) var suspects: Suspects
    /// How many writes wait.
    private(set) var count = 0

    /// Makes an empty queue.
    ///
    /// - Parameters:
    ///   - lanes: How many statements of merged writes are under way at a time: the server works on one while another
    ///     is flushed to the disk. 0 turns merging off.
    ///   - isolated: How many writes to suspects may wait long at a time. One more may wait briefly, so that no suspect
    ///     has to wait for the long ones.
    ///   - stallTime: How long a lane waits for its statement before it sends another.
    init(lanes: Int, isolated: Int, stallTime: Duration) {
        self.lanes = Array(repeating: Lane(), count: lanes)
        self.stallTime = stallTime
        kinds = [.single] + (0..<lanes).map { .merged(lane: $0) } + [.isolated]
        suspects = Suspects(limitAtLength: isolated)
    }

    /// Every kind, in the order in which they get connections.
    let kinds: [Kind]

    /// Takes a write.
    mutating func add(_ ticket: Ticket) {
        count += 1
        conversations[ticket.key, default: Conversation()].waiting.append(ticket)
        enqueue(ticket.key)
    }

    /// About how many bytes the next write of a kind has; nil if none can go now.
    func bytesOfNext(_ kind: Kind, now: ContinuousClock.Instant) -> Int? {
        let key: ConversationKey? =
            switch kind {
            case .single: singles.next
            case .merged(let lane): isFree(lanes[lane], now: now) ? lanes[lane].keys.next : nil
            case .isolated: suspects.next
            }
        return key.map { conversations[$0]?.waiting.next?.bytes ?? 0 }
    }

    /// Takes the next writes of a kind: several only if they go in one statement.
    ///
    /// Call ``ended(_:kind:outcome:)`` for those that it returns.
    ///
    /// - Parameter begin: Whether a write is still wanted; a write for which it returned true must be sent.
    /// - Returns: Nothing if no waiting write is wanted.
    mutating func takeNext(
        _ kind: Kind, now: ContinuousClock.Instant, begin: (inout Ticket) -> Bool
    ) -> [Ticket] {
        var taken = WriteBatch<Ticket>()
        switch kind {
        case .single:
            if let key = singles.popFirst() { take(key, kind, into: &taken, begin) }
        case .isolated:
            guard let key = suspects.popNext() else { break }
            take(key, kind, into: &taken, begin)
            if !taken.tickets.isEmpty { suspects.began(key) }
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
    typealias Outcome = Suspects.Outcome

    /// Notes that writes are no longer under way; add those anew that must be sent again.
    mutating func ended(_ keys: some Sequence<ConversationKey>, kind: Kind, outcome: Outcome) {
        for key in keys {
            guard var conversation = conversations[key] else { continue }
            if case .merged(let lane) = kind, conversation.statement == lanes[lane].statement {
                lanes[lane].lastSent = nil
            }
            conversation.isBusy = false
            conversations[key] = conversation
            suspects.ended(key, outcome)
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

    /// Forgets the turns of conversations that no write waits for any more.
    private mutating func leaveQueues(_ keys: Set<ConversationKey>) {
        guard !keys.isEmpty else { return }
        singles.removeAll(where: keys.contains)
        suspects.leaveQueues(keys)
        for lane in lanes.indices { lanes[lane].keys.removeAll(where: keys.contains) }
        for key in keys { enqueue(key) }
    }

    /// How many conversations are remembered: those with writes that wait or are under way, and suspects.
    var conversationCount: Int { conversations.count + suspects.idleCount }

    func forEach(_ body: (Ticket) -> Void) {
        for conversation in conversations.values { conversation.waiting.forEach(body) }
    }

    private func isFree(_ lane: Lane, now: ContinuousClock.Instant) -> Bool {
        lane.lastSent.map { now - $0 >= stallTime } ?? true
    }

    /// Gives a conversation a turn, by its oldest write.
    private mutating func enqueue(_ key: ConversationKey) {
        guard let conversation = conversations[key], !conversation.isBusy, !conversation.isQueued else { return }
        guard let first = conversation.waiting.next else {
            conversations[key] = nil
            if suspects.contains(key) { suspects.becameIdle(key) }
            return
        }
        if suspects.contains(key) {
            suspects.enqueue(key)
        } else if first.isMergeable, !lanes.isEmpty {
            lanes[key.lane(of: lanes.count)].keys.append(key)
        } else {
            singles.append(key)
        }
        conversations[key]?.isQueued = true
    }

    private mutating func take(
        _ key: ConversationKey, _ kind: Kind, into taken: inout WriteBatch<Ticket>, _ begin: (inout Ticket) -> Bool
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

    private func fits(_ key: ConversationKey, with taken: WriteBatch<Ticket>) -> Bool {
        guard !taken.tickets.isEmpty, let next = conversations[key]?.waiting.next else { return true }
        return taken.hasRoom(for: next)
    }
}
