import ChatStorageSupport

/// Which store, written as text: `memory:`, `sqlite:PATH` or a bare path, `postgres://...`.
public struct StoreURL: Sendable, Hashable {
    private enum Kind: Hashable {
        case memory
        case sqlite(path: String)
        case postgres(String)
    }

    private let kind: Kind

    /// The memory of this process.
    public static let memory = StoreURL(kind: .memory)

    /// A SQLite database file.
    public static func sqlite(path: String) -> StoreURL {
        StoreURL(kind: .sqlite(path: path))
    }

    /// A PostgreSQL database, as a connection URI that is handed to libpq as it is.
    public static func postgres(_ uri: String) -> StoreURL {
        StoreURL(kind: .postgres(uri))
    }

    private init(kind: Kind) {
        self.kind = kind
    }

    /// The path of a SQLite database file; nil for another kind of store.
    public var sqlitePath: String? {
        if case .sqlite(let path) = kind { path } else { nil }
    }

    /// The connection URI of a PostgreSQL database, which may hold a password; nil for another kind of store.
    public var postgresURI: String? {
        if case .postgres(let uri) = kind { uri } else { nil }
    }

    /// Reads a store's URL.
    ///
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidArgument`` for empty text, U+0000, an unknown scheme or
    ///   `sqlite://` (which other programs read in different ways). The error does not quote the text, which may hold
    ///   a password.
    public init(_ text: String) throws {
        guard !text.hasNUL else { throw Self.invalid("has U+0000 in it") }
        // Scalar by scalar: a colon and a combining mark after it are one `Character`, and no colon.
        let schemeScalars = text.unicodeScalars.prefix { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || "0"..."9" ~= scalar || "+-.".unicodeScalars.contains(scalar))
        }
        let scheme = String(schemeScalars).lowercased()
        let rest = text.unicodeScalars[schemeScalars.endIndex...]
        let hasColon = rest.first == ":"
        let hasAuthority = rest.starts(with: "://".unicodeScalars)
        switch scheme {
        case "memory" where hasColon:
            guard rest.count == 1 else { throw Self.invalid("has text after memory:") }
            kind = .memory
        case "sqlite" where hasColon:
            guard !hasAuthority else {
                throw Self.invalid("begins with sqlite://; write sqlite:PATH, and sqlite:/PATH for an absolute path")
            }
            guard rest.count > 1 else { throw Self.invalid("names no file after sqlite:") }
            kind = .sqlite(path: String(rest.dropFirst()))
        case "postgres" where hasColon, "postgresql" where hasColon:
            guard hasAuthority else { throw Self.invalid("needs // after \(scheme):") }
            kind = .postgres(text)
        default:
            guard !text.isEmpty else { throw Self.invalid("is empty") }
            guard !hasAuthority else { throw Self.invalid("has an unknown scheme") }
            guard !Self.isConnectionString(text) else {
                throw Self.invalid("looks like a PostgreSQL connection string; write a file as sqlite:PATH")
            }
            kind = .sqlite(path: text)
        }
    }

    /// Whether a bare path is more likely a connection string for libpq, perhaps with a password in it.
    private static func isConnectionString(_ text: String) -> Bool {
        let keywords = ["host", "hostaddr", "port", "dbname", "user", "password", "service"]
        return text.split(whereSeparator: \.isWhitespace).contains { word in
            keywords.contains { word.hasPrefix("\($0)=") }
        }
    }

    private static func invalid(_ problem: String) -> ChatStorageError {
        ChatStorageError(
            .invalidArgument, "the store's URL \(problem); it must be memory:, sqlite:PATH or postgres://...")
    }
}

extension StoreURL: CustomStringConvertible {
    /// The kind of store and a file's path; nothing of a PostgreSQL URL, which may hold a password.
    public var description: String {
        switch kind {
        case .memory: "memory:"
        case .sqlite(let path): "sqlite:\(path)"
        case .postgres: "postgres://..."
        }
    }
}

extension StoreURL: CustomReflectable {
    /// Nothing, for `dump` and debuggers.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
