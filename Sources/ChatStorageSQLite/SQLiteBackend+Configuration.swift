public import ChatStorageCore
import ChatStorageSupport

extension SQLiteBackend {
    /// How a store is opened.
    public struct Configuration: Sendable {
        /// How the database keeps a transaction until it is in the file (<https://www.sqlite.org/wal.html>).
        public enum JournalMode: String, Sendable {
            /// A write-ahead log beside the file: readers and a writer do not wait for each other.
            case wal
            /// A rollback journal, for systems without shared memory: readers and writers take turns.
            case delete
        }

        /// What a write survives once its call has returned.
        public enum Durability: Sendable {
            /// The end of the process and a loss of power (`synchronous=EXTRA`).
            case powerLoss
            /// The end of the process (`synchronous=NORMAL`).
            ///
            /// With a write-ahead log a loss of power can take back the last writes, whole; with a rollback journal it
            /// can, rarely, damage the file (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
            case processEnd
        }

        /// What a store's file is used for.
        public enum Access: Sendable {
            /// Reading and writing; only reading if the file's permissions or its medium refuse writes.
            ///
            /// To read a file with a write-ahead log, the process must be able to make files in its folder, or a writer
            /// must keep its files there; otherwise calls are `accessDenied`.
            case readWrite
            /// Reading a file that no program writes while the store is open: no lock is taken and no file made.
            ///
            /// Only the database file itself is read (`immutable=1`, <https://www.sqlite.org/uri.html>). Writes are
            /// `accessDenied`. So are all calls if a writer left changes beside the file, in a write-ahead log or a
            /// rollback journal. If there is no file, calls are `invalidArgument`. If another program changes the file
            /// meanwhile, reads can be wrong or `damaged`.
            case immutable
        }

        /// The database file, absolute or relative to the working directory that the process has when the backend is
        /// made.
        ///
        /// It leads to a regular file, also through symbolic links, or to a place in a folder where
        /// ``SQLiteBackend/prepare(_:)`` makes one. It is not a URI of SQLite: `file:` at its beginning and `?mode=ro`
        /// or the like at its end are refused. So are in-memory databases (`:memory:`, the empty path), since each
        /// connection would have its own: use `InMemoryBackend`.
        public var path: String
        /// What the file is used for; by default `readWrite`.
        public var access = Access.readWrite
        /// How a new database file keeps a transaction; by default `wal`.
        ///
        /// An existing file that has tables, the library's or others, keeps its mode.
        public var journalMode = JournalMode.wal
        /// The roles that messages can have; by default those of plain chats.
        ///
        /// ``SQLiteBackend/prepare(_:)`` makes the store take them in addition to those that it takes already. Until
        /// then, calls on a store that was opened with further roles fail with `notPrepared`. Reads return stored
        /// messages of any role.
        public var roles = RoleSet.standard
        /// What a write survives once its call has returned; by default a loss of power.
        public var durability = Durability.powerLoss
        /// Whether deleted text is overwritten in the file; by default it stays there until SQLite uses the space
        /// again.
        ///
        /// If so, SQLite overwrites text with zeros as soon as it is deleted (`secure_delete`,
        /// <https://www.sqlite.org/pragma.html#pragma_secure_delete>). Two places keep copies for longer:
        ///
        /// - The write-ahead log. ``SQLiteBackend/eraseTenant(_:isDryRun:)`` and
        ///   ``SQLiteBackend/deleteConversations(ofTenant:updatedBefore:without:isDryRun:)`` empty it. If another
        ///   process reads for longer than ``busyTimeout`` they throw `unavailable`: everything is deleted, and you
        ///   must call them again to empty the log.
        /// - Unused parts of pages, after SQLite has moved rows to other pages.
        ///   ``SQLiteBackend/eraseTenant(_:isDryRun:)`` rewrites the whole file (`VACUUM`), unless it deleted nothing.
        ///   All writers wait meanwhile, and other processes' writes are `unavailable` if it takes longer than they
        ///   wait; the disk needs room for two copies; tables of the app's own without an integer primary key get other
        ///   rowids. After single deletions and after
        ///   ``SQLiteBackend/deleteConversations(ofTenant:updatedBefore:without:isDryRun:)`` an app can run `VACUUM`
        ///   itself, at a quiet time.
        ///
        /// Set it in every process that writes the file. It does not reach backups, or old blocks that a disk or a file
        /// system keeps.
        public var erasesDeletedText = false
        /// How long a call waits for a lock that another connection to the file has, zero or more; by default 5
        /// seconds.
        ///
        /// After that the call is `unavailable`. The wait for earlier calls of this store comes on top. With a
        /// write-ahead log only writes wait for locks, with a rollback journal reads too.
        ///
        /// Locks keep no queue, so a connection that waits asks a thousand times a second. After a transaction that
        /// held the lock for 20 milliseconds or more, a store leaves the file to others for a twentieth of that time,
        /// at most 50 milliseconds.
        public var busyTimeout = Duration.seconds(5)
        /// How many connections read at once, 1 or more; by default 4.
        ///
        /// Each has a thread for long reads, and for all reads if the disk is slow. While the disk is fast, short reads
        /// run on the threads of Swift's tasks. A cancelled read ends within a few rows.
        public var readers = 4
        /// How many calls may wait at once for the writer, and as many for a reader; by default 16,384.
        ///
        /// Further calls are `unavailable` at once.
        public var waitingCalls = 16_384
        /// Gets reports of calls, connections, commits and checkpoints; by default there is none.
        public var observer: (any StorageObserver)?

        /// Makes a configuration; everything else has its default.
        public init(path: String, roles: RoleSet = .standard) {
            self.path = path
            self.roles = roles
        }

        func check() throws {
            func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws {
                guard condition else { throw ChatStorageError(.invalidArgument, problem()) }
            }
            try checkPath()
            try require(readers >= 1, "readers is \(readers); it must be 1 or more")
            try require(waitingCalls >= 1, "waitingCalls is \(waitingCalls); it must be 1 or more")
            try require(busyTimeout >= .zero, "busyTimeout is negative")
        }

        /// The same for the store's connections and queues; the path is absolute.
        func settings(schema: Schema) -> StoreSettings {
            let file = FileSettings(
                path: path, fileName: fileName, isImmutable: access == .immutable,
                usesWriteAheadLog: journalMode == .wal, survivesPowerLoss: durability == .powerLoss,
                erasesDeletedText: erasesDeletedText, busyTimeout: busyTimeout)
            var schema = schema
            schema.roles = roles
            return StoreSettings(
                file: file, readers: readers, waitingCalls: waitingCalls, schema: schema, observer: observer)
        }
    }
}
