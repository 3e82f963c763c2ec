public import ChatStorageCore
package import ChatStorageSupport

/// A file of chats, read conversation by conversation: memory holds one, and a number for each without an id.
///
/// The file's first bytes show its format. Two formats are described here; <doc:ImportingChats> lists the exports of
/// other programs.
///
/// - JSON Lines, one `{"conversation_id", "title", "messages": [{"role", "content", "created_at"}]}` per line. The id,
///   the title and the times may be missing or null. OpenAI's lines for fine-tuning have this format: content can be a
///   text, null or an array of parts; calls, results, refusals, audio and reasoning become parts.
///   An object may also take several lines.
/// - A JSON array of ShareGPT conversations: `[{"conversations": [{"from": "human", "value": "..."}]}]`, with
///   the conversation's `id` and `title` if they are there. A `function_call` becomes a call, an `observation` the
///   result of the first call that waits for one.
///
/// In both, the id's name is `conversation_id` or `id`; if both are there and differ, the first counts. A `system`
/// prompt beside the messages becomes the first message. Files in `images`, `videos` and `audios` replace `<image>`,
/// `<video>` and `<audio>` in the texts if there is a mark for each. Two answers, in `chosen` and `rejected`, or
/// `preferred_output` and `non_preferred_output`, become branches; the preferred one is the current path.
///
/// The library's own archives, which `chatstorage show --json --all` writes, are JSON Lines with everything: a
/// conversation's `created_at`, `updated_at`, `last_id` (or `last_sequence`), `read_through`, `labels` and `metadata`;
/// a message's `id` (or `sequence`), `parts` instead of the content or beside it, `metadata`, `native` and `key`, as
/// in the values' `Codable`. In a line with `last_id`, each of them must be as the library writes it. In any other line
/// each may be missing, and a member of the same name with another meaning is kept like any other member. Messages are
/// then numbered by their places, and a conversation without times is created at its first message and updated at its
/// last.
///
/// Other members, such as `tools` beside the messages or a message's `name` and `weight`, go to the metadata under
/// their own names. If metadata does not take them, and in the library's own lines, their names are in
/// ``ArchivedConversation/leftOut``, unless they are null or empty.
///
/// A role `User` or a time as a number makes a conversation invalid. A ``Leniency`` mends that.
///
/// ChatGPT's, Claude's and Open WebUI's exports are read as they come; their branches, times, models, tool calls,
/// reasoning and files are kept. On Linux a ZIP archive is read without unpacking it: an export's `conversations.json`,
/// or its shards in the order of the export's list, or else every JSON file in it. Lines and bytes are those of the
/// file in the archive.
///
/// A SQLite database of another program is also read, if it is named by its path and has known tables: a store with
/// `conversations` and `chat_messages`, as programs with SQLAlchemy make them, the sessions of OpenAI's Agents SDK,
/// LangChain's `message_store`, the log of `llm`, Open WebUI's and ChatGPT Export Studio's databases.
/// It may be in use, and is not changed.
///
/// A conversation without an id gets one, derived from its content and its number among equal conversations in the
/// file.
///
/// ```swift
/// for try await entry in ChatFile(path: "chats.jsonl") {
///     print(entry.line, entry.content)
/// }
/// ```
///
/// Reading throws ``ChatFileError`` when the file cannot be read at all or is known to be something else, and
/// `CancellationError` when the task is cancelled. A fault within the file becomes an entry like the others, and
/// reading goes on after it: in JSON Lines with the next line; in an array, where one stray quote or bracket changes
/// the meaning of everything after it, with the next whole conversation at a place where an element can begin. If there
/// is none, the last entry says from where on the file was not read. If a regular file changed while it was read, the
/// last entry says that.
public struct ChatFile: AsyncSequence, Sendable {
    /// A conversation of the file, or what is there instead.
    public struct Entry: Sendable {
        /// What was found.
        public enum Content: Sendable {
            /// A conversation; the storage decides whether its sizes and times can be stored.
            case conversation(ArchivedConversation)
            /// No conversation, for a reason that quotes no message and no title.
            case invalid(reason: String)
            /// Damage of the file: its rest is not read or is missing, or it is an archive that was changed.
            case fileDamaged(reason: String)
        }

        /// The line where it begins, counted from 1.
        public let line: Int
        /// The element's number in an array, counted from 1; after damage each stretch of it counts as one element.
        ///
        /// Nil in JSON Lines, in a file that is read as a whole, and outside elements.
        public let element: Int?
        /// The first byte of the entry in the file, counted from 1.
        public let byte: Int64
        /// The conversation's id, if it could be read; an invalid conversation may have one too.
        public let id: ConversationID?
        /// What was found.
        public let content: Content
        /// How many bytes of the file have been read so far.
        public let bytesRead: Int64

        /// Makes an entry.
        public init(
            line: Int, element: Int? = nil, byte: Int64 = 1, id: ConversationID? = nil, content: Content,
            bytesRead: Int64
        ) {
            self.line = line
            self.element = element
            self.byte = byte
            self.id = id
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
    /// The end of an error about a role that another store could take, but not this one.
    private let advice: String
    private let leniency: Leniency

    /// A file.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - roles: The roles that messages can have; a conversation with any other role is invalid. By default those of
    ///     plain chats.
    ///   - leniency: Which faults are mended; by default none.
    public init(path: String, roles: Set<Role> = Role.standard, leniency: Leniency = .none) {
        self.init(.path(path), roles: roles, advice: "", leniency: leniency)
    }

    /// A file.
    ///
    /// - Parameter advice: The end of an error about a role that a store could take, but that is not in `roles`.
    package init(path: String, roles: Set<Role>, advice: String, leniency: Leniency = .none) {
        self.init(.path(path), roles: roles, advice: advice, leniency: leniency)
    }

    /// The contents of an open descriptor.
    package init(
        _ descriptor: FileDescriptor, roles: Set<Role> = Role.standard, advice: String = "", leniency: Leniency = .none
    ) {
        self.init(.descriptor(descriptor), roles: roles, advice: advice, leniency: leniency)
    }

    private init(_ source: Source, roles: Set<Role>, advice: String, leniency: Leniency) {
        self.source = source
        self.roles = roles
        self.advice = advice
        self.leniency = leniency
    }

    /// Starts reading.
    public func makeAsyncIterator() -> Iterator {
        let decoder = ConversationDecoder(roles: roles, advice: advice, leniency: leniency)
        return switch source {
        case .path(let path): Iterator(path: path, decoder: decoder) { try await FileDescriptor.reading(path: path) }
        case .descriptor(let descriptor): Iterator(decoder: decoder) { descriptor }
        }
    }
}
