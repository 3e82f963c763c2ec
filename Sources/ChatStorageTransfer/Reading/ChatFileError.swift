/// Why a chat file cannot be read at all.
public struct ChatFileError: Error, Sendable, CustomStringConvertible {
    /// The kinds of error; more can be added, so a `switch` needs a default.
    public struct Code: Sendable, Hashable {
        private enum Kind {
            case unreadable, compressed, notUTF8, otherFormat
        }

        private let kind: Kind

        private init(_ kind: Kind) {
            self.kind = kind
        }

        /// The file does not exist, is a directory, or the system cannot read it for another reason.
        public static let unreadable = Code(.unreadable)
        /// The file is compressed, or an archive of files.
        public static let compressed = Code(.compressed)
        /// The file is text of another encoding.
        public static let notUTF8 = Code(.notUTF8)
        /// The file has another format: another program's export, or no JSON.
        public static let otherFormat = Code(.otherFormat)
    }

    /// What is wrong.
    public let code: Code
    /// A sentence without its subject; put it after the file's name: `cannot be read: no such file or directory`.
    public let message: String
    /// A shell command that writes the file in a readable form: `gzip -dc`; nil if none is known.
    ///
    /// Put it before the file's name.
    public let command: String?

    init(_ code: Code, _ message: String, command: String? = nil) {
        self.code = code
        self.message = message
        self.command = command
    }

    /// The sentence.
    public var description: String { "the file \(message)" }
}

extension ChatFileError {
    static func compressed(_ message: String, command: String? = nil) -> ChatFileError {
        ChatFileError(.compressed, message, command: command)
    }

    static let unpackIt = "unpack it and import the chats' file in it"
    static let zip = compressed("is a ZIP archive; \(unpackIt)")

    /// Whether the file is a ZIP archive, which may be readable without unpacking.
    var isZIP: Bool { message == Self.zip.message }

    static let utf16 = ChatFileError(.notUTF8, "is UTF-16 text; convert it to UTF-8 first")

    static func otherFormat(_ message: String) -> ChatFileError { ChatFileError(.otherFormat, message) }

    static let separatedTable = otherFormat(
        "is a CSV table of an unknown kind; only Microsoft Copilot's activity history is read")

    static let otherObject = otherFormat("is a JSON object with neither messages nor conversations")
}
