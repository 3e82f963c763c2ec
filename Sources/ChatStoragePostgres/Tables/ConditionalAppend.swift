import ChatStorageCore

/// An append that first checks whether it was made before, whether the conversation is unchanged and whether its place
/// exists.
struct ConditionalAppend: Sendable {
    private let new: NewMessages
    private let key: ConversationKey
    private let values: MessageValues
    private let statements: Statements
    /// Whether the conversation is known to have labels: the statements for plain conversations leave it out.
    private var hasLabels: Bool
    /// Whether a separate statement locks the row first.
    ///
    /// Without that, a conversation whose head is not the newest message is left out, and messages are added at the
    /// head.
    private var locksFirst: Bool
    /// Whether the last attempt found labels.
    private(set) var foundLabels = false
    /// Whether an attempt found the conversation at another version than the condition names.
    private var foundAnotherVersion = false

    /// - Parameters:
    ///   - hasLabels: Whether the conversation may have labels; true costs more, but is always correct.
    ///   - isLeftOut: Whether a statement for plain conversations has left the conversation out.
    init(
        _ new: NewMessages, _ values: MessageValues, to key: ConversationKey, hasLabels: Bool, isLeftOut: Bool = false,
        _ statements: Statements
    ) {
        self.new = new
        self.key = key
        self.values = values
        self.statements = statements
        self.hasLabels = hasLabels || !(new.condition.firstValues?.labels ?? []).isEmpty
        locksFirst =
            isLeftOut || new.place != .head || !new.movesHead || new.condition.expectedVersion?.head != nil
    }

    private var condition: AppendCondition { new.condition }

    /// Whether an append needs this; all others are an ``Append``.
    static func isNeeded(for new: NewMessages) -> Bool {
        new.messages.first?.key != nil || new.marksRead || new.condition.firstValues != nil
            || new.condition.expectedVersion != nil || !new.isAtHead
    }

    private static let always: [BoundColumns<ConditionalAppend>.Column] = [
        .init("marks_read", .boolean) { $1.append($0.new.marksRead) },
        .init("is_streaming", .boolean) { $1.append($0.new.isStreaming) },
    ]

    /// The first values of a conversation that the append creates.
    static let first = BoundColumns<ConditionalAppend>([
        .init("title", .text) { $1.append($0.condition.firstValues?.title) },
        .init("labels", .textArray) {
            $1.append(textsOrNull: ConversationTable.stored($0.condition.firstValues?.labels ?? []))
        },
        .init("metadata", .text) {
            $1.append(MessageTable.stored($0.condition.firstValues?.metadata ?? Metadata()))
        },
    ])

    private static let version: [BoundColumns<ConditionalAppend>.Column] = [
        .init("created_at", .timestamptz) { $1.append($0.condition.expectedVersion?.createdAt) },
        .init("last_sequence", .bigint) { $1.append($0.condition.expectedVersion?.lastSequence) },
        .init("cleared_through", .bigint) { $1.append($0.condition.expectedVersion?.clearedThrough) },
    ]

    /// The values of a statement that creates the conversation.
    static let creating = BoundColumns<ConditionalAppend>(always + first.columns)

    /// The values of a statement for a conversation that exists.
    static let existing = BoundColumns<ConditionalAppend>(always + version)

    /// The values of a statement that adds at a place.
    static let placed = BoundColumns<ConditionalAppend>(
        always + version + [
            .init("head", .bigint) { $1.append($0.condition.expectedVersion?.head) },
            .init("after", .bigint) { $1.append($0.new.place.predecessor) },
            .init("instead_of", .bigint) { $1.append($0.new.place.replaced) },
            .init("moves_head", .boolean) { $1.append($0.new.movesHead) },
        ])

    /// Whether the messages are plain ones with keys, and nothing else is asked for.
    private var isPlain: Bool {
        values.arePlain && values.haveKeys && !hasLabels && !new.marksRead && !new.isStreaming
            && condition.firstValues == nil && condition.expectedVersion == nil
    }

    private var statement: PreparedSQL {
        if condition.createsConversation {
            if isPlain { return statements.keyedAppend }
            return hasLabels ? statements.labelledAppend : statements.generalAppend
        }
        if isPlain { return statements.keyedAppendIfExists }
        return hasLabels ? statements.labelledAppendIfExists : statements.generalAppendIfExists
    }

