import ChatStorageCore

/// A configuration's settings for calls, and for the connections that carry them.
protocol QueueSettings: ConnectionSettings {
    /// How many connections are open at most.
    var connections: Int { get }
    /// Whether a pooler is known to be in front of the server.
    var isBehindPooler: Bool { get }
    /// Whether the only connection stays in a transaction that shows a snapshot.
    var holdsSnapshot: Bool { get }
    /// How long the server may work on a statement; zero means no limit of its own.
    var statementTimeout: Duration { get }
    /// Whether writes of several callers can go in one statement.
    var mergesWrites: Bool { get }
    /// How many calls may be under way on a connection.
    var callsPerConnection: Int { get }
    /// How many bytes the calls under way on a connection may send.
    var bytesPerConnection: Int { get }
    /// How many calls may wait for a connection.
    var waitingCalls: Int { get }
    /// Gets reports of connections and commits.
    var observer: (any StorageObserver)? { get }
}

extension QueueSettings {
    /// The server's timeouts.
    var serverTimeouts: ServerTimeouts {
        ServerTimeouts(callTimeout: callTimeout, lockTimeout: lockTimeout, statementTimeout: statementTimeout)
    }
}
