public import ChatStorageCore

/// A file of chats, read conversation by conversation: memory holds one, and a number for each without an id.
///
/// Two formats are told apart by their first character:
///
/// - JSON Lines, one `{"conversation_id", "title", "messages": [{"role", "content", "created_at"}]}` a line, where the
///   id, the title and the times may be missing or null; OpenAI's fine-tuning files are this.
/// - A JSON array of ShareGPT conversations: `[{"conversations": [{"from": "human", "value": "..."}]}]`, with
///   the conversation's `id` and `title` if they are there.
///
/// Other members of an object are not kept: a message's `tool_calls`, `name` or `weight`, or times of the conversation
/// itself, which is created with its first message and updated with its last.
///
/// Conversations without an id get one that is derived from their content and their number among equals in the file.
///
/// ```swift
/// for try await entry in ChatFile(path: "chats.jsonl") {
///     print(entry.line, entry.content)
/// }
/// ```
///
/// Reading throws ``ChatFileError`` when the file cannot be read at all, and `CancellationError` when the task is
/// cancelled. What is wrong within the file is an entry like the others, and reading goes on after it.
public struct ChatFile: AsyncSequence, Sendable {
    /// A conversation of the file, or what is there instead.
    public struct Entry: Sendable {
        /// What was found.
        public enum Content: Sendable {
            /// A conversation; whether its sizes and times can be stored is for the storage to say.
            case conversation(ArchivedConversation)
            /// No conversation, for a reason that quotes no message and no title.
            case invalid(reason: String)
        }

        /// The line where it begins, counted from 1.
        public let line: Int
        /// What was found.
        public let content: Content
        /// How many bytes of the file have been read so far.
        public let bytesRead: Int64

        /// Makes an entry.
        public init(line: Int, content: Content, bytesRead: Int64) {
            self.line = line
            self.content = content
            self.bytesRead = bytesRead
        }
    }

    /// An entry of the file.
    public typealias Element = Entry

    private enum Source: Sendable {
        case path(String)
        case descriptor(FileDescriptor)
    }

    private let source: Source
    private let roles: Set<Role>

    /// A file.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - roles: The roles that messages can have; a conversation with any other is invalid.
    public init(path: String, roles: Set<Role> = Role.standard) {
        source = .path(path)
        self.roles = roles
    }

    /// What an open descriptor gives.
    package init(_ descriptor: FileDescriptor, roles: Set<Role> = Role.standard) {
        source = .descriptor(descriptor)
        self.roles = roles
    }

    /// Starts reading.
    public func makeAsyncIterator() -> Iterator {
        Iterator(roles: roles) { [source] in
            switch source {
            case .path(let path): try await FileDescriptor.reading(path: path)
            case .descriptor(let descriptor): descriptor
            }
        }
    }
}
