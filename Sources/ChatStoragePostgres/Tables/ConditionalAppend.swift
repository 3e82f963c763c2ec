import ChatStorageCore

/// An append that first checks whether it was made before, and whether the conversation is unchanged.
struct ConditionalAppend: Sendable {
    private let key: ConversationKey
    private let values: MessageValues
    private let condition: AppendCondition
    private let marksRead: Bool
    private let statements: Statements
    /// Whether the conversation has labels, as far as is known: the statements for others leave it out.
    private var hasLabels: Bool
    /// Whether the last look found labels.
    private(set) var foundLabels = false
    /// Whether a look found the conversation at another version than the condition names.
    private var foundAnotherVersion = false

    /// - Parameter hasLabels: Whether the conversation may have labels; it costs more, and is right whatever it has.
    init(
        _ new: NewMessages, _ values: MessageValues, to key: ConversationKey, hasLabels: Bool, _ statements: Statements
    ) {
        self.key = key
        self.values = values
        self.statements = statements
        self.hasLabels = hasLabels || !(new.condition.firstValues?.labels ?? []).isEmpty
        condition = new.condition
        marksRead = new.marksRead
    }

    private var messages: [ChatMessage] { values.messages }

    /// Whether an append needs this; all others are an ``Append``.
    static func isNeeded(for new: NewMessages) -> Bool {
        new.messages.first?.key != nil || new.marksRead || new.condition.firstValues != nil
            || new.condition.expectedVersion != nil
    }

    /// What a statement takes that creates the conversation.
    static let creating = BoundColumns<ConditionalAppend>([
        .init("marks_read", .boolean) { $1.append($0.marksRead) },
        .init("title", .text) { $1.append($0.condition.firstValues?.title) },
        .init("labels", .textArray) {
            $1.append(textsOrNull: ConversationTable.stored($0.condition.firstValues?.labels ?? []))
        },
        .init("metadata", .text) {
            $1.append(MessageTable.stored($0.condition.firstValues?.metadata ?? Metadata()))
        },
    ])

    /// What a statement takes for a conversation that exists.
    static let existing = BoundColumns<ConditionalAppend>([
        .init("marks_read", .boolean) { $1.append($0.marksRead) },
        .init("created_at", .timestamptz) { $1.append($0.condition.expectedVersion?.createdAt) },
        .init("last_sequence", .bigint) { $1.append($0.condition.expectedVersion?.lastSequence) },
        .init("cleared_through", .bigint) { $1.append($0.condition.expectedVersion?.clearedThrough) },
    ])

    /// Whether the messages are plain ones with keys, and nothing else is asked for.
    private var isPlain: Bool {
        values.arePlain && values.haveKeys && !hasLabels && !marksRead && condition.firstValues == nil
            && condition.expectedVersion == nil
    }

    private var statement: PreparedSQL {
        if condition.createsConversation {
            if isPlain { return statements.keyedAppend }
            return hasLabels ? statements.labelledAppend : statements.generalAppend
        }
        if isPlain { return statements.keyedAppendIfExists }
        return hasLabels ? statements.labelledAppendIfExists : statements.generalAppendIfExists
    }

    /// The request that looks and appends.
    var request: Request {
        let step = Request.Step(statement: statement, bytes: values.bytes) { [self] in
            Parameters(bytes: values.bytes + 256) { parameters in
                parameters.append(key.tenant)
                parameters.append(key.id.rawValue)
                guard !isPlain else { return MessageTable.keyed.append(values, to: &parameters) }
                MessageTable.full.append(values, to: &parameters)
                (condition.createsConversation ? Self.creating : Self.existing).append(self, to: &parameters)
            }
        }
        return Request(groups: [[step]], .write(key), isRepeatable: isRepeatable)
    }

    /// Whether what it finds may be its own work: with keys, an unanswered attempt is sent again.
    var isRepeatable: Bool { values.haveKeys }

    /// Reads what the statement answered.
    ///
    /// A distributed engine looks for keys and for the version in two snapshots. The write that changed the version may
    /// have stored these very messages, so one more attempt looks for them.
    ///
    /// - Returns: What the caller gets; nil when the append must be made again: the conversation changed between the
    ///   look and the lock, it has labels, or this is the first look that found another version.
    mutating func stored(_ result: QueryResult) throws -> AppendResult? {
        let look = try AppendSQL.Look(result, of: key.id)
        foundLabels = look.hasLabels
        if let repeated = try RepeatedAppend.messages(for: messages, found: look.found) {
            return AppendResult(messages: repeated, version: look.before)
        }
        if let added = look.added {
            guard let after = look.after, added.count == messages.count, added.last - added.first == added.count - 1
            else { throw Appended.damage }
            let appended = Appended(
                firstSequence: added.first, time: added.time, conversationCreatedAt: after.createdAt,
                clearedThrough: after.clearedThrough)
            return appended.result(messages, of: key.id)
        }
        guard let version = look.before else { throw Self.conversationNotFound }
        if let expected = condition.expectedVersion, version != expected {
            guard isRepeatable, !foundAnotherVersion else {
                throw ChatStorageError(
                    .conflict,
                    "the conversation is not the one that was read, was appended to since, or was cleared")
            }
            foundAnotherVersion = true
        }
        if foundLabels { hasLabels = true }
        return nil
    }

    static let conversationNotFound = ChatStorageError(
        .conversationNotFound, "the conversation that was to be appended to does not exist")
}
