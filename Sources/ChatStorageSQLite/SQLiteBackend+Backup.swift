import ChatStorageCore

extension SQLiteBackend {
    /// The progress of a backup.
    public struct BackupProgress: Sendable, Hashable {
        /// How many pages of the file are copied so far.
        public let copiedPages: Int
        /// How many pages the copy will have.
        public let pages: Int
    }

    /// Copies the store to a file of its own, while this and other processes read and write it.
    ///
    /// The copy is the store as it is at one moment after the call begins: it has every write that was acknowledged
    /// before, and no write in part. It is one file, which only its owner can read and write, with the journal mode of
    /// the original. This call copies a store of any schema version, for example before a migration.
    ///
    /// The copy is written beside its place under a name that begins with a dot and ends with `.partial`, and gets its
    /// own name when it is whole and on the disk. If the call fails or is cancelled nothing is left; if the process
    /// dies, a `.partial` file can be left, which can be removed.
    ///
    /// With a write-ahead log nobody waits for the copy, but the log cannot start over until the copy is made, so it
    /// grows by what is written meanwhile. With a rollback journal no write can be committed meanwhile: writers wait,
    /// and fail as `unavailable` if the copy takes longer than their ``Configuration/busyTimeout``.
    ///
    /// - Parameters:
    ///   - path: Where the copy is made, absolute or relative to the process's current working directory.
    ///   - replaces: Whether it replaces an existing file; no program may have that file open.
    ///   - progress: Called now and then, on another thread; the copy waits for it.
    /// - Returns: How many pages were copied.
    /// - Throws: `ChatStorageError` with the code `invalidArgument` if the path is taken, leads into no folder or
    ///   cannot be that of a database file; `accessDenied` if the folder cannot be written; `unavailable` if the disk
    ///   is full or the store is locked; `notPrepared` if there is no file to copy; `damaged`, `closed`;
    ///   `CancellationError` when the task is cancelled, after at most a further mebibyte.
    @discardableResult
    public func backup(
        to path: String, replacing replaces: Bool = false,
        progress: (@Sendable (BackupProgress) -> Void)? = nil
    ) async throws -> BackupProgress {
        let target = Configuration(path: path)
        try target.checkPath()
        let absolutePath = try target.withAbsolutePath().path
        return try await store.readingWholeFile { database, checkCancellation in
            let file = try BackupTarget(path: absolutePath, replaces: replaces, besides: database.identity)
            var last = BackupProgress(copiedPages: 0, pages: 0)
            do {
                try database.read { database in
                    try database.snapshot {
                        // A transaction begins with its first read.
                        _ = try database.isEmpty()
                        try OnlineBackup.copy(database, to: file.temporaryPath) { copied, pages in
                            try checkCancellation()
                            last = BackupProgress(copiedPages: copied, pages: pages)
                            progress?(last)
                        }
                    }
                }
                try file.publish()
            } catch {
                file.discard()
                if let failure = error as? SQLiteFailure, failure.isFull {
                    throw ChatStorageError(.unavailable, BackupTarget.full, cause: failure.error.cause)
                }
                throw error
            }
            return last
        }
    }
}
