import ChatStorageCore
import ChatStorageSupport

extension SQLiteBackend {
    /// How a store is opened.
    public struct Configuration: Sendable {
        /// How the database keeps a transaction until it is in the file (<https://www.sqlite.org/wal.html>).
        public enum JournalMode: String, Sendable {
            /// A write-ahead log beside the file: readers and a writer do not wait for each other.
            case wal
            /// A rollback journal: one file where the system has no shared memory; readers and writers take turns.
            case delete
        }

        /// What a write survives once its call has returned.
        public enum Durability: Sendable {
            /// The end of the process and a loss of power (`synchronous=FULL`, with a rollback journal `EXTRA`).
            case powerLoss
            /// The end of the process (`synchronous=NORMAL`).
            ///
            /// With a write-ahead log a loss of power can take back the last writes, whole; with a rollback journal it
            /// can, rarely, damage the file (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
            case processEnd
        }

        /// The database file, absolute or relative to the process's working directory.
        ///
        /// In-memory databases (`:memory:`, the empty path) are refused: each connection would have its own. Use
        /// `InMemoryBackend`.
        public var path: String
        /// How a new database file keeps a transaction; by default `wal`.
        ///
        /// A file that exists and has tables, the library's or others, keeps the mode that it has.
        public var journalMode = JournalMode.wal
        /// What a write survives once its call has returned; by default a loss of power.
        public var durability = Durability.powerLoss
        /// How long a call waits for another process that holds the file's lock; by default 5 seconds.
        ///
        /// After it the call is `unavailable`. The wait for earlier calls of this store comes on top.
        public var busyTimeout = Duration.seconds(5)
        /// How many connections read at once, 1 or more; by default 4.
        public var readers = 4
        /// How many calls may wait at once for the writer, and as many for a reader; by default 16,384.
        ///
        /// A call beyond them is `unavailable` at once.
        public var waitingCalls = 16_384

        /// Makes a configuration with the defaults.
        public init(path: String) {
            self.path = path
        }

        func check() throws {
            func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws {
                guard condition else { throw ChatStorageError(.invalidArgument, problem()) }
            }
            try require(!path.isEmpty && path != ":memory:", "the path names no file; InMemoryBackend keeps none")
            try require(!path.hasNUL, "the path has U+0000 in it")
            try require(readers >= 1, "readers is \(readers); it must be 1 or more")
            try require(waitingCalls >= 1, "waitingCalls is \(waitingCalls); it must be 1 or more")
            try require(busyTimeout >= .zero, "busyTimeout is negative")
        }

        /// The path as SQLite is given it: one that begins like a URI must not be read as one.
        var fileName: String { path.hasPrefix("file:") ? "./" + path : path }
    }
}
