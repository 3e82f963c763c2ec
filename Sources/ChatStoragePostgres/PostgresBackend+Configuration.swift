public import ChatStorageCore
import ChatStorageSupport

extension PostgresBackend {
    /// How a store is opened.
    public struct Configuration: Sendable {
        /// How a connection is encrypted and the server checked: libpq's `sslmode`
        /// (<https://www.postgresql.org/docs/current/libpq-ssl.html>).
        public enum TLSMode: String, Sendable {
            /// Never encrypted.
            case disable
            /// Encrypted only if the server insists.
            case allow
            /// Encrypted if the server can; the server is not checked.
            case prefer
            /// Always encrypted; the server is not checked.
            case require
            /// Always encrypted, with a server whose certificate is signed by a known authority.
            case verifyCA = "verify-ca"
            /// Always encrypted, with a server whose certificate is signed by a known authority for its host name.
            case verifyFull = "verify-full"
        }

        /// The database, as a URI (`postgres://user@host/database`) or a connection string, which libpq reads.
        ///
        /// Several hosts, `target_session_attrs`, TLS settings, services and password files work as in other programs
        /// that use libpq.
        public var url: String
        /// The PostgreSQL schema in which the tables live, 1 to 63 bytes that do not begin with `pg_`.
        ///
        /// ``PostgresBackend/prepare(_:)`` creates one that does not exist. By default (nil) it is the schema in the
        /// connection's `search_path` that has the tables already, otherwise the one in which tables are created.
        ///
        /// In a URL `?options=-csearch_path%3Dchat` stands for the schema `chat`, but not through a pooler: PgBouncer
        /// refuses `options`. The command-line tool has `--schema`.
        public var schema: String?
        /// The roles that messages can have; by default those of plain chats.
        ///
        /// ``PostgresBackend/prepare(_:)`` makes the store take them, and never takes one away: the table's constraint
        /// is widened. A handle takes the roles of its own configuration, and reads whatever is stored.
        public var roles = RoleSet.standard
        /// How many connections are open at most, 1 or more; by default 8.
        ///
        /// The store opens another one when a call would wait. Each serves many calls at once, unless
        /// ``isBehindPooler``. One that has carried more than 4 MiB in one statement or row is closed afterwards, since
        /// libpq keeps its buffers at that size.
        ///
        /// A connection reads one long page at a time: one with a limit above 200, or a shorter one of a conversation
        /// whose messages proved large. At most all but two of the connections do so (one if there are fewer than
        /// three), so that other calls do not wait behind such pages.
        public var connections = 8
        /// How long connecting to one address of a host may take, in whole seconds from 2; by default 10 seconds.
        ///
        /// A `connect_timeout` in the URL or a service file, or `PGCONNECT_TIMEOUT`, takes precedence.
        public var connectTimeout = Duration.seconds(10)
        /// How long a call may take altogether, above zero; by default 60 seconds.
        ///
        /// It also decides how soon the store gives up a connection whose network path is gone: after a sixth of this
        /// time, at most 10 seconds, but not before twice the ``lockTimeout``, and never after the call itself. These
        /// are libpq's `tcp_user_timeout`, `keepalives_idle`, `keepalives_interval` and `keepalives_count`; those that
        /// the URL or a service file sets take precedence.
        ///
        /// Waiting for a connection counts. A call that sends much has a second more for each MiB. After it the call is
        /// `unavailable`, and the connection that carries it is closed. Other calls under way on that connection are
        /// lost with it: reads and appends with keys are repeated, other writes are `unavailable`, their outcome
        /// unknown. This is for servers that do not answer: the two timeouts below pass earlier, and close no
        /// connection.
        public var callTimeout = Duration.seconds(60)
        /// How long the server works on a statement, from a millisecond; by default 30 seconds; zero means no limit of
        /// its own.
        ///
        /// After it the call is `unavailable` and changed nothing. It is at most nine tenths of the ``callTimeout``, or
        /// a second less than it if that is above ten seconds.
        public var statementTimeout = Duration.seconds(30)
        /// How long a call waits for a lock, from a millisecond; by default 5 seconds; zero means until the call ends.
        ///
        /// After it, or shortly before the ``callTimeout``, the call is `unavailable` and changed nothing. Other calls
        /// do not wait with it: after 250 milliseconds (a quarter of a shorter ``callTimeout``) the server gives the
        /// lock up, which it logs as an error, and the library asks for it again on a connection that carries nothing
        /// else.
        public var lockTimeout = Duration.seconds(5)
        /// Whether a pooler such as PgBouncer stands before the server; by default no.
        ///
        /// The store notices an undeclared pooler when a connection opens, because the server's process id is not the
        /// one that the connection was given. It then goes on as if this were set.
        ///
        /// Behind a pooler, whatever its mode, statements are not prepared by name and sessions are not set up, since
        /// they go to other programs too. So the two timeouts above do not hold for most calls, and the server's
        /// `default_transaction_isolation` must be `read committed` and its `synchronous_commit` not `off`, which
        /// ``PostgresBackend/prepare(_:)`` checks. Plans are not pinned: each statement is planned when it runs, for
        /// its values and by the table's statistics, with whole-table scans and bitmaps allowed.
        ///
        /// A connection then has one transaction under way at a time; up to 16 reads of one kind share one, and so do
        /// appends that go in one statement. So the store uses at most ``connections`` of the pooler's server sessions.
        /// Its default, 8, suits PgBouncer's pool of 20; raise it for many readers at once, up to the pool's size.
        /// Clearing and restoring take two round trips instead of one.
        ///
        /// A write that meets a lock there waits until its ``callTimeout``, and its connection is closed. From then on
        /// writes to that conversation go alone, and the two timeouts hold for them, until one succeeds. Shorter times
        /// for all are the server's to set: `ALTER ROLE app SET lock_timeout = '5s'`.
        public var isBehindPooler = false
        /// How connections are encrypted; by default (nil) as the URL, its service file or `PGSSLMODE` says.
        ///
        /// Where none of them says anything it is ``TLSMode/verifyFull`` for a host that is not this machine, with the
        /// system's certificates unless others are given.
        public var tls: TLSMode?
        /// Whether several callers' appends without keys can share one statement; by default yes.
        ///
        /// Appends that arrive while others are under way then share a statement and its commit, which multiplies how
        /// many the server takes. They also share its time: none of them is stored before all are. Appends with keys or
        /// conditions go alone, and so do those to conversations that have labels. On a
        /// server with Citus it is always off, since such a statement would span several servers; see
        /// <doc:DistributedTables>.
        public var mergesAppends = true
        /// How many calls are under way on a connection at most, 1 or more; by default 64.
        ///
        /// Appends that share a statement, up to 256, count as one call.
        public var callsPerConnection = 64
        /// How many bytes the calls under way on a connection send at most, 1 or more; by default 4 MiB.
        ///
        /// One call that sends more has the connection to itself. Appends that share a statement can exceed it by what
        /// they send together, up to 1 MiB.
        public var bytesPerConnection = 4 << 20
        /// How many calls may wait for a connection, 1 or more; by default 16,384.
        ///
        /// A call beyond them is `unavailable` at once.
        public var waitingCalls = 16_384
        /// What is told of calls, connections and commits; by default nothing is.
        ///
        /// It is told of a call in the caller's task. The thread that drives the connections tells it all else, one
        /// thing after another. No lock is held meanwhile, but answers that come then wait until it returns.
        ///
        /// The engine's part of a call includes its time behind other calls on its connection. A call has waited for a
        /// lock in an attempt that the server ended at the lock timeout, and in every attempt that is sent alone
        /// because somebody is known to hold the lock. Shorter waits count as the engine's work. A caller that is
        /// cancelled in such an attempt leaves before it counts, so its time is one in the backend.
        ///
        /// A commit's time begins when its statements are sent. A commit that changed nothing is told too.
        public var observer: (any StorageObserver)?
        /// Whether the only connection stays in a transaction that shows one moment.
        var holdsSnapshot = false

