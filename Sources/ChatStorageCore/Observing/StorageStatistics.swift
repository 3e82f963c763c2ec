/// What a store is doing at a moment: for a dashboard, and for a server that refuses work before it is too late.
public struct StorageStatistics: Sendable, Hashable, Codable {
    /// How many calls wait for their turn or for a connection.
    public var waitingCalls: Int
    /// How many connections are open.
    public var openConnections: Int
    /// How many of them have work.
    public var busyConnections: Int
    /// How many can be open at most; 0 for a backend without connections.
    public var connectionLimit: Int
    /// How long SQLite's write-ahead log is in bytes; nil for a backend without one.
    public var logBytes: Int64?
    /// The version of the schema that the store works with; nil before it is ready, and for a backend that has none.
    public var schemaVersion: Int?

    /// Makes them, for backends; by default there is nothing.
    public init(
        waitingCalls: Int = 0, openConnections: Int = 0, busyConnections: Int = 0, connectionLimit: Int = 0,
        logBytes: Int64? = nil, schemaVersion: Int? = nil
    ) {
        self.waitingCalls = waitingCalls
        self.openConnections = openConnections
        self.busyConnections = busyConnections
        self.connectionLimit = connectionLimit
        self.logBytes = logBytes
        self.schemaVersion = schemaVersion
    }
}
