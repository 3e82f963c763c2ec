/// A connection that was opened or closed.
public struct ObservedConnection: Sendable {
    /// What a connection is for.
    public enum Purpose: String, Sendable, Hashable {
        /// It reads.
        case reading
        /// It writes.
        case writing
        /// It does both, as a session of a server does.
        case readingAndWriting = "reading and writing"
    }

    /// What it is for.
    public let purpose: Purpose
    /// How many are open now, including this one if it is open.
    public let open: Int
    /// Why it was lost; nil if the store closed it.
    public let error: ChatStorageError?

    /// Makes one; for backends, and for tests of observers.
    public init(_ purpose: Purpose, open: Int, error: ChatStorageError? = nil) {
        self.purpose = purpose
        self.open = open
        self.error = error
    }
}

/// A transaction that was committed.
public struct ObservedCommit: Sendable {
    /// How many callers' writes it held.
    public let calls: Int
    /// From its beginning to the end of its COMMIT; in SQLite it begins once it has its lock.
    public let duration: Duration

    /// Makes one; for backends, and for tests of observers.
    public init(calls: Int, duration: Duration) {
        self.calls = calls
        self.duration = duration
    }
}

/// An attempt to move SQLite's write-ahead log into the file.
public struct ObservedCheckpoint: Sendable {
    /// How many pages the log had.
    public let pages: Int
    /// Whether the whole log is in the file now; readers and other processes can prevent that.
    public let isComplete: Bool
    /// How long it took; writers waited meanwhile.
    public let duration: Duration

    /// Makes one; for backends, and for tests of observers.
    public init(pages: Int, isComplete: Bool, duration: Duration) {
        self.pages = pages
        self.isComplete = isComplete
        self.duration = duration
    }
}
