import Synchronization

/// Conversations that have something that most have not, such as labels or branches, as far as calls have found.
///
/// A call about one of them begins with the statement that is right for it, not with one that finds out that it is not.
/// This only saves time: both are right for every conversation, which can get or lose its labels at any moment.
final class KnownConversations: Sendable {
    /// At most this many are remembered.
    static let limit = 4_096

    private let keys = Mutex<Set<ConversationKey>>([])
    /// Most stores have none, and then nothing is locked.
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
