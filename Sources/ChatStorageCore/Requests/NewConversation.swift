/// A conversation to create.
public struct NewConversation: Sendable {
    /// What happens when a conversation of the same id exists.
    public struct Existing: Sendable, Hashable {
        private enum Kind {
            case fail, keep
        }

        private let kind: Kind

        /// The call fails with ``ChatStorageError/Code-swift.struct/conversationExists``.
        public static let fail = Existing(kind: .fail)
        /// The call returns the existing conversation as it is, its title included.
        public static let keep = Existing(kind: .keep)
    }

    /// The id, 1 to 100 Unicode scalars without U+0000.
    public var id: ConversationID
    /// The title, at most 200 Unicode scalars without U+0000, or nil.
    public var title: String?
    /// At most 32 labels.
    public var labels: Set<Label> {
        get { more?.labels ?? [] }
        set { more = More.of(labels: newValue, metadata: metadata) }
    }
    /// What the app keeps beside it.
    public var metadata: Metadata {
        get { more?.metadata ?? Metadata() }
        set { more = More.of(labels: labels, metadata: newValue) }
    }
    /// What happens when a conversation of the same id exists.
    public var ifExists: Existing
    /// What most conversations do not have; nil for nothing, so that most requests are cheap to copy.
    private var more: More?

    /// Labels and metadata; never changed once made.
    private final class More: Sendable {
        let labels: Set<Label>
        let metadata: Metadata

        private init(_ labels: Set<Label>, _ metadata: Metadata) {
            self.labels = labels
            self.metadata = metadata
        }

        /// Makes them; nil for nothing.
        static func of(labels: Set<Label>, metadata: Metadata) -> More? {
            labels.isEmpty && metadata.isEmpty ? nil : More(labels, metadata)
        }
    }

    /// Makes a request to create a conversation.
    ///
    /// - Parameters:
    ///   - id: The id, 1 to 100 Unicode scalars without U+0000.
    ///   - title: The title, at most 200 Unicode scalars without U+0000; by default none.
    ///   - labels: At most 32 labels; by default none.
    ///   - metadata: What the app keeps beside it; by default nothing.
    ///   - ifExists: What happens when a conversation of the same id exists; by default the call fails.
    public init(
        _ id: ConversationID, title: String? = nil, labels: Set<Label> = [], metadata: Metadata = Metadata(),
        ifExists: Existing = .fail
    ) {
        self.id = id
        self.title = title
        self.ifExists = ifExists
        more = More.of(labels: labels, metadata: metadata)
    }

    /// Makes a request without labels and metadata.
    @usableFromInline
    init(plain id: ConversationID, title: String?, ifExists: Existing) {
        self.id = id
        self.title = title
        self.ifExists = ifExists
        more = nil
    }

    /// Whether it has neither labels nor metadata.
    package var isPlain: Bool { more == nil }
}
