import ChatStorageCore
import ChatStorageJSON

/// The first and the last line of an archive, which show whether it is complete.
///
/// ```json
/// {"chatstorage_archive": "begin", "version": 1, "scope": "store"}
/// {"chatstorage_archive": "end", "scope": "store", "conversations": 3, "messages": 10, "digest": "2c26b46b…"}
/// ```
enum ArchiveFrame {
    /// What an archive is of.
    enum Scope: String {
        case store, tenant, conversation
    }

    private static let name = "chatstorage_archive"
    private static let version: Int64 = 1

    /// The first line.
    static func beginning(of scope: Scope) -> [UInt8] {
        line([(name, .string("begin")), ("version", .integer(version)), ("scope", .string(scope.rawValue))])
    }

    /// The last line.
    static func end(of scope: Scope, _ digest: ArchiveDigest) -> [UInt8] {
        line([
            (name, .string("end")), ("scope", .string(scope.rawValue)),
            ("conversations", .integer(Int64(digest.conversations))), ("messages", .integer(Int64(digest.messages))),
            ("digest", .string(digest.description)),
        ])
    }

    private static func line(_ members: [(key: String, value: JSONOutput)]) -> [UInt8] {
        JSONOutput.object(members).bytes + [UInt8(ascii: "\n")]
    }

    /// A line that is read.
    enum Line {
        case beginning(Scope)
        case end(Scope, conversations: Int64, messages: Int64, digest: String)
        /// One that this version does not understand.
        case unknown(reason: String)
    }

    /// Reads a line; nil for any other one.
    static func read(_ bytes: ArraySlice<UInt8>) -> Line? {
        // The name comes first, so other lines need not be parsed for this.
        guard bytes.first == UInt8(ascii: "{"),
            bytes.dropFirst().drop(while: \.isJSONWhiteSpace).starts(with: "\"\(name)\"".utf8),
            let members = try? JSONSlice(validating: bytes).memberList
        else { return nil }
        let values = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
        let scope = (values["scope"]?.string).flatMap(Scope.init(rawValue:))
        switch values[name]?.string {
        case "begin":
            guard values["version"]?.integer == version else {
                return .unknown(reason: "the archive is of a version that is not known here; update the program")
            }
            guard let scope else {
                return .unknown(reason: "the archive's first line has no scope that is known here")
            }
            return .beginning(scope)
        case "end":
            guard let scope, let conversations = values["conversations"]?.integer,
                let messages = values["messages"]?.integer, let digest = values["digest"]?.string
            else { return .unknown(reason: "the archive's last line has no scope, no counts or no digest") }
            return .end(scope, conversations: conversations, messages: messages, digest: digest)
        default: return .unknown(reason: "the archive's first or last line is not understood")
        }
    }
}
