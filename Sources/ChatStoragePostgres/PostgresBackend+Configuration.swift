import CLibPQ
import ChatStorageCore
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
            /// Encrypted if the server can, with whoever answers.
            case prefer
            /// Always encrypted, with whoever answers.
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
        /// The PostgreSQL schema in which the tables live, 1 to 63 bytes.
        ///
        /// ``PostgresBackend/prepare()`` creates one that does not exist. By default (nil) it is the schema in the
        /// connection's `search_path` that has the tables already, otherwise the one in which tables are created.
        ///
        /// The command-line tool has the URL alone: `?options=-csearch_path%3Dchat` in it stands for the schema `chat`.
        public var schema: String?
        /// How many connections are open at most, 1 or more; by default 8.
        ///
        /// They are opened as calls come, and each serves many calls at once. Pages with a limit above 200, and shorter
        /// ones of conversations whose messages proved large, are read one at a time on a connection, and on all but two
        /// of the connections at most (on one where there are fewer than three), so that other calls do not wait behind
        /// them.
        public var connections = 8
        /// How long connecting to one host may take, in whole seconds from 2; by default 10 seconds.
        ///
        /// A `connect_timeout` in the URL takes precedence.
        public var connectTimeout = Duration.seconds(10)
        /// How long a call may take altogether, above zero; by default 60 seconds.
        ///
        /// Waiting for a connection counts. A call that sends much has a second more for each MiB. After it the call is
        /// `unavailable`, and the connection that carries it is closed. Other calls under way on that connection are lost
        /// with it: reads and appends with keys are repeated, other writes are `unavailable`, their outcome unknown.
        /// This is for servers that do not answer: the two timeouts below end earlier, and close nothing.
        public var callTimeout = Duration.seconds(60)
        /// How long the server works on a statement, from a millisecond; by default 30 seconds; zero is without end.
        ///
        /// After it the call is `unavailable` and changed nothing. It is shortened to nine tenths of a ``callTimeout``,
        /// or a second less than one above ten seconds.
        public var statementTimeout = Duration.seconds(30)
        /// How long a call waits for a lock, from a millisecond; by default 5 seconds; zero is until the call's end.
        ///
        /// After it the call is `unavailable` and changed nothing; also shortly before its ``callTimeout``. Other calls
        /// do not wait with it: after 250 milliseconds (a quarter of a shorter ``callTimeout``) the server gives the
        /// lock up, which it logs as an error, and the library asks for it again on a connection that carries nothing
        /// else.
        public var lockTimeout = Duration.seconds(5)
        /// Whether a pooler that gives each transaction another session stands before the server; by default no.
        ///
        /// For PgBouncer in transaction mode. Statements are then not prepared by name, and sessions not set up: the
        /// two timeouts above have no effect, and the server's `default_transaction_isolation` must be
        /// `read committed`, which ``PostgresBackend/prepare()`` checks. Nor are plans pinned: each statement is planned
        /// when it runs, for its values and by the table's statistics, with whole-table scans and bitmaps allowed.
        ///
        /// A write that meets a lock there waits until its ``callTimeout``, and the calls behind it on its connection
        /// are lost with it. From then on writes to that conversation go alone, and the two timeouts hold for them,
        /// until one succeeds. Shorter times for all are the server's to set: `ALTER ROLE app SET lock_timeout = '5s'`.
        ///
        /// It cannot be told from the connection, so it must be said. A pooler that prepares statements by name itself
        /// (PgBouncer from 1.21 with `max_prepared_statements`) seems to work without it, but what sets up sessions
        /// stays on server sessions that other programs get next: the isolation level, `lock_timeout`,
        /// `statement_timeout`, `plan_cache_mode`, `enable_seqscan`, `enable_bitmapscan` and `jit`. And this library's
        /// calls may get sessions that have none of them.
        public var isBehindPooler = false
        /// How connections are encrypted; by default (nil) as the URL, its service file or `PGSSLMODE` says.
        ///
        /// Where none of them says anything it is ``TLSMode/verifyFull`` for a host that is not this machine, with the
        /// system's certificates unless others are given.
        public var tls: TLSMode?
        /// Whether plain appends of several callers can go in one statement; by default yes.
        ///
        /// Appends that arrive while others are under way then share a statement and its commit, which multiplies how
        /// many the server takes. They also share its time, and for callers of one statement nothing is stored before
        /// all is. Turn it off on Citus, which the library does not do by itself: such a statement spans several shards
        /// there.
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

        /// Makes a configuration with the defaults.
        public init(url: String) {
            self.url = url
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
        let options = PQconninfoParse(url, nil)
        defer { PQconninfoFree(options) }
        try require(options != nil, "the URL is not a PostgreSQL connection URI or string")
        try require(
            !EffectiveOptions(parsing: url).hasStrayPassword && !hasSecondAtSign,
            "the URL's host or port is none; a / or @ in a password is written %2F or %40")
        if let schema {
            try require(
                (1...63).contains(schema.utf8.count) && !schema.hasNUL,
                "schema has \(schema.utf8.count) bytes; it takes 1 to 63, without U+0000")
        }
        try require(connections >= 1, "connections is \(connections); it must be 1 or more")
        try require(callsPerConnection >= 1, "callsPerConnection is \(callsPerConnection); it must be 1 or more")
        try require(bytesPerConnection >= 1, "bytesPerConnection is \(bytesPerConnection); it must be 1 or more")
        try require(waitingCalls >= 1, "waitingCalls is \(waitingCalls); it must be 1 or more")
        try require(callTimeout > .zero, "callTimeout must be positive")
        try require(connectTimeout >= .seconds(2), "connectTimeout must be 2 seconds or more")
        try require(statementTimeout >= .zero && lockTimeout >= .zero, "a timeout is negative")
    }

    var connectTimeoutSeconds: Int64 { min(connectTimeout.components.seconds, 86_400) }

    /// What sets up a new connection's session; nil where sessions are the pooler's.
    var sessionRequest: Request? {
        guard !isBehindPooler else { return nil }
        let values = Parameters { parameters in
            parameters.append(ServerTimeouts.milliseconds(serverTimeouts.lockWait))
            parameters.append(ServerTimeouts.milliseconds(serverTimeouts.statement()))
        }
        // What is set must not be undone by the error of a call that came in the same transaction.
        return .read(.setUpSession, values).withOwnSync
    }

    /// What the server's timeouts are.
    var serverTimeouts: ServerTimeouts {
        ServerTimeouts(callTimeout: callTimeout, lockTimeout: lockTimeout, statementTimeout: statementTimeout)
    }
}

