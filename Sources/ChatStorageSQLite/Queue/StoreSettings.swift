import ChatStorageCore

/// The settings of a store's connections and queues.
struct StoreSettings: Sendable {
    let file: FileSettings
    /// How many connections read at once.
    let readers: Int
    /// How many calls may wait at once for the writer, and as many for a reader.
    let waitingCalls: Int
    /// The schema that the tables must have.
    let schema: Schema
    /// Gets reports of the store's work.
    var observer: (any StorageObserver)?

    /// How long a call waits for a lock that another connection to the file has.
    var busyTimeout: Duration { file.busyTimeout }
}

extension Database {
    /// Opens an existing file of a store, for calls that need its tables.
    convenience init(_ settings: StoreSettings, for access: Access, of file: OpenedFile? = nil) throws {
        try self.init(settings.file, for: access, of: file) { try settings.schema.inspect($0).checkIsCurrent() }
    }
}
