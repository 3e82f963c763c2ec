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

/// Options as libpq understands them.
struct EffectiveOptions {
    private(set) var values: [String: String] = [:]
    /// libpq's own defaults.
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

    /// The options of a URL or connection string alone; none if libpq cannot read it.
    init(parsing url: String) {
        guard let options = PQconninfoParse(url, nil) else { return }
        take(options)
    }

    /// The options that a connection would use, with environment variables and a service file's settings.
    ///
    /// libpq fills everything in, finds one value that it does not know, and stops before it connects.
    ///
    /// - Parameter option: The option that gets the unknown value in place of its own. libpq checks
    ///   `target_session_attrs` last: if it stops there, it accepts everything else.
    init(_ list: [(keyword: String, value: String)], stoppingAt option: String = "target_session_attrs") {
        let keywords = (list.map(\.keyword) + [option]).map { strdup($0) }
        let values = (list.map(\.value) + [Self.unknown]).map { strdup($0) }
        defer { (keywords + values).forEach { free($0) } }
        let connection = PQconnectStartParams(
            keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
        defer { PQfinish(connection) }
        // libpq quotes the value that it does not know.
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
    /// or `@`, takes the rest for the host and port, and quotes these in its errors.
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
