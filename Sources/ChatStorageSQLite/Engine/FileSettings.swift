/// How the connections to a database file are opened, and what their writes wait for.
struct FileSettings: Sendable {
    /// The absolute path, for the system.
    var path: String
    /// The name for SQLite: the path, or a URI for an immutable file.
    var fileName: String
    /// Whether no program writes the file while it is open: then no lock is taken, and no file is made beside it.
    var isImmutable: Bool
    /// Whether a new file gets a write-ahead log, and not a rollback journal.
    var usesWriteAheadLog: Bool
    /// Whether a commit waits until it would survive a loss of power.
    var survivesPowerLoss: Bool
    /// Whether deleted text is overwritten.
    var erasesDeletedText: Bool
    /// How long a statement waits for another connection's lock.
    var busyTimeout: Duration
}
