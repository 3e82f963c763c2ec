import ChatStorageSupport

/// The checks of arguments that every backend makes before anything is written.
///
/// A backend calls the one of its operation once it knows that it is open and prepared (these errors come first), so
/// that the same misuse gives the same code everywhere. Errors name the field, the limit and the actual length, never
/// the text.
public enum Validation {
    /// Checks a tenant's name, which the default tenant does not have.
    ///
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidArgument``.
    public static func check(tenant: String) throws {
        try check(tenant, field: "tenant", scalars: Limits.tenantScalars)
    }

    /// Checks a conversation's id.
    ///
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidArgument``.
    public static func check(_ id: ConversationID) throws {
        try check(id.rawValue, field: "conversation id", scalars: Limits.conversationIDScalars)
    }

    /// Checks a conversation to create: the id, the title, the labels and the metadata.
    ///
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidArgument``.
    public static func check(_ new: NewConversation) throws {
        try check(new.id, title: new.title)
        if new.isPlain { return }
        try check(new.labels, new.metadata)
    }

    /// Checks a conversation's change: the id, the new title, the labels, the metadata and the read marks.
    ///
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidArgument``.
    public static func check(_ change: ConversationChange, of id: ConversationID) throws {
        try check(id, title: change.newTitle ?? change.titleIfNone)
        if change.isOfTitleAlone { return }
        for label in change.addedLabels.sorted() { try check(label) }
        for label in change.removedLabels.sorted() { try check(label) }
        try check(change.metadata)
        if let sequence = change.readThrough { try check(sequence: sequence, field: "read_through") }
        if let sequence = change.unreadFrom { try check(sequence: sequence, field: "unread_from") }
        switch change.newHead {
        case .message(let sequence): try check(sequence: sequence, field: "head")
        case .newest(let sequence): try check(sequence: sequence, field: "branch")
        case nil: break
        }
    }

    /// Checks a conversation to delete: the id and the labels that spare it.
    ///
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidArgument``.
    public static func check(_ deletion: ConversationDeletion) throws {
        try check(deletion.id)
        for label in deletion.without.sorted() { try check(label) }
    }

    /// Checks a message's change: the conversation's id, the sequence, what it says and the metadata.
    ///
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidArgument``.
    public static func check(_ revision: MessageRevision) throws {
        try check(revision.conversationID)
        try check(sequence: revision.sequence, field: "sequence")
        if let body = revision.body { _ = try check(body, field: "body") }
        try check(revision.metadata)
    }

    /// Checks a query of answers under way: the time and the limit, 0 or more.
    ///
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidArgument``.
    public static func check(_ query: UnfinishedQuery) throws {
        guard query.notRevisedFor >= .zero else {
            throw ChatStorageError(.invalidArgument, "not_revised_for is \(query.notRevisedFor); it must be 0 or more")
        }
        if let place = query.after {
            if let tenant = place.tenant { try check(tenant: tenant) }
            try check(place.message.conversationID)
        }
        try check(limit: query.limit)
    }

    /// Checks a query of tenants: the limit, 0 or more.
    ///
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidArgument``.
    public static func check(_ query: TenantQuery) throws {
        if let name = query.after, !name.isEmpty { try check(tenant: name) }
        try check(limit: query.limit)
    }

    /// Checks a query of conversations: the limit, 0 or more, the labels, the length of previews and the cursor.
    ///
    /// - Parameters:
    ///   - query: The query.
    ///   - tenant: The tenant that is read; empty for the default tenant.
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidArgument``, then
    ///   ``ChatStorageError/Code-swift.struct/invalidCursor``.
    public static func check(_ query: ConversationQuery, tenant: String) throws {
        try check(limit: query.limit)
        if !query.with.isEmpty || !query.without.isEmpty {
            for label in query.with.sorted() { try check(label) }
            for label in query.without.sorted() { try check(label) }
        }
        if let preview = query.preview, !Limits.previewScalars.contains(preview) {
            let (least, most) = (Limits.previewScalars.lowerBound, Limits.previewScalars.upperBound)
            throw ChatStorageError(
                .invalidArgument, "preview is \(preview); it takes \(least) to \(most) Unicode scalars")
        }
        _ = try query.cursor?.position(tenant: tenant)
    }

    /// Checks a query of messages: the id, the limit and the end of the path, 0 or more, or what is looked up.
    ///
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidArgument``.
    public static func check(_ query: MessageQuery) throws {
        try check(query.conversationID)
        guard let lookup = query.lookup else {
            try check(limit: query.limit)
            if case .through(let sequence) = query.path { try check(sequence: sequence, field: "through") }
            return
        }
        guard lookup.count <= Limits.lookedUp else {
            throw ChatStorageError(
                .invalidArgument, "the look-up names \(lookup.count) messages; it takes at most \(Limits.lookedUp)")
        }
        if case .keys(let keys) = lookup {
            for (index, key) in keys.enumerated() {
                try check(key, field: "keys[\(index)]", scalars: Limits.keyScalars)
            }
        }
    }

