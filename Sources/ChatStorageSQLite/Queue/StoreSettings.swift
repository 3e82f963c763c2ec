import ChatStorageCore

/// The settings of a store's connections and queues.
struct StoreSettings: Sendable {
    let file: FileSettings
    /// How many connections read at once.
    var readers: Int
    /// How many calls may wait at once for the writer, and as many for a reader.
    var waitingCalls: Int
    /// The schema that the tables must have.
    let schema: Schema
    /// Gets reports of the store's work.
    var observer: (any StorageObserver)?

    /// Whether the store is a snapshot: its one connection reads one state, and nothing is written.
    var holdsSnapshot = false

    /// The same settings for a snapshot.
    var ofSnapshot: StoreSettings {
        var settings = self
        settings.readers = 1
        settings.waitingCalls = max(waitingCalls, Self.leastWaitingInSnapshot)
        settings.holdsSnapshot = true
        return settings
    }

    /// Exports and copies read ahead, so several of their calls wait for the one connection.
    private static let leastWaitingInSnapshot = 64

    /// How long a call waits for a lock that another connection to the file has.
    var busyTimeout: Duration { file.busyTimeout }
}

extension Database {
    /// Opens an existing file of a store, for calls that need its tables.
    convenience init(_ settings: StoreSettings, for access: Access, of file: OpenedFile? = nil) throws {
        try self.init(settings.file, for: access, of: file) { try settings.schema.inspect($0).checkIsCurrent() }
    }
}
