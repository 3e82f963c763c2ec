/// How soon a connection is given up if its network path is gone; the URL's own options take precedence.
///
/// A dropped path sends nothing back, and the system's own timers take minutes to hours.
struct NetworkTimeouts {
    /// Seconds after which sent bytes must be acknowledged.
    let seconds: Int64

    init(_ settings: any ConnectionSettings) {
        let call = settings.callTimeout
        guard settings.lockTimeout > .zero else {
            seconds = Self.wholeSeconds(call)
            return
        }
        // A server that reads nothing, because a statement waits for a lock, looks like a dead path to the kernel
        // (tcp(7), TCP_USER_TIMEOUT). So this must be longer than such a wait.
        let wanted = max(min(call / 6, .seconds(10)), settings.lockTimeout * 2)
        seconds = Self.wholeSeconds(min(wanted, call))
    }

    /// libpq's options (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES>).
    ///
    /// Keepalives probe connections that are idle or wait for an answer, so these are given up after about the same
    /// time.
    var options: [(keyword: String, value: String)] {
        [
            ("tcp_user_timeout", "\(seconds * 1_000)"), ("keepalives_idle", "\(max(1, seconds / 2))"),
            ("keepalives_interval", "\(max(1, seconds / 6))"), ("keepalives_count", "3"),
        ]
    }

    /// libpq counts milliseconds in 32 bits.
    private static func wholeSeconds(_ duration: Duration) -> Int64 {
        min(max(1, duration.components.seconds), 86_400)
    }
}
