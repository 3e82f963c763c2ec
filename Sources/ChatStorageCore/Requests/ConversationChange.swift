/// A change of a conversation, which happens completely or not at all.
///
/// ```swift
/// try await chats.updateConversation("trip", .title("Kyoto"))
/// try await chats.updateConversation("trip", .adding(label: "pinned").read(through: 12))
/// ```
///
/// Only a title that is set moves ``Conversation/updatedAt``, and with it the place in the list. A change that sets
/// nothing changes nothing, and returns the conversation as it is.
public struct ConversationChange: Sendable, Hashable {
    /// The new title: nil leaves the title as it is, and `.some(nil)` removes it.
    public private(set) var newTitle: String??
    /// The title that the conversation gets if it has none.
    public private(set) var titleIfNone: String?
    /// Whether the conversation keeps its place in the list even if its title is set.
    public private(set) var keepsPlace = false
    /// The labels to add.
    public private(set) var addedLabels: Set<Label> = []
    /// The labels to remove.
    public private(set) var removedLabels: Set<Label> = []
    /// The change of the metadata.
    public private(set) var metadata = MetadataChange()
    /// The sequence through which messages become read.
    public private(set) var readThrough: Int64?
    /// The sequence from which messages become unread.
    public private(set) var unreadFrom: Int64?
    /// The new head.
    public private(set) var newHead: NewHead?

    /// A message that becomes the head, the end of the current path.
    public enum NewHead: Sendable, Hashable {
        /// The message of a sequence; 0 is before all messages.
        case message(Int64)
        /// The newest message under one: the highest sequence among itself and all that descend from it.
        case newest(under: Int64)
    }

    /// Makes a change that sets nothing yet.
    public init() {}

    /// Whether nothing is changed.
    public var isEmpty: Bool { isOfTitleAlone && newTitle == nil && titleIfNone == nil }

    /// Whether nothing but the title is changed.
    public var isOfTitleAlone: Bool {
        addedLabels.isEmpty && removedLabels.isEmpty && metadata.isEmpty && readThrough == nil && unreadFrom == nil
            && newHead == nil
    }

    /// Sets the title.
    ///
    /// - Parameter title: At most 200 Unicode scalars without U+0000; nil removes the title.
    public func title(_ title: String?) -> ConversationChange {
        with {
            $0.newTitle = .some(title)
            $0.titleIfNone = nil
        }
    }

    /// Sets the title if there is none.
    ///
    /// - Parameter title: At most 200 Unicode scalars without U+0000.
    public func titleIfNone(_ title: String) -> ConversationChange {
        with {
            $0.newTitle = nil
            $0.titleIfNone = title
        }
    }

    /// Leaves the conversation at its place in the list even if its title is set.
    public func keepingPlace() -> ConversationChange {
        with { $0.keepsPlace = true }
    }

    /// Adds a label, if it is not there yet.
    ///
    /// - Parameter label: 1 to 100 Unicode scalars without U+0000.
    public func adding(label: Label) -> ConversationChange {
        with {
            $0.addedLabels.insert(label)
            $0.removedLabels.remove(label)
        }
    }

    /// Removes a label, if it is there.
    ///
    /// - Parameter label: 1 to 100 Unicode scalars without U+0000.
    public func removing(label: Label) -> ConversationChange {
        with {
            $0.removedLabels.insert(label)
            $0.addedLabels.remove(label)
        }
    }

    /// Changes the metadata, after the changes that are already in this value.
    public func metadata(_ change: MetadataChange) -> ConversationChange {
        with { $0.metadata = $0.metadata.followed(by: change) }
    }

    /// Marks messages as read; later ones that were read stay read.
    ///
    /// - Parameter sequence: The last message that was read; one beyond the conversation's last means the last.
    public func read(through sequence: Int64) -> ConversationChange {
        with {
            $0.readThrough = sequence
            $0.unreadFrom = nil
        }
    }

    /// Marks messages as not read.
    ///
    /// - Parameter sequence: The first message that is not read; earlier ones that were not read stay so.
    public func unread(from sequence: Int64) -> ConversationChange {
        with {
            $0.unreadFrom = sequence
            $0.readThrough = nil
        }
    }

    /// Makes a message the head, the end of the current path; 0 starts a new path from the beginning.
    ///
    /// This changes the conversation's version.
    ///
    /// - Parameter sequence: A stored message, or 0; for another the call fails with `messageNotFound`.
    public func head(_ sequence: Int64) -> ConversationChange {
        with { $0.newHead = .message(sequence) }
    }

