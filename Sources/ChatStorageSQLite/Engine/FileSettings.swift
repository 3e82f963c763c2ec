/// How the connections to a database file are opened, and what their writes wait for.
struct FileSettings: Sendable {
    /// Absolute, for the system.
    var path: String
    /// The same for SQLite, which gets a URI for a file that nobody writes.
    var fileName: String
    /// Whether the file lies on a medium that nobody writes: no lock is taken and nothing is made beside it.
    var isImmutable: Bool
    /// Whether a new file gets a write-ahead log, and not a rollback journal.
    var usesWriteAheadLog: Bool
    /// Whether a commit waits until it would survive a loss of power.
    var survivesPowerLoss: Bool
    /// How long a statement waits for another connection's lock.
    var busyTimeout: Duration
}
