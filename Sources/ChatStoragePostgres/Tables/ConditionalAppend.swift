import ChatStorageCore

/// An append that first checks whether it was made before, and whether the conversation is unchanged.
struct ConditionalAppend: Sendable {
    private let key: ConversationKey
    private let messages: [ChatMessage]
    private let condition: AppendCondition
    /// Whether a look found the conversation at another version than the condition names.
    private var foundAnotherVersion = false
    let request: Request

    init(_ messages: [ChatMessage], to key: ConversationKey, if condition: AppendCondition, _ statements: Statements) {
        self.key = key
        self.messages = messages
        self.condition = condition
        let bytes = messages.reduce(0) { $0 + MessageTable.bytes(of: $1) }
        let statement =
            if condition.expectedVersion != nil {
                statements.appendIfUnchanged
            } else {
                condition.createsConversation ? statements.keyedAppend : statements.keyedAppendIfExists
            }
        let step = Request.Step(statement: statement, bytes: bytes) {
            Parameters(bytes: bytes + 256) { values in
                values.append(key.tenant)
                values.append(key.id.rawValue)
                MessageTable.full.append(messages, to: &values)
                if let version = condition.expectedVersion {
                    values.append(version.createdAt)
                    values.append(version.lastSequence)
                }
            }
        }
        request = Request(groups: [[step]], .write(key), isRepeatable: Self.haveKeys(messages))
    }

    /// Whether an append needs this; all others are an ``Append``.
    static func isNeeded(for messages: [ChatMessage], if condition: AppendCondition) -> Bool {
        condition.expectedVersion != nil || !MessageTable.areLean(messages)
    }

    /// All messages of an append have keys, or none.
    private static func haveKeys(_ messages: [ChatMessage]) -> Bool { messages.first?.key != nil }

    /// Whether what it finds may be its own work: with keys, an unanswered attempt is sent again.
    var isRepeatable: Bool { request.isRepeatable }

    /// Reads what the statement answered.
    ///
    /// A distributed engine looks for keys and for the version in two snapshots. The write that changed the version may
    /// have stored these very messages, so one more attempt looks for them.
    ///
    /// - Returns: What the caller gets; nil when the append must be made again: the conversation changed between the
    ///   look and the lock, or this is the first look that found another version.
    mutating func stored(_ result: QueryResult) throws -> AppendResult? {
        let look = try AppendSQL.Look(result, of: key.id)
        if let repeated = try RepeatedAppend.messages(for: messages, found: look.found) {
            return AppendResult(messages: repeated, version: look.before)
        }
        if let added = look.added {
            guard let after = look.after, added.count == messages.count, added.last - added.first == added.count - 1
            else { throw Appended.damage }
            let appended = Appended(
                firstSequence: added.first, time: added.time, conversationCreatedAt: after.createdAt)
            return appended.result(messages, of: key.id)
        }
        guard let version = look.before else { throw Self.conversationNotFound }
        if let expected = condition.expectedVersion, version != expected {
            guard isRepeatable, !foundAnotherVersion else {
                throw ChatStorageError(
                    .conflict, "the conversation is not the one that was read, or was appended to since")
            }
            foundAnotherVersion = true
        }
        return nil
    }

    static let conversationNotFound = ChatStorageError(
        .conversationNotFound, "the conversation that was to be appended to does not exist")
}
