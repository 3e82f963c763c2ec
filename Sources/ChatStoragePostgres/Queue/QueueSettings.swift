import ChatStorageCore

/// What a configuration says of calls, and of the connections that carry them.
protocol QueueSettings: ConnectionSettings {
    /// How many connections are open at most.
    var connections: Int { get }
    /// Whether a pooler is known to stand before the server.
    var isBehindPooler: Bool { get }
    /// Whether the only connection stays in a transaction that shows one moment.
    var holdsSnapshot: Bool { get }
    /// How long the server works on a statement; zero means no limit of its own.
    var statementTimeout: Duration { get }
    /// Whether writes of several callers can go in one statement.
    var mergesWrites: Bool { get }
    /// How many calls are under way on a connection at most.
    var callsPerConnection: Int { get }
    /// How many bytes the calls under way on a connection send at most.
    var bytesPerConnection: Int { get }
    /// How many calls may wait for a connection.
    var waitingCalls: Int { get }
    /// What is told of connections and commits.
    var observer: (any StorageObserver)? { get }
}

extension QueueSettings {
    /// The server's timeouts.
    var serverTimeouts: ServerTimeouts {
        ServerTimeouts(callTimeout: callTimeout, lockTimeout: lockTimeout, statementTimeout: statementTimeout)
    }
}
