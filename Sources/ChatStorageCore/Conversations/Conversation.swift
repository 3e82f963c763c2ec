import ChatStorageSupport

/// A conversation, as it was when it was read; its messages are read apart.
public struct Conversation: Sendable, Identifiable {
    /// The id that the app chose.
    public let id: ConversationID
    /// The title, nil for none.
    public let title: String?
    /// When it was created; a conversation created again under a deleted id has a time of its own.
    public let createdAt: Timestamp
    /// When it was last appended to, cleared or retitled; it never goes back, even when the clock does.
    public let updatedAt: Timestamp
    /// The highest sequence that an append has used, 0 if none has; clearing does not lower it.
    public let lastSequence: Int64

    /// Makes a conversation; backends do, and apps in their previews and tests.
    public init(
        id: ConversationID, title: String?, createdAt: Timestamp, updatedAt: Timestamp, lastSequence: Int64
    ) {
        self.id = id
        self.title = title
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.lastSequence = lastSequence
    }
}

extension Conversation: Hashable {
    /// Whether both are the same conversation in the same state; the titles' UTF-8 bytes are compared.
    public static func == (left: Conversation, right: Conversation) -> Bool {
        left.id == right.id && left.createdAt == right.createdAt && left.updatedAt == right.updatedAt
            && left.lastSequence == right.lastSequence && left.title.hasSameUTF8(as: right.title)
    }

    /// Hashes the id and the time of the last change.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(updatedAt)
    }
}
