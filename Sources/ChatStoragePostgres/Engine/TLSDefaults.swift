import CLibPQ

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// How a connection is encrypted by default: to a host that is not local, only with a verified certificate.
///
/// libpq's own default, `prefer`, neither verifies the server nor insists on encryption.
struct TLSDefaults {
    /// The `sslmode` to set; nil leaves it as it is.
    let mode: String?
    /// The `sslrootcert` to set; nil leaves it as it is.
    let rootCertificates: String?

    /// - Parameters:
    ///   - effective: The options that the connection would use.
    ///   - urlOptions: The options of the URL alone.
    ///   - hasFile: Whether a file exists.
    init(
        _ effective: EffectiveOptions, urlOptions: EffectiveOptions, environment: [String: String] = Self.environment,
        hasFile: (String) -> Bool
    ) {
        let present = effective.values["sslmode"]
        // `prefer` in a service file looks like libpq's default, and is taken for it.
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
