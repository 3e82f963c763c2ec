/// Why a chat file cannot be read at all.
public struct ChatFileError: Error, Sendable, CustomStringConvertible {
    /// The kinds of error; more can be added, so a `switch` needs a default.
    public struct Code: Sendable, Hashable {
        private enum Kind {
            case unreadable, compressed, notUTF8
        }

        private let kind: Kind

        private init(_ kind: Kind) {
            self.kind = kind
        }

        /// The file does not exist, is a directory, or cannot be read for another reason of the system's.
        public static let unreadable = Code(.unreadable)
        /// The file is compressed.
        public static let compressed = Code(.compressed)
        /// The file is text of another encoding.
        public static let notUTF8 = Code(.notUTF8)
    }

    /// What is wrong.
    public let code: Code
    /// A sentence without its subject, to be put after the file's name: `cannot be read: no such file or directory`.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence.
    public var description: String { "the file \(message)" }
}
