import ChatStorageSupport

/// Which store, written as text: `memory:`, `sqlite:PATH` or a bare path, `postgres://...`.
public enum StoreURL: Sendable, Hashable {
    /// The memory of this process.
    case memory
    /// A SQLite database file.
    case sqlite(path: String)
    /// A PostgreSQL database, as a connection URI that is handed to libpq as it is.
    case postgres(String)

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
            self = .memory
        case "sqlite" where hasColon:
            guard !hasAuthority else {
                throw Self.invalid("begins with sqlite://; write sqlite:PATH, and sqlite:/PATH for an absolute path")
            }
            guard rest.count > 1 else { throw Self.invalid("names no file after sqlite:") }
            self = .sqlite(path: String(rest.dropFirst()))
        case "postgres" where hasColon, "postgresql" where hasColon:
            guard hasAuthority else { throw Self.invalid("needs // after \(scheme):") }
            self = .postgres(text)
        default:
            guard !text.isEmpty else { throw Self.invalid("is empty") }
            guard !hasAuthority else { throw Self.invalid("has a scheme that is not known") }
            guard !Self.isConnectionString(text) else {
                throw Self.invalid("is a PostgreSQL connection string, or a file to be written sqlite:PATH")
            }
            self = .sqlite(path: text)
        }
    }

    /// Whether a bare path is more likely what libpq takes as a connection string, perhaps with a password in it.
    private static func isConnectionString(_ text: String) -> Bool {
        let keywords = ["host", "hostaddr", "port", "dbname", "user", "password", "service"]
        return text.split(whereSeparator: \.isWhitespace).contains { word in
            keywords.contains { word.hasPrefix("\($0)=") }
        }
    }

    private static func invalid(_ problem: String) -> ChatStorageError {
        ChatStorageError(
            .invalidArgument, "the store's URL \(problem); it is memory:, sqlite:PATH or postgres://...")
    }
}

extension StoreURL: CustomStringConvertible {
    /// The kind of store and a file's path; nothing of a PostgreSQL URL, which may hold a password.
    public var description: String {
        switch self {
        case .memory: "memory:"
        case .sqlite(let path): "sqlite:\(path)"
        case .postgres: "postgres://..."
        }
    }
}

extension StoreURL: CustomReflectable {
    /// The case alone, for `dump` and debuggers.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .enum) }
}
