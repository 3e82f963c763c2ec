/// A call that has ended, and where its time went.
///
/// It has no text, title, label or metadata. ``tenant`` and ``conversationID`` can name people: show them only if you
/// mean to.
public struct ObservedCall: Sendable {
    /// How a call ended.
    public enum Outcome: Sendable {
        /// It returned.
        case succeeded
        /// It threw an error.
        case failed(ChatStorageError)
        /// Its task was cancelled.
        case cancelled
    }

    /// What it did.
    public let operation: StorageOperation
    /// The tenant; nil for the default tenant, and for a call on the whole store.
    public let tenant: String?
    /// The conversation; nil for a call on none or on several.
    public let conversationID: ConversationID?
    /// How it ended.
    public let outcome: Outcome
    /// From its beginning to its end.
    public let duration: Duration
    /// How long it waited in the backend: for its turn, for a connection, for another try, and to be woken.
    public var queued: Duration { max(.zero, duration - lockWait - engine) }
    /// How long it waited for a lock that another process or another session held.
    ///
    /// PostgreSQL does not say how long a statement waits for a lock. A write whose conversation is known to be locked
    /// is sent alone; all the time of such a try counts as waiting.
    public let lockWait: Duration
    /// How long the engine worked, the network and the disk included.
    ///
    /// Calls that share a transaction or a statement each report the whole of its time.
    public let engine: Duration
    /// How many calls shared its transaction or its statement, itself included; 0 if it reached no engine.
    public let batchSize: Int
    /// How often the backend tried again by itself.
    public let repeats: Int

    /// Makes one; for backends, and for tests of observers.
    public init(
        _ operation: StorageOperation, tenant: String? = nil, conversationID: ConversationID? = nil,
        outcome: Outcome = .succeeded, duration: Duration, lockWait: Duration = .zero, engine: Duration = .zero,
        batchSize: Int = 1, repeats: Int = 0
    ) {
        self.operation = operation
        self.tenant = tenant
        self.conversationID = conversationID
        self.outcome = outcome
        self.duration = duration
        self.lockWait = lockWait
        self.engine = engine
        self.batchSize = batchSize
        self.repeats = repeats
    }

    /// The error, if it failed.
    public var error: ChatStorageError? {
        if case .failed(let error) = outcome { error } else { nil }
    }
}
