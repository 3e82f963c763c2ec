import Synchronization

/// Conversations that have labels, as far as appends have found.
///
/// An append to one of them begins with the statement that lists its labels, not with one that leaves it out. This
/// only saves time: a conversation can get or lose its labels at any moment.
final class LabelledConversations: Sendable {
    /// At most this many are remembered.
    static let limit = 4_096

    private let keys = Mutex<Set<ConversationKey>>([])
    /// Most stores have none, and then nothing is locked.
    private let isEmpty = Atomic(true)

    func contains(_ key: ConversationKey) -> Bool {
        !isEmpty.load(ordering: .relaxed) && keys.withLock { $0.contains(key) }
    }

    /// Takes note of what an append found.
    func note(_ key: ConversationKey, hasLabels: Bool) {
        if !hasLabels, isEmpty.load(ordering: .relaxed) { return }
        keys.withLock { keys in
            if hasLabels {
                if keys.count >= Self.limit { keys.removeAll() }
                keys.insert(key)
            } else {
                keys.remove(key)
            }
            isEmpty.store(keys.isEmpty, ordering: .relaxed)
        }
    }
}