    /// Shows the branch that begins with a message: its newest end becomes the head.
    ///
    /// - Parameter sequence: A stored message, most often a ``Fork/Successor``; another is
    ///   ``ChatStorageError/Code-swift.struct/messageNotFound``.
    public func show(branch sequence: Int64) -> ConversationChange {
        with { $0.newHead = .newest(under: sequence) }
    }

    private func with(_ body: (inout ConversationChange) -> Void) -> ConversationChange {
        var change = self
        body(&change)
        return change
    }
}

extension ConversationChange {
    /// Sets the title.
    ///
    /// - Parameter title: At most 200 Unicode scalars without U+0000; nil removes the title.
    public static func title(_ title: String?) -> ConversationChange { ConversationChange().title(title) }

    /// Sets the title if there is none.
    ///
    /// - Parameter title: At most 200 Unicode scalars without U+0000.
    public static func titleIfNone(_ title: String) -> ConversationChange { ConversationChange().titleIfNone(title) }

    /// Adds a label, if it is not there yet.
    ///
    /// - Parameter label: 1 to 100 Unicode scalars without U+0000.
    public static func adding(label: Label) -> ConversationChange { ConversationChange().adding(label: label) }

    /// Removes a label, if it is there.
    ///
    /// - Parameter label: 1 to 100 Unicode scalars without U+0000.
    public static func removing(label: Label) -> ConversationChange { ConversationChange().removing(label: label) }

    /// Changes the metadata.
    public static func metadata(_ change: MetadataChange) -> ConversationChange {
        ConversationChange().metadata(change)
    }

    /// Marks messages as read; later ones that were read stay read.
    ///
    /// - Parameter sequence: The last message that was read; one beyond the conversation's last means the last.
    public static func read(through sequence: Int64) -> ConversationChange {
        ConversationChange().read(through: sequence)
    }

    /// Marks messages as not read.
    ///
    /// - Parameter sequence: The first message that is not read; earlier ones that were not read stay so.
    public static func unread(from sequence: Int64) -> ConversationChange {
        ConversationChange().unread(from: sequence)
    }

    /// Makes a message the head, the end of the current path; 0 starts a new path from the beginning.
    ///
    /// - Parameter sequence: A stored message, or 0; for another the call fails with `messageNotFound`.
    public static func head(_ sequence: Int64) -> ConversationChange { ConversationChange().head(sequence) }

    /// Shows the branch that begins with a message: its newest end becomes the head.
    ///
    /// - Parameter sequence: A stored message, most often a ``Fork/Successor``; another is
    ///   ``ChatStorageError/Code-swift.struct/messageNotFound``.
    public static func show(branch sequence: Int64) -> ConversationChange {
        ConversationChange().show(branch: sequence)
    }
}

extension ConversationChange {
    /// The conversation after the change; for backends.
    ///
    /// A backend calls it in the transaction that changes the conversation, or writes the result only if the
    /// conversation is still the one that it was applied to. The backend finds the new head itself, since that depends
    /// on the messages.
    ///
    /// - Parameters:
    ///   - conversation: The conversation as it is.
    ///   - now: The time of the change.
    /// - Throws: ``ChatStorageError`` with the code `tooManyLabels` if it would have more than 32, `metadataTooLarge`
    ///   if its metadata would have more than 64 KiB.
    public func applied(to conversation: Conversation, at now: Timestamp) throws -> Conversation {
        var changed = conversation
        let title = newTitle ?? (conversation.title == nil ? titleIfNone.map(Optional.some) : nil)
        if let title {
            changed.title = title
            if !keepsPlace { changed.updatedAt = max(conversation.updatedAt, now) }
        }
        changed.labels = conversation.labels.subtracting(removedLabels).union(addedLabels)
        guard changed.labels.count <= Limits.labels || changed.labels.count <= conversation.labels.count else {
            throw ChatStorageError(
                .tooManyLabels,
                "the conversation would have \(changed.labels.count) labels; it takes at most \(Limits.labels)")
        }
        if !metadata.isEmpty { changed.metadata = try metadata.applied(to: conversation.metadata) }
        if let readThrough {
            changed.readThrough = max(conversation.readThrough, min(readThrough, conversation.lastSequence))
        }
        if let unreadFrom { changed.readThrough = min(conversation.readThrough, max(unreadFrom - 1, 0)) }
        return changed
    }
}