    /// Checks a removal of messages: the id, and their number.
    ///
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidArgument``.
    public static func check(_ removal: MessageRemoval) throws {
        try check(removal.conversationID)
        switch removal.selection {
        case .all: break
        case .from(let sequence): try check(sequence: sequence, field: "from")
        case .messages(let sequences):
            guard sequences.count <= Limits.lookedUp else {
                throw ChatStorageError(
                    .invalidArgument,
                    "the removal names \(sequences.count) messages; it takes at most \(Limits.lookedUp)")
            }
            for (index, sequence) in sequences.enumerated() {
                try check(sequence: sequence, field: "messages[\(index)]")
            }
        }
    }

    private static func check(_ id: ConversationID, title: String?) throws {
        try check(id)
        if let title { try check(title, field: "title", scalars: Limits.titleScalars) }
    }

    private static func check(limit: Int) throws {
        guard limit >= 0 else {
            throw ChatStorageError(.invalidArgument, "limit is \(limit); it must be 0 or more")
        }
    }

    /// Checks an append: the id, the messages' number, contents, parts, metadata, keys and total size, the first values
    /// of a conversation that it creates, and the messages' roles.
    ///
    /// - Parameters:
    ///   - new: The append.
    ///   - roles: The roles that the store takes.
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidArgument``, then
    ///   ``ChatStorageError/Code-swift.struct/invalidRole``.
    public static func check(_ new: NewMessages, roles: RoleSet) throws {
        let messages = new.messages
        try check(new.conversationID)
        if let sequence = new.place.predecessor { try check(sequence: sequence, field: "after") }
        if let sequence = new.place.replaced { try check(sequence: sequence, field: "instead_of") }
        guard messages.count <= Limits.appendMessages else {
            throw ChatStorageError(
                .invalidArgument,
                "messages has \(messages.count) elements; one append takes at most \(Limits.appendMessages)")
        }
        var bytes = 0
        var keys: [UTF8Text: Int] = [:]
        for index in messages.indices {
            bytes += try check(messages[index], index: index)
            if let key = messages[index].key { try check(key: key, index: index, after: &keys) }
        }
        try checkAllOrNoneHaveKeys(messages, keys: keys.count)
        guard bytes <= Limits.appendBytes else {
            throw ChatStorageError(
                .invalidArgument,
                "messages have \(bytes) bytes of content; one append takes at most \(Limits.appendBytes)")
        }
        if let first = new.condition.firstValues {
            if let title = first.title { try check(title, field: "title", scalars: Limits.titleScalars) }
            try check(first.labels, first.metadata)
        }
        for index in messages.indices {
            try check(messages[index].role, index: index, roles: roles)
        }
    }

    /// Checks a snapshot to restore: id, title, times, sequences, contents, keys and roles.
    ///
    /// - Parameters:
    ///   - snapshot: The snapshot.
    ///   - roles: The roles that the store takes.
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidArgument``, then
    ///   ``ChatStorageError/Code-swift.struct/invalidRole``.
    public static func check(_ snapshot: ConversationSnapshot, roles: RoleSet) throws {
        try check(snapshot.id, title: snapshot.title)
        try check(snapshot.labels, snapshot.metadata)
        try check(time: snapshot.createdAt, field: "created_at", notBefore: nil)
        var sequence: Int64 = 0
        var time = snapshot.createdAt
        var keys: [UTF8Text: Int] = [:]
        for (index, message) in snapshot.messages.enumerated() {
            guard message.sequence > sequence else {
                throw ChatStorageError(
                    .invalidArgument,
                    "messages[\(index)] has sequence \(message.sequence); it must be above \(sequence)")
            }
            try check(time: message.createdAt, field: "messages[\(index)].created_at", notBefore: time)
            _ = try check(message.body, index: index)
            if let key = message.key { try check(key: key, index: index, after: &keys) }
            try check(message.writing, index: index)
            if let predecessor = message.predecessor, !snapshot.messages[..<index].has(predecessor) {
                throw ChatStorageError(
                    .invalidArgument,
                    "messages[\(index)] follows \(predecessor), which is no message before it")
            }
            sequence = message.sequence
            time = message.createdAt
        }
        if let head = snapshot.head, !snapshot.messages[...].has(head) {
            throw ChatStorageError(.invalidArgument, "head is \(head), which is no message")
        }
        try check(time: snapshot.updatedAt, field: "updated_at", notBefore: time)
        guard (sequence...max(sequence, Limits.restoredSequence)).contains(snapshot.lastSequence),
            snapshot.lastSequence <= Limits.restoredSequence
        else {
            throw ChatStorageError(
                .invalidArgument,
                """
                last_sequence is \(snapshot.lastSequence); it must be at least the last message's, \(sequence), \
                and at most \(Limits.restoredSequence)
                """)
        }
        guard (0...snapshot.lastSequence).contains(snapshot.readThrough) else {
            throw ChatStorageError(
                .invalidArgument,
                "read_through is \(snapshot.readThrough); it must be 0 to last_sequence, \(snapshot.lastSequence)")
        }
        let highest = snapshot.messages.first.map { $0.sequence - 1 } ?? snapshot.lastSequence
        guard (0...highest).contains(snapshot.clearedThrough) else {
            throw ChatStorageError(
                .invalidArgument,
                "cleared_through is \(snapshot.clearedThrough); it must be 0 to \(highest), before all messages")
        }
        for (index, message) in snapshot.messages.enumerated() {
            try check(message.role, index: index, roles: roles)
        }
    }