extension Statement {
    /// The level is pinned: at `repeatable read` most concurrent appends to one conversation would fail.
    ///
    /// So are the plans. A page's limit is a parameter, for which the server's `auto` would plan each call anew, at the
    /// price of the call itself. One plan for all values must suit the largest conversation: an index in its order, not
    /// a bitmap or the whole table and a sort. On Citus a plan without values may not exist, so there it is left alone.
    ///
    /// A server that works for a client that is gone notices within a second where it can look: from PostgreSQL 14 on
    /// Linux, and from 15 on macOS and the BSDs. Elsewhere it refuses the setting, which is then left alone.
    fileprivate static let setUpSession = Statement(
        text: """
            SELECT set_config('default_transaction_isolation', 'read committed', false),
                   set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false),
                   set_config('plan_cache_mode', CASE
                       WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN 'auto'
                       ELSE 'force_generic_plan' END, false),
                   set_config('enable_seqscan', 'off', false), set_config('enable_bitmapscan', 'off', false),
                   set_config('jit', 'off', false),
                   CASE WHEN current_setting('client_connection_check_interval', true) = '0' AND version() ~
                           CASE WHEN current_setting('server_version_num')::integer < 150000 THEN 'linux'
                           ELSE 'linux|darwin|bsd' END
                       THEN set_config('client_connection_check_interval', '1s', false) END
            """, [.text, .text])
}