    /// Whether to create a missing conversation.
    private var mayCreate: Bool {
        condition.createsConversation && (new.place == .head || new.place.predecessor == 0)
    }

    /// The request that checks and appends.
    var request: Request {
        guard locksFirst else {
            let more = condition.createsConversation ? Self.creating : Self.existing
            let step = step(statement, bytes: values.bytes) { append, values in
                guard !append.isPlain else { return MessageTable.keyed.append(append.values, to: &values) }
                MessageTable.full.append(append.values, to: &values)
                more.append(append, to: &values)
            }
            return Request(groups: [[step]], .write(key), isRepeatable: isRepeatable)
        }
        let creation = step(statements.createForAppend) { Self.first.append($0, to: &$1) }
        let lock = step(statements.lockConversation) { _, _ in }
        let append = step(statements.placedAppend, bytes: values.bytes) { append, values in
            MessageTable.full.append(append.values, to: &values)
            Self.placed.append(append, to: &values)
        }
        return Request(
            Script.transaction((mayCreate ? [creation] : []) + [lock, append]), .write(key), isRepeatable: isRepeatable)
    }

    private func step(
        _ statement: PreparedSQL, bytes: Int = 0,
        _ more: @escaping @Sendable (_ append: ConditionalAppend, _ values: inout Parameters) -> Void
    ) -> Request.Step {
        Request.Step(statement: statement, bytes: bytes) { [self] in
            Parameters(bytes: bytes + 256) { values in
                values.append(key.tenant)
                values.append(key.id.rawValue)
                more(self, &values)
            }
        }
    }

    /// Whether an unanswered attempt can be sent again: with keys, the next attempt finds the first one's work.
    var isRepeatable: Bool { values.haveKeys }

    /// Reads the answers of the request's statements.
    ///
    /// - Returns: The caller's result; nil if the append must be made again.
    mutating func stored(_ results: [QueryResult]) throws -> AppendResult? {
        if locksFirst { try results.checkCommitted() }
        guard let result = locksFirst ? results.dropLast().last : results.first else { throw Appended.damage }
        return try stored(result)
    }

    /// Reads the answer of the statement that checks and appends.
    ///
    /// A distributed engine reads keys and version in two snapshots. The write that changed the version may have stored
    /// these very messages, so another attempt looks for them.
    ///
    /// - Returns: The caller's result; nil if the append must be made again: the conversation changed between the check
    ///   and the lock, it has labels or a head, or this is the first attempt that found another version.
    mutating func stored(_ result: QueryResult) throws -> AppendResult? {
        let look = try AppendLook(result, of: key.id)
        foundLabels = look.hasLabels
        if let repeated = try RepeatedAppend.messages(for: new, found: look.found) {
            return AppendResult(messages: repeated, version: look.before)
        }
        if let added = look.added {
            guard let after = look.after, added.count == new.messages.count,
                added.last - added.first == added.count - 1
            else { throw Appended.damage }
            let appended = Appended(
                firstSequence: added.first, time: added.time, conversationCreatedAt: after.createdAt,
                clearedThrough: after.clearedThrough, parent: added.parent, head: after.head)
            return appended.result(new)
        }
        guard let version = look.before else {
            // Another session deleted it between its creation and the lock.
            if locksFirst, mayCreate { return nil }
            throw condition.createsConversation ? Self.messageNotFound : Self.conversationNotFound
        }
        if !look.hasPlace { throw Self.messageNotFound }
        if let expected = condition.expectedVersion, version != expected {
            guard isRepeatable, !foundAnotherVersion else {
                throw ChatStorageError(
                    .conflict,
                    "the conversation changed since it was read: made anew, appended to, cleared or given another head")
            }
            foundAnotherVersion = true
        }
        if foundLabels { hasLabels = true }
        if version.head != nil { locksFirst = true }
        return nil
    }

    private static let conversationNotFound = ChatStorageError(
        .conversationNotFound, "the conversation to append to does not exist")
    private static let messageNotFound = ChatStorageError(
        .messageNotFound, "the message to follow or replace does not exist")
}
