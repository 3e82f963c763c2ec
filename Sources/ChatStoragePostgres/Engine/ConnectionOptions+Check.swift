import ChatStorageCore
import ChatStorageSupport

extension ConnectionOptions {
    /// The options that libpq names in its error message.
    private static let named = [
        "channel_binding", "sslmode", "ssl_min_protocol_version", "ssl_max_protocol_version", "sslcertmode",
        "sslnegotiation", "gssencmode", "require_auth", "service", "hostaddr", "port",
    ]
    /// The options that libpq reads as numbers while it connects.
    private static let numbers = [
        "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
        "tcp_user_timeout",
    ]
    private static let sessions = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]

    /// Refuses options of the URL, a service file or the environment that would make every attempt to connect fail.
    ///
    /// It reads files, so it runs on a thread of its own.
    ///
    /// - Throws: `ChatStorageError` with the code `invalidArgument`, which names the option and quotes nothing;
    ///   `unavailable` when the process has no threads left.
    static func check(_ settings: any ConnectionSettings) async throws {
        let result = await withCheckedContinuation { (ended: CheckedContinuation<Result<Void, any Error>, Never>) in
            let hasThread = DetachedThread.start {
                ended.resume(returning: Result { try checkNow(settings) })
            }
            if !hasThread {
                let error = ChatStorageError(.unavailable, "the process has no threads left")
                ended.resume(returning: .failure(error))
            }
        }
        try result.get()
    }

    private static func checkNow(_ settings: any ConnectionSettings) throws {
        let options = EffectiveOptions(given(settings))
        if let refusal = options.refusal {
            try refuse(named.first(where: refusal.contains) ?? "an option")
        }
        for keyword in numbers where !(options.values[keyword] ?? "").isEmpty {
            guard options.integer(keyword) != nil else { return try refuse(keyword) }
        }
        for port in (options.values["port"] ?? "").split(separator: ",") {
            guard let number = Int(port.filter { !$0.isWhitespace }), (1...65_535).contains(number) else {
                return try refuse("port")
            }
        }
        let session =
            EffectiveOptions(given(settings), stoppingAt: "sslmode").values["target_session_attrs"] ?? ""
        guard session.isEmpty || sessions.contains(session) else { return try refuse("target_session_attrs") }
    }

    private static func refuse(_ option: String) throws {
        throw ChatStorageError(
            .invalidArgument, "libpq refuses \(option), which the URL, a service file or the environment gives")
    }
}
