#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// The servers that a connection may lead to, in the order in which libpq tries them.
struct ServerList: Equatable {
    /// One host of the URL.
    struct Server: Equatable {
        var host = ""
        /// In digits; empty if libpq looks the host up.
        var address = ""
        var port = ""

        /// Whether the host is a name, which can have several addresses.
        fileprivate var isName: Bool {
            address.isEmpty && !host.isEmpty && !host.hasPrefix("/") && !host.hasPrefix("@")
        }

        fileprivate func isServer(at other: ServerAddress) -> Bool {
            (host.isEmpty ? address : host) == other.host && (address.isEmpty || address == other.address)
                && (port.isEmpty || port == other.port)
        }
    }

    private let servers: [Server]

    private init(_ servers: [Server]) {
        self.servers = servers
    }

    init(_ options: EffectiveOptions) {
        func list(_ keyword: String) -> [String] {
            guard let text = options.values[keyword], !text.isEmpty else { return [] }
            return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
        servers = (0..<max(hosts.count, addresses.count)).map { index in
            Server(
                host: index < hosts.count ? hosts[index] : "",
                address: index < addresses.count ? addresses[index] : "",
                port: index < ports.count ? ports[index] : ports.count == 1 ? ports[0] : "")
        }
    }

    /// The list without a server that did not answer, beginning with the one after it.
    ///
    /// - Parameter lookUp: Finds all addresses of a host.
    /// - Returns: Nil when no other is left.
    func without(_ silent: ServerAddress, lookUp: (_ host: String) -> [String] = Self.addresses) -> ServerList? {
        guard let index = servers.firstIndex(where: { $0.isServer(at: silent) }) else { return nil }
        let server = servers[index]
        let addresses = server.isName ? lookUp(server.host).filter { $0 != silent.address } : []
        let others = addresses.map { Server(host: server.host, address: $0, port: server.port) }
        let list = others + servers[(index + 1)...] + servers[..<index]
        return list.isEmpty ? nil : ServerList(list)
    }

    /// The options that name these servers.
    var options: [(keyword: String, value: String)] {
        func list(_ part: KeyPath<Server, String>) -> String {
            servers.map { $0[keyPath: part] }.joined(separator: ",")
        }
        return [("host", list(\.host)), ("hostaddr", list(\.address)), ("port", list(\.port))]
    }

    /// Asks the system for all addresses of a host; it blocks.
    static func addresses(of host: String) -> [String] {
        var hints = addrinfo()
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &found) == 0 else { return [] }
        defer { freeaddrinfo(found) }
        var addresses: [String] = []
        var next = found
        while let entry = next?.pointee {
            next = entry.ai_next
            var text = [CChar](repeating: 0, count: 1_025)
            guard
                getnameinfo(
                    entry.ai_addr, entry.ai_addrlen, &text, .init(text.count), nil, 0, NI_NUMERICHOST) == 0
            else { continue }
            addresses.append(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
        return addresses
    }
}
