import ChatStorageCore

/// A change merged with the conversation that was read; it is written only if the conversation is unchanged.
struct MergedChange: Sendable {
    /// The stored form of what can change, apart from the time of update, the read marks and the head.
    struct Values: Sendable {
        var title: String?
        var labels: [String]?
        var metadata: String?

        fileprivate var bytes: Int {
            (title?.utf8.count ?? 0) + (labels ?? []).reduce(0) { $0 + $1.utf8.count } + (metadata?.utf8.count ?? 0)
        }
    }

    private let change: ConversationChange
    private let old: Values
    private let new: Values
    /// When the conversation that was read was created; nil if nothing was read.
    let createdAt: Timestamp?
    /// Whether it becomes the newest in the list.
    private let moves: Bool

    /// Applies a change to a row of ``ConversationTable``.
    ///
    /// - Throws: `ChatStorageError` with the code `tooManyLabels` or `metadataTooLarge`.
    init(_ change: ConversationChange, of row: QueryResult.Row) throws {
        let conversation = try ConversationTable.conversation(
            row, withMetadata: change.metadata.replacement == nil)
        let changed: Conversation
        do {
            // The database's clock gives the time of the change.
            changed = try change.applied(to: conversation, at: conversation.updatedAt)
        } catch let error as ChatStorageError {
            throw error.beforeWriting
        }
        self.change = change
        old = try ConversationTable.storedValues(row)
        createdAt = conversation.createdAt
        new = Values(
            title: changed.title,
            labels: changed.labels == conversation.labels ? old.labels : ConversationTable.stored(changed.labels),
            metadata: change.metadata.isEmpty ? old.metadata : MessageTable.stored(changed.metadata))
        let setsTitle = change.newTitle != nil || (change.titleIfNone != nil && conversation.title == nil)
        moves = setsTitle && !change.keepsPlace
    }

    /// Makes a change of the head, for which nothing need be read.
    init(ofHead change: ConversationChange) {
        self.change = change
        (old, new) = (Values(), Values())
        createdAt = nil
        moves = false
    }

    /// The labels that remain, if it removes some.
    var labelsLeft: [String]? {
        guard let old = old.labels else { return nil }
        let left = new.labels ?? []
        return Set(old.map { Label($0) }).isSubset(of: Set(left.map { Label($0) })) ? nil : left
    }

    /// About how many bytes the values have.
    var bytes: Int { old.bytes + new.bytes }

    /// Its values, in the order in which the statement takes them.
    static let columns = BoundColumns<MergedChange>([
        .init("title", .text) { $1.append($0.new.title) },
        .init("labels", .textArray) { $1.append(textsOrNull: $0.new.labels) },
        .init("metadata", .text) { $1.append($0.new.metadata) },
        .init("moves", .boolean) { $1.append($0.moves) },
        .init("read_through", .bigint) { $1.append($0.change.readThrough) },
        .init("unread_from", .bigint) { $1.append($0.change.unreadFrom) },
        .init("old_title", .text) { $1.append($0.old.title) },
        .init("old_labels", .textArray) { $1.append(textsOrNull: $0.old.labels) },
        .init("old_metadata", .text) { $1.append($0.old.metadata) },
        .init("old_created_at", .timestamptz) { $1.append($0.createdAt) },
    ])
}

extension ConversationChange {
    /// Whether it changes only read marks, which needs no read before.
    var isOfReadMarksAlone: Bool { (readThrough != nil || unreadFrom != nil) && newHead == nil && mergesNothing }

    /// Whether the result does not depend on the stored values, apart from read marks and the head.
    var mergesNothing: Bool {
        newTitle == nil && titleIfNone == nil && addedLabels.isEmpty
            && removedLabels.isEmpty && metadata.isEmpty
    }
}

/// The message that a change makes the head, as ``ConversationTable/changeHead`` takes it.
enum HeadChange {
    static let columns = BoundColumns<ConversationChange.NewHead>([
        .init("head", .bigint) { head, values in
            if case .message(let sequence) = head { values.append(sequence) } else { values.append(nil as Int64?) }
        },
        .init("branch", .bigint) { head, values in
            if case .newest(let sequence) = head { values.append(sequence) } else { values.append(nil as Int64?) }
        },
    ])
}

extension ConversationChange.NewHead {
    /// The message that must be there.
    var sequence: Int64 {
        switch self {
        case .message(let sequence), .newest(let sequence): sequence
        }
    }
}
