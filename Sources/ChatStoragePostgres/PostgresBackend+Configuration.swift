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
        /// ``PostgresBackend/prepare(_:)`` creates it if it does not exist. By default (nil) it is the schema in the
        /// connection's `search_path` that already has the tables, otherwise the one in which tables are created.
        ///
        /// A URL with `?options=-csearch_path%3Dchat` also selects the schema `chat`, but not through a pooler:
        /// PgBouncer refuses `options`. The command-line tool has `--schema`.
        public var schema: String?
        /// The roles that messages can have; by default those of plain chats.
        ///
        /// ``PostgresBackend/prepare(_:)`` makes the store take them, and never takes one away: it widens the table's
        /// constraint. A handle takes the roles of its own configuration, and reads messages of all roles.
        public var roles = RoleSet.standard
        /// How many connections are open at most, 1 or more; by default 8.
        ///
        /// The store opens another one when a call would wait. Each serves many calls at once, unless
        /// ``isBehindPooler``. A connection that has carried more than 4 MiB in one statement or row is closed
        /// afterwards, since libpq's buffers never shrink.
        ///
        /// A connection reads one long page at a time: a page with a limit above 200, or a shorter one of a
        /// conversation whose messages proved large. Two connections are always kept free of long pages (with fewer
        /// than three connections, one may still read them), so that other calls do not wait behind such pages.
        public var connections = 8
        /// How long connecting to one address of a host may take, in whole seconds from 2; by default 10 seconds.
        ///
        /// A `connect_timeout` in the URL or a service file, or `PGCONNECT_TIMEOUT`, takes precedence.
        public var connectTimeout = Duration.seconds(10)
        /// How long a call may take altogether, above zero; by default 60 seconds.
        ///
        /// It also decides how soon the store gives up a connection whose network path is gone: after a sixth of this
        /// time, at most 10 seconds, but not before twice the ``lockTimeout``, and never after the call itself. It
        /// sets libpq's `tcp_user_timeout`, `keepalives_idle`, `keepalives_interval` and `keepalives_count` for that;
        /// those that the URL or a service file sets take precedence.
        ///
        /// Waiting for a connection counts. A call that sends much has a second more for each MiB. After this time the
        /// call is `unavailable`, and the connection that carries it is closed. Other calls under way on that
        /// connection are lost with it: reads and appends with keys are repeated, other writes are `unavailable` with
        /// an unknown outcome. This timeout is for servers that do not answer: the two timeouts below pass earlier, and
        /// close no connection.
        public var callTimeout = Duration.seconds(60)
        /// How long the server may work on a statement, from a millisecond; by default 30 seconds; zero means no limit
        /// of its own.
        ///
        /// After this time the call is `unavailable` and changed nothing. The time is at most nine tenths of the
        /// ``callTimeout``, or a second less than it if that is above ten seconds.
        public var statementTimeout = Duration.seconds(30)
        /// How long a call waits for a lock, from a millisecond; by default 5 seconds; zero means until the call ends.
        ///
        /// After this time, or shortly before the ``callTimeout``, the call is `unavailable` and changed nothing. Other
        /// calls do not wait with it: after 250 milliseconds (a quarter of the ``callTimeout`` if that is shorter) the
        /// server gives up the wait, which it logs as an error, and the library asks for the lock again on a connection
        /// that carries nothing else.
        public var lockTimeout = Duration.seconds(5)
        /// Whether a pooler such as PgBouncer is in front of the server; by default no.
        ///
        /// The store notices an undeclared pooler when a connection opens, because the server's process id differs from
        /// the one that the connection was given. It then behaves as if this were set.
        ///
        /// Behind a pooler, whatever its mode, statements are not prepared by name and sessions are not set up, since
        /// the sessions also go to other programs. So the two timeouts above do not hold for most calls, and the
        /// server's `default_transaction_isolation` must be `read committed` and its `synchronous_commit` not `off`,
        /// which ``PostgresBackend/prepare(_:)`` checks. Plans are not pinned: the server plans each statement when it
        /// runs, for its values and by the table's statistics, and may use whole-table scans and bitmaps.
        ///
        /// A connection then has one transaction under way at a time; up to 16 reads of one kind share one, and so do
        /// appends that go in one statement. So the store uses at most ``connections`` of the pooler's server sessions.
        /// Its default, 8, suits PgBouncer's pool of 20; raise it for many readers at once, up to the pool's size.
        /// Clearing and restoring take two round trips instead of one.
        ///
        /// A write that meets a lock there waits until its ``callTimeout``, and its connection is closed. From then on
        /// writes to that conversation go alone, with the two timeouts, until one succeeds. A shorter wait can be set
        /// on the server: `ALTER ROLE app SET lock_timeout = '5s'`.
        public var isBehindPooler = false
        /// How connections are encrypted; by default (nil) as the URL, its service file or `PGSSLMODE` says.
        ///
        /// If none of them says anything, it is ``TLSMode/verifyFull`` for a host that is not this machine, with the
        /// system's certificates unless others are given.
        public var tls: TLSMode?
        /// Whether several callers' appends without keys can share one statement; by default yes.
        ///
        /// Appends that arrive while others are under way then share a statement and its commit, which multiplies how
        /// many the server can take. They also share its time: none of them is stored before all are. Appends with keys
        /// or conditions go alone, and so do appends to conversations that have labels. With Citus it is always off,
        /// since such a statement would span several servers; see <doc:DistributedTables>.
        public var mergesAppends = true
        /// How many calls are under way on a connection at most, 1 or more; by default 64.
        ///
        /// Appends that share a statement, up to 256, count as one call.
        public var callsPerConnection = 64
        /// How many bytes the calls under way on a connection send at most, 1 or more; by default 4 MiB.
        ///
        /// A call that sends more has the connection to itself. Appends that share a statement can exceed the limit by
        /// what they send together, up to 1 MiB.
        public var bytesPerConnection = 4 << 20
        /// How many calls may wait for a connection, 1 or more; by default 16,384.
        ///
        /// Further calls are `unavailable` at once.
        public var waitingCalls = 16_384
        /// Gets reports of calls, connections and commits; by default there is none.
        ///
        /// It gets the report of a call in the caller's task, and all other reports one after another on the thread
        /// that drives the connections. That thread holds no lock meanwhile, but answers wait until the observer
        /// returns.
        ///
        /// The engine's part of a call includes its time behind other calls on its connection. An attempt counts as a
        /// wait for a lock if the server ended it at the lock timeout, or if it is sent alone because somebody is known
        /// to hold the lock. Shorter waits count as the engine's work. If a caller is cancelled during such an attempt,
        /// the attempt's time counts as the engine's too.
        ///
        /// A commit's time begins when its statements are sent. Commits that changed nothing are reported too.
        public var observer: (any StorageObserver)?
        /// Whether the only connection stays in a transaction that shows a snapshot.
        var holdsSnapshot = false

        /// Makes a configuration; everything else has its default.
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
    /// Whether a URI has more than one `@` before its parameters: the first then belongs to a password.
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
            "the URL's host or port is not valid; write / and @ in a password as %2F and %40")
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