    /// Checks how the writing of a message went.
    private static func check(_ writing: MessageWriting, index: Int) throws {
        guard writing.revision >= (writing.state == .complete && writing.revisedAt == nil ? 0 : 1) else {
            throw ChatStorageError(
                .invalidArgument,
                """
                messages[\(index)] is \(writing.state.rawValue) with revision \(writing.revision); it must be 1 or \
                more, or 0 for a complete message without revised_at
                """)
        }
        guard writing.revision <= Limits.restoredRevision else {
            throw ChatStorageError(
                .invalidArgument,
                "messages[\(index)] has revision \(writing.revision); it must be at most \(Limits.restoredRevision)")
        }
        if let time = writing.revisedAt {
            try check(time: time, field: "messages[\(index)].revised_at", notBefore: nil)
        }
    }

    private static func check(sequence: Int64, field: @autoclosure () -> String) throws {
        guard sequence >= 0 else {
            throw ChatStorageError(.invalidArgument, "\(field()) is \(sequence); it must be 0 or more")
        }
    }

    static func check(_ text: String, field: @autoclosure () -> String, scalars bounds: ClosedRange<Int>) throws {
        // A scalar has one to four bytes, so most text needs no counting.
        let bytes = text.utf8.count
        if bytes > bounds.upperBound || bytes < bounds.lowerBound {
            let scalars = text.unicodeScalars.count
            guard bounds.contains(scalars) else {
                throw ChatStorageError(
                    .invalidArgument,
                    "\(field()) has \(scalars) Unicode scalars; it takes \(bounds.lowerBound) to \(bounds.upperBound)")
            }
        }
        guard !text.hasNUL else {
            throw ChatStorageError(.invalidArgument, "\(field()) has U+0000 in it, which no database keeps")
        }
    }

    /// Checks a message's content, parts and metadata.
    ///
    /// - Returns: How many bytes its texts have.
    private static func check(_ message: ChatMessage, index: Int) throws -> Int {
        try check(message, field: "messages[\(index)]")
    }

    private static func check(_ message: ChatMessage, field: @autoclosure () -> String) throws -> Int {
        let bytes = message.content.utf8.count
        guard Limits.contentBytes.contains(bytes) else {
            throw ChatStorageError(
                .invalidArgument,
                "\(field()).content has \(bytes) bytes; it takes at most \(Limits.contentBytes.upperBound)")
        }
        guard !message.content.hasNUL else {
            throw ChatStorageError(
                .invalidArgument, "\(field()).content has U+0000 in it, which no database keeps")
        }
        return message.isPlain ? bytes : try check(more: message, field: field())
    }

    /// Checks a message's key, and that no message before it has the same.
    private static func check(key: String, index: Int, after keys: inout [UTF8Text: Int]) throws {
        try check(key, field: "messages[\(index)].key", scalars: Limits.keyScalars)
        if let first = keys.updateValue(index, forKey: UTF8Text(key)) {
            throw ChatStorageError(
                .invalidArgument, "messages[\(index)].key is that of messages[\(first)]; each takes a key of its own")
        }
    }

    /// Checks that all messages of an append have keys, or none: one without would be stored again by a repeat.
    private static func checkAllOrNoneHaveKeys(_ messages: [ChatMessage], keys: Int) throws {
        guard keys > 0, let keyless = messages.firstIndex(where: { $0.key == nil }) else { return }
        throw ChatStorageError(
            .invalidArgument,
            "messages[\(keyless)] has no key, and others have one; all messages of an append have keys, or none")
    }

    private static func check(time: Timestamp, field: @autoclosure () -> String, notBefore earlier: Timestamp?) throws {
        guard Limits.timestamps.contains(time) else {
            throw ChatStorageError(.invalidArgument, "\(field()) is outside the years 1 to 9999")
        }
        if let earlier, time < earlier {
            throw ChatStorageError(
                .invalidArgument, "\(field()) is \(time), before \(earlier); times must not decrease")
        }
    }

    private static func check(_ role: Role, index: Int, roles: RoleSet) throws {
        guard !roles.contains(role) else { return }
        let taken = roles.roles.map(\.rawValue).sorted().joined(separator: ", ")
        var reason = "messages[\(index)].role is not one that this store takes (\(taken))"
        if RoleSet.withTools.contains(role) { reason += "; set roles: .withTools in its configuration and prepare it" }
        throw ChatStorageError(.invalidRole, reason)
    }
}

extension ArraySlice<ConversationSnapshot.Message> {
    /// Whether a message of this sequence is among these, which are in order; 0 always is.
    fileprivate func has(_ sequence: Int64) -> Bool {
        if sequence == 0 { return true }
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low < endIndex && self[low].sequence == sequence
    }
}
