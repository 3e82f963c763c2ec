/// A configuration's settings for connections and their sessions.
protocol ConnectionSettings: Sendable {
    /// The database, as a URI or a connection string, which libpq reads.
    var url: String { get }
    /// libpq's `sslmode`; nil leaves it to the URL, a service file or the environment.
    var sslMode: String? { get }
    /// How long connecting to one address may take.
    var connectTimeout: Duration { get }
    /// How long a call may take altogether.
    var callTimeout: Duration { get }
    /// How long a call waits for a lock; zero means until the call ends.
    var lockTimeout: Duration { get }
    /// The tables that an error may name.
    var tables: [String] { get }
}

extension ConnectionSettings {
    var connectTimeoutSeconds: Int64 { min(connectTimeout.components.seconds, 86_400) }
}
