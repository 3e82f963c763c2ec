import ChatStorageCore
import ChatStorageSupport

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

extension SQLiteBackend.Configuration {
    /// The parameters of SQLite's URIs (<https://www.sqlite.org/uri.html>).
    private static let uriParameters: Set<Substring> = [
        "cache", "immutable", "mode", "modeof", "nolock", "psow", "vfs",
    ]

    /// Refuses a path that cannot name a database file, without looking at the disk.
    func checkPath() throws {
        func refuse(_ condition: Bool, _ problem: String) throws {
            if condition { throw ChatStorageError(.invalidArgument, problem) }
        }
        try refuse(path.isEmpty || path == ":memory:", "the path names no file; InMemoryBackend needs none")
        try refuse(path.hasNUL, "the path has U+0000 in it")
        try refuse(path.utf8.last == UInt8(ascii: "/"), "the path ends with a slash, so it is that of a folder")
        try refuse(
            path.utf8.starts(with: "file:".utf8),
            """
            the path begins with file:, but URIs are not supported; give the plain path (./file:... if the file's name \
            really begins so), and options in the configuration
            """)
        try refuse(
            path.utf8.starts(with: "sqlite:".utf8),
            """
            the path begins with sqlite:, as a store's URL does; give the plain path (./sqlite:... if the file's name \
            really begins so)
            """)
        try refuse(
            endsWithURIParameters,
            """
            the path ends with parameters of a URI, but URIs are not supported; give the plain path, and for a \
            read-only medium set access to immutable in the configuration (a file whose name ends so must be renamed)
            """)
    }

    /// Whether the path ends with a question mark and only parameters that SQLite knows.
    private var endsWithURIParameters: Bool {
        guard let mark = path.lastIndex(of: "?") else { return false }
        return path[mark...].dropFirst().split(separator: "&", omittingEmptySubsequences: false).allSatisfy { part in
            part.contains("=") && Self.uriParameters.contains(part.prefix { $0 != "=" })
        }
    }

    /// The same configuration with an absolute path.
    ///
    /// The process's working directory can change before a later connection is opened.
    ///
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument` for a relative path if the working directory
    ///   cannot be found.
    func withAbsolutePath() throws -> Self {
        guard path.utf8.first != UInt8(ascii: "/") else { return self }
        guard let directory = getcwd(nil, 0) else {
            let cause = ChatStorageError.Cause(engine: "system", code: "\(errno)")
            throw ChatStorageError(
                .invalidArgument, "the path is relative, and the working directory cannot be found", cause: cause)
        }
        defer { free(directory) }
        guard let start = String(validatingCString: directory) else {
            throw ChatStorageError(
                .invalidArgument, "the path is relative, and the working directory's path is not UTF-8")
        }
        var absolute = self
        absolute.path = start.utf8.last == UInt8(ascii: "/") ? start + path : "\(start)/\(path)"
        return absolute
    }

    /// The absolute path as SQLite gets it: in a URI for `immutable`.
    var fileName: String {
        switch access {
        case .readWrite: path
        case .immutable: "file://\(percentEncodedPath)?immutable=1"
        }
    }

    private var percentEncodedPath: String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = path.utf8.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"):
                [byte]
            default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
