extension MetricsObserver {
    /// The names of metrics and their dimensions; a metric whose name is nil is not made.
    ///
    /// The defaults follow OpenTelemetry's conventions for databases where these have a name
    /// (<https://opentelemetry.io/docs/specs/semconv/database/database-metrics/>).
    ///
    /// ```swift
    /// var names = MetricsObserver.Names()
    /// names.operationDuration = "chats_call_seconds"
    /// names.batchSize = nil
    /// ```
    public struct Names: Sendable, Hashable {
        /// A timer of calls by system, operation and, if they failed, error; by default `db.client.operation.duration`.
        public var operationDuration: String? = "db.client.operation.duration"
        /// A timer of how long calls waited in the library; by default `chatstorage.operation.queue_time`.
        public var queueTime: String? = "chatstorage.operation.queue_time"
        /// A timer of how long calls waited for somebody else's lock, only for calls that did; by default
        /// `chatstorage.operation.lock_wait`.
        public var lockWait: String? = "chatstorage.operation.lock_wait"
        /// A distribution of how many calls shared a transaction or a statement; by default
        /// `chatstorage.operation.batch_size`.
        public var batchSize: String? = "chatstorage.operation.batch_size"
        /// A count of how often the library tried again by itself, by operation; by default
        /// `chatstorage.operation.repeats`.
        public var repeats: String? = "chatstorage.operation.repeats"
        /// A timer of transactions, from their beginning (in SQLite, from the lock that they need) to the end of their
        /// COMMIT; by default `chatstorage.commit.duration`.
        public var commitDuration: String? = "chatstorage.commit.duration"
        /// A timer of moves of SQLite's write-ahead log into the file, by whether the whole log was moved; by default
        /// `chatstorage.checkpoint.duration`.
        public var checkpointDuration: String? = "chatstorage.checkpoint.duration"
        /// A count of connections that were opened, by purpose; by default `chatstorage.connection.opened`.
        public var connectionsOpened: String? = "chatstorage.connection.opened"
        /// A count of connections that were lost, by purpose and error; by default `chatstorage.connection.lost`.
        public var connectionsLost: String? = "chatstorage.connection.lost"
        /// A count of attempts to connect that failed, by error; by default `chatstorage.connection.failed`.
        public var connectionsFailed: String? = "chatstorage.connection.failed"
        /// A meter of open connections by state, `used` or `idle`, which ``MetricsObserver/record(_:)`` sets; by
        /// default `db.client.connection.count`.
        public var connectionCount: String? = "db.client.connection.count"
        /// A meter of how many connections can be open, which ``MetricsObserver/record(_:)`` sets; by default
        /// `db.client.connection.max`.
        public var connectionLimit: String? = "db.client.connection.max"
        /// A meter of calls that wait for their turn, which ``MetricsObserver/record(_:)`` sets; by default
        /// `db.client.connection.pending_requests`.
        public var pendingRequests: String? = "db.client.connection.pending_requests"
        /// A meter of the bytes of SQLite's write-ahead log, which ``MetricsObserver/record(_:)`` sets; by default
        /// `chatstorage.log.size`.
        public var logSize: String? = "chatstorage.log.size"

        /// The dimension with the kind of database, which all metrics have; by default `db.system.name`.
        public var system = "db.system.name"
        /// The dimension with what a call does, such as `append messages`; by default `db.operation.name`.
        public var operation = "db.operation.name"
        /// The dimension with an error's code in snake case, or `cancelled`; by default `error.type`.
        public var errorType = "error.type"
        /// The dimension with the store's name; by default `db.client.connection.pool.name`.
        public var pool = "db.client.connection.pool.name"
        /// The dimension with a connection's state; by default `db.client.connection.state`.
        public var connectionState = "db.client.connection.state"
        /// The dimension with a connection's purpose, such as `reading`; by default `chatstorage.connection.purpose`.
        public var connectionPurpose = "chatstorage.connection.purpose"
        /// The dimension that says whether a checkpoint moved the whole log; by default
        /// `chatstorage.checkpoint.is_complete`.
        public var isComplete = "chatstorage.checkpoint.is_complete"

        /// Makes the names above.
        public init() {}
    }
}
