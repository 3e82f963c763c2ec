/// Sets up a new connection's session.
struct SessionSetUp {
    let lockWait: Duration
    let statementTimeout: Duration
    /// The process that serves the session, as the server said when the connection opened.
    ///
    /// If another process serves it, there is a pooler. A pooler's sessions go to other clients too, so nothing is set,
    /// and the result has no row.
    let backendPID: Int32

    /// One statement in a transaction of its own: in a shared transaction, a call's error would undo the settings.
    var script: Script {
        let step = Script.Step(statement: Self.statement, bytes: 0) {
            Parameters { parameters in
                parameters.append(milliseconds: lockWait)
                parameters.append(milliseconds: statementTimeout)
                parameters.append(Int64(backendPID))
            }
        }
        return Script([[step]], isWrite: false)
    }

    /// Begins a transaction that shows a snapshot, in which the session then stays.
    static var snapshotScript: Script {
        let steps = [PreparedSQL.beginSnapshot, .keepSnapshot].map { statement in
            Script.Step(statement: statement, bytes: 0) { Parameters() }
        }
        return Script([steps], isWrite: false)
    }

    /// The isolation level is pinned: at `repeatable read` most concurrent appends to one conversation would fail.
    ///
    /// So is durability: a commit is on the disk before it is answered (contract D1). `synchronous_commit = off` of a
    /// role or a database would undo that; its other values keep it.
    ///
    /// The plans are pinned too. A page's limit is a parameter, so the server's `auto` would plan each call anew, which
    /// costs as much as the call itself. One plan for all values must suit the largest conversation: an index in its
    /// order, not a bitmap or the whole table and a sort. On Citus a plan without values may not exist, so there plans
    /// are not pinned.
    ///
    /// A server notices within a second that its client is gone, if it can check: from PostgreSQL 14 on Linux, and from
    /// 15 on macOS and the BSDs. Elsewhere it refuses the setting, which is then left alone.
    private static let statement = PreparedSQL(
        text: """
            SELECT set_config('default_transaction_isolation', 'read committed', false),
                   set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false),
                   set_config('plan_cache_mode', CASE
                       WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN 'auto'
                       ELSE 'force_generic_plan' END, false),
                   set_config('enable_seqscan', 'off', false), set_config('enable_bitmapscan', 'off', false),
                   set_config('jit', 'off', false),
                   set_config('synchronous_commit', CASE current_setting('synchronous_commit')
                       WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false),
                   CASE WHEN current_setting('client_connection_check_interval', true) = '0' AND version() ~
                            CASE WHEN current_setting('server_version_num')::integer < 150000 THEN 'linux'
                            ELSE 'linux|darwin|bsd' END
                        THEN set_config('client_connection_check_interval', '1s', false) END
            WHERE pg_backend_pid() = $3
            """, [.text, .text, .bigint])
}