        /// Makes a configuration with the defaults for what is not named.
        public init(url: String, roles: RoleSet = .standard) {
            self.url = url
            self.roles = roles
        }
    }
}

extension PostgresBackend.Configuration: CustomStringConvertible, CustomDebugStringConvertible {
    /// The schema and the number of connections; nothing of the URL, which may hold a password.
    public var description: String {
        "PostgresBackend.Configuration(schema: \(schema ?? "of the search_path"), connections: \(connections))"
    }

    /// The same as the description.
    public var debugDescription: String { description }
}

extension PostgresBackend.Configuration: CustomReflectable {
    /// The same as the description, for `dump` and debuggers.
    public var customMirror: Mirror {
        Mirror(self, children: ["schema": schema as Any, "connections": connections], displayStyle: .struct)
    }
}

extension PostgresBackend.Configuration {
    /// Whether the user's end in a URI is not the only `@` before its parameters: the first is then a password's.
    private var hasSecondAtSign: Bool {
        url.hasPrefix("postgres") && url.prefix { $0 != "?" }.count { $0 == "@" } > 1
    }

    func check() throws {
        func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws {
            guard condition else { throw ChatStorageError(.invalidArgument, problem()) }
        }
        try require(!url.hasNUL, "the URL has U+0000 in it")
        // libpq's reason can quote a part of the URL, such as the password.
        try require(EffectiveOptions.canRead(url), "the URL is not a PostgreSQL connection URI or string")
        try require(
            !EffectiveOptions(parsing: url).hasStrayPassword && !hasSecondAtSign,
            "the URL's host or port is none; a / or @ in a password is written %2F or %40")
        if let schema {
            try require(
                (1...63).contains(schema.utf8.count) && !schema.hasNUL,
                "schema has \(schema.utf8.count) bytes; it takes 1 to 63, without U+0000")
            try require(!SchemaName(name: schema).isReserved, "schema begins with pg_, which is the server's prefix")
        }
        try require(connections >= 1, "connections is \(connections); it must be 1 or more")
        try require(callsPerConnection >= 1, "callsPerConnection is \(callsPerConnection); it must be 1 or more")
        try require(bytesPerConnection >= 1, "bytesPerConnection is \(bytesPerConnection); it must be 1 or more")
        try require(waitingCalls >= 1, "waitingCalls is \(waitingCalls); it must be 1 or more")
        try require(callTimeout > .zero, "callTimeout must be positive")
        try require(connectTimeout >= .seconds(2), "connectTimeout must be 2 seconds or more")
        try require(statementTimeout >= .zero && lockTimeout >= .zero, "a timeout is negative")
    }
}

extension PostgresBackend.Configuration: QueueSettings {
    var sslMode: String? { tls?.rawValue }
    var mergesWrites: Bool { mergesAppends }
    var tables: [String] { SchemaDefinition.tables }
}
