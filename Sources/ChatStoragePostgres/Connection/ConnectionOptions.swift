import CLibPQ
import ChatStorageCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// What is given to libpq for a connection: the URL, and around it what it does not say.
struct ConnectionOptions {
    /// In libpq's order: an option takes precedence over the same one before it, and the URL stands as `dbname`.
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

    /// What the configuration itself says.
    static func given(_ settings: any ConnectionSettings) -> [(keyword: String, value: String)] {
        let tls = settings.sslMode.map { [("sslmode", $0)] } ?? []
        return [
            ("dbname", settings.url), ("client_encoding", "UTF8"), ("fallback_application_name", "chatstorage"),
        ] + tls
    }

    /// Drops a server that did not answer, and goes on with those after it.
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

/// Options as libpq understands them.
struct EffectiveOptions {
    private(set) var values: [String: String] = [:]
    /// What libpq takes where nothing is said.
    private(set) var defaults: [String: String] = [:]
    /// Why libpq would not connect with them; nil when nothing is wrong.
    private(set) var refusal: String?

    init(values: [String: String], defaults: [String: String] = [:]) {
        self.values = values
        self.defaults = defaults
    }

    /// Whether libpq can read a URL or connection string.
    static func canRead(_ url: String) -> Bool {
        let options = PQconninfoParse(url, nil)
        defer { PQconninfoFree(options) }
        return options != nil
    }

    /// What a URL or connection string itself says; nothing when libpq cannot read it.
    init(parsing url: String) {
        guard let options = PQconninfoParse(url, nil) else { return }
        take(options)
    }

    /// What a connection would use, with the environment's variables and a service file's settings.
    ///
    /// libpq fills everything in, finds one value that it does not know, and stops before it connects.
    init(_ list: [(keyword: String, value: String)]) {
        let keywords = (list.map(\.keyword) + ["target_session_attrs"]).map { strdup($0) }
        let values = (list.map(\.value) + [Self.unknown]).map { strdup($0) }
        defer { (keywords + values).forEach { free($0) } }
        let connection = PQconnectStartParams(
            keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
        defer { PQfinish(connection) }
        // libpq checks this option last, and quotes its value.
        let text = PQerrorMessage(connection).map { String(cString: $0) } ?? ""
        if !text.contains(Self.unknown) { refusal = text }
        guard let options = PQconninfo(connection) else { return }
        take(options)
    }

    private static let unknown = "none; do not connect"

    /// An option's number; nil where there is none.
    func integer(_ keyword: String) -> Int64? {
        values[keyword].flatMap { Int64($0.filter { !$0.isWhitespace }) }
    }

    /// Whether a host or a port may be a part of a password: libpq ends the user and password of a URI at the first `/`
    /// or `@`, and quotes what it then takes for the host and port in its errors.
    var hasStrayPassword: Bool {
        func list(_ keyword: String) -> [Substring] { (values[keyword] ?? "").split(separator: ",") }
        return list("host").contains { $0.dropFirst().contains("@") && !$0.hasPrefix("/") }
            || list("port").contains { !$0.unicodeScalars.allSatisfy { "0"..."9" ~= $0 || $0 == " " } }
    }

    private mutating func take(_ options: UnsafeMutablePointer<PQconninfoOption>) {
        defer { PQconninfoFree(options) }
        var option = options
        while let keyword = option.pointee.keyword {
            let name = String(cString: keyword)
            if let value = option.pointee.val { values[name] = String(cString: value) }
            if let value = option.pointee.compiled { defaults[name] = String(cString: value) }
            option += 1
        }
    }
}

/// How a connection is encrypted where nobody says it: to a host that is not local only with a verified certificate.
///
/// libpq's own default, `prefer`, neither verifies whom it talks to nor insists on encryption.
struct TLSDefaults {
    /// The `sslmode` to set; nil leaves what is there.
    let mode: String?
    /// The `sslrootcert` to set; nil leaves what is there.
    let rootCertificates: String?

    /// - Parameters:
    ///   - effective: What the connection would use.
    ///   - urlOptions: What the URL itself says.
    ///   - hasFile: Whether a file exists.
    init(
        _ effective: EffectiveOptions, urlOptions: EffectiveOptions, environment: [String: String] = Self.environment,
        hasFile: (String) -> Bool
    ) {
        let present = effective.values["sslmode"]
        // A service file that says `prefer` cannot be told from libpq's default, and is taken for it.
        let isChosen =
            urlOptions.values["sslmode"] != nil || environment["PGSSLMODE"] != nil
            || present != effective.defaults["sslmode"]
        mode = isChosen || Self.isLocal(effective) ? nil : "verify-full"
        guard (mode ?? present) == "verify-full", effective.values["sslrootcert"]?.isEmpty ?? true,
            !hasFile("\(environment["HOME"] ?? "")/.postgresql/root.crt")
        else {
            rootCertificates = nil
            return
        }
        // From version 16 on libpq knows where its TLS library looks.
        rootCertificates = Self.bundles.first(where: hasFile) ?? (PQlibVersion() >= 160_000 ? "system" : nil)
    }

    /// Where systems keep the certificates that they trust.
    static let bundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
        "/etc/ssl/ca-bundle.pem",
    ]

    /// Whether all hosts are this machine: sockets and loopback addresses.
    static func isLocal(_ options: EffectiveOptions) -> Bool {
        func list(_ keyword: String) -> [Substring] {
            (options.values[keyword] ?? "").split(separator: ",", omittingEmptySubsequences: false)
        }
        let (hosts, addresses) = (list("host"), list("hostaddr"))
        return (0..<max(hosts.count, addresses.count)).allSatisfy { index in
            let address = index < addresses.count ? addresses[index] : ""
            let host = address.isEmpty ? (index < hosts.count ? hosts[index] : "") : address
            return host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") || host == "localhost" || host == "::1"
                || isLoopback(host)
        }
    }

    /// Whether a host is an address in 127.0.0.0/8, and not a name that begins like one.
    private static func isLoopback(_ host: Substring) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    static var environment: [String: String] {
        var variables: [String: String] = [:]
        for name in ["PGSSLMODE", "HOME"] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        return variables
    }
}
