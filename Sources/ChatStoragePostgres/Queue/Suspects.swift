import ChatStorageSupport

/// The conversations whose row could not be locked in time, and which of them is written to next.
///
/// A suspect's writes go one at a time, until one succeeds. The first one waits briefly for the lock, since the suspect
/// may only have shared a statement with a locked conversation. If it is refused although it went alone, the next ones
/// wait long.
struct Suspects {
    /// What became of a write to a conversation.
    enum Outcome {
        case done
        /// Its row could not be locked in time.
        case locked
        /// It is not known that the row could be locked.
        case failed
    }

    private enum Wait {
        case brief, atLength
    }

    private struct Suspect {
        /// Whether a write that went alone could not lock the row either.
        var isLocked = false
        /// How long the write under way waits; nil if none is.
        var wait: Wait?
        /// The counter's value when its last write ended; nil while a write waits or is under way.
        var idleSince: Int?
    }

    /// How many are remembered; beyond that, the one that has been idle longest is forgotten.
    static let limit = 1_024

    private let limitAtLength: Int
    private var suspects: [ConversationKey: Suspect] = [:]
    /// The suspects for which writes wait, in the order of their turns.
    private var (unproved, locked) = (FIFO<ConversationKey>(), FIFO<ConversationKey>())
    /// How many writes are under way, and how many of them wait at length.
    private var (underWay, atLength) = (0, 0)
    /// In the order in which they became idle; only the last entry of each counts.
    private(set) var idle = FIFO<(key: ConversationKey, since: Int)>()
    private var lastIdle = 0

    /// Makes an empty collection.
    ///
    /// - Parameter limitAtLength: How many writes may wait long at a time. One more may wait briefly, so that no
    ///   suspect has to wait for the long ones.
    init(limitAtLength: Int) {
        self.limitAtLength = limitAtLength
    }

    /// How many suspects nothing is written to.
    var idleCount: Int { suspects.values.count { $0.idleSince != nil } }

    /// Whether a conversation is a suspect; costs nothing as long as there are none.
    func contains(_ key: ConversationKey) -> Bool { find(key) != nil }

    /// Whether the write under way to a conversation may wait long for the lock.
    func waitsAtLength(_ key: ConversationKey) -> Bool { find(key)?.wait == .atLength }

    /// The suspect whose turn it is: first those whose lock may be free, since they wait only briefly.
    var next: ConversationKey? {
        guard underWay <= limitAtLength else { return nil }
        if underWay - atLength < limitAtLength, let key = unproved.next { return key }
        return atLength < limitAtLength ? locked.next : nil
    }

    /// Takes the suspect whose turn it is: call ``began(_:)`` if something is written to it.
    mutating func popNext() -> ConversationKey? {
        guard let key = next else { return nil }
        return suspects[key]?.isLocked == true ? locked.popFirst() : unproved.popFirst()
    }

    /// Notes that a write to a suspect is under way.
    mutating func began(_ key: ConversationKey) {
        guard let suspect = suspects[key] else { return }
        underWay += 1
        if suspect.isLocked { atLength += 1 }
        suspects[key]?.wait = suspect.isLocked ? .atLength : .brief
    }

    /// Notes what became of a write to a conversation, a suspect or not.
    mutating func ended(_ key: ConversationKey, _ outcome: Outcome) {
        guard var suspect = find(key) else {
            if outcome == .locked, makeRoomForSuspect() { suspects[key] = Suspect() }
            return
        }
        if let wait = suspect.wait {
            underWay -= 1
            if wait == .atLength { atLength -= 1 }
            suspect.wait = nil
        }
        switch outcome {
        case .done: suspects[key] = nil
        case .locked:
            suspect.isLocked = true
            suspects[key] = suspect
        case .failed: suspects[key] = suspect
        }
    }

    /// Gives a suspect a turn: a write waits for it, and none is under way.
    mutating func enqueue(_ key: ConversationKey) {
        guard let suspect = suspects[key] else { return }
        suspects[key]?.idleSince = nil
        if suspect.isLocked { locked.append(key) } else { unproved.append(key) }
    }

    /// Notes that no write to a suspect waits or is under way.
    mutating func becameIdle(_ key: ConversationKey) {
        lastIdle += 1
        suspects[key]?.idleSince = lastIdle
        idle.append((key, lastIdle))
        if idle.count > 2 * Self.limit {
            idle.removeAll { suspects[$0.key]?.idleSince != $0.since }
        }
    }

    /// Forgets the turns of conversations.
    mutating func leaveQueues(_ keys: Set<ConversationKey>) {
        unproved.removeAll(where: keys.contains)
        locked.removeAll(where: keys.contains)
    }

    private func find(_ key: ConversationKey) -> Suspect? { suspects.isEmpty ? nil : suspects[key] }

    /// Makes room for another suspect, if necessary by forgetting an idle one.
    private mutating func makeRoomForSuspect() -> Bool {
        guard suspects.count >= Self.limit else { return true }
        while let oldest = idle.popFirst() {
            guard suspects[oldest.key]?.idleSince == oldest.since else { continue }
            suspects[oldest.key] = nil
            return true
        }
        return false
    }
}
