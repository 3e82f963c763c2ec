#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// The options that libpq gets for a connection: the URL, and defaults for what the URL leaves open.
struct ConnectionOptions {
    /// In libpq's order: an option takes precedence over the same one before it, and the URL is the value of `dbname`.
    private(set) var list: [(keyword: String, value: String)]
    /// How long connecting to one address may take; nil means no limit.
    let connectTimeout: Duration?
    private var servers: ServerList

    init(_ settings: any ConnectionSettings) {
        list = Self.given(settings)
        let effective = EffectiveOptions(list)
        servers = ServerList(effective)
        // Only what the URL and a service file leave open.
        list += NetworkTimeouts(settings).options.filter { effective.values[$0.keyword]?.isEmpty ?? true }
        let seconds = effective.integer("connect_timeout") ?? settings.connectTimeoutSeconds
        // libpq reads it in the same way, but applies it only in its blocking functions.
        connectTimeout = seconds > 0 ? .seconds(max(2, seconds)) : nil
        let tls = TLSDefaults(
            effective, urlOptions: EffectiveOptions(parsing: settings.url), hasFile: { access($0, F_OK) == 0 })
        if settings.sslMode == nil, let mode = tls.mode { list.append(("sslmode", mode)) }
        if let certificates = tls.rootCertificates { list.append(("sslrootcert", certificates)) }
    }

    /// The options that the configuration itself gives.
    static func given(_ settings: any ConnectionSettings) -> [(keyword: String, value: String)] {
        let tls = settings.sslMode.map { [("sslmode", $0)] } ?? []
        return [
            ("dbname", settings.url), ("client_encoding", "UTF8"), ("fallback_application_name", "chatstorage"),
        ] + tls
    }

    /// Drops a server that did not answer; the servers after it come first then.
    ///
    /// - Returns: False when no other is left.
    mutating func leaveOut(_ silent: ServerAddress) -> Bool {
        guard let others = servers.without(silent) else { return false }
        servers = others
        let options = others.options
        // An empty value would not take precedence over an earlier one.
        list.removeAll { entry in options.contains { $0.keyword == entry.keyword } }
        list += options
        return true
    }

    /// Calls the body with the keywords and values as libpq takes them.
    func withPointers<Result>(
        _ body: ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?]) -> Result
    ) -> Result {
        let strings = list.flatMap { [strdup($0.keyword), strdup($0.value)] }
        defer { strings.forEach { free($0) } }
        let pointers = strings.map { UnsafePointer($0) }
        let keywords = stride(from: 0, to: pointers.count, by: 2).map { pointers[$0] }
        let values = stride(from: 1, to: pointers.count, by: 2).map { pointers[$0] }
        return body(keywords + [nil], values + [nil])
    }
}
