import Synchronization

/// Conversations in which calls have found what most do not have: labels, or branches.
///
/// A call about one of them begins with the statement for such conversations, and skips the one that leaves them out.
/// This only saves time: a conversation can get or lose labels and branches at any moment.
final class KnownConversations: Sendable {
    /// At most this many are remembered.
    static let limit = 4_096

    private let keys = Mutex<Set<ConversationKey>>([])
    /// Most stores have none, and then need no lock.
    private let isEmpty = Atomic(true)

    func contains(_ key: ConversationKey) -> Bool {
        !isEmpty.load(ordering: .relaxed) && keys.withLock { $0.contains(key) }
    }

    /// Takes note of what a call found.
    func note(_ key: ConversationKey, isIn: Bool) {
        if !isIn, isEmpty.load(ordering: .relaxed) { return }
        keys.withLock { keys in
            if isIn {
                if keys.count >= Self.limit { keys.removeAll() }
                keys.insert(key)
            } else {
                keys.remove(key)
            }
            isEmpty.store(keys.isEmpty, ordering: .relaxed)
        }
    }
}
