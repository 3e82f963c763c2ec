import ChatStorageCore

/// An append that looks at what is there first: whether it was made before, and whether the conversation is unchanged.
struct LookingAppend: Sendable {
    private let key: ConversationKey
    private let messages: [ChatMessage]
    private let condition: AppendCondition
    let request: Request

    init(_ messages: [ChatMessage], to key: ConversationKey, if condition: AppendCondition, _ statements: Statements) {
        self.key = key
        self.messages = messages
        self.condition = condition
        let bytes = messages.reduce(0) { $0 + $1.content.utf8.count + ($1.key?.utf8.count ?? 0) + 48 }
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
                values.append(texts: messages.lazy.map(\.role.rawValue))
                values.append(texts: messages.lazy.map(\.content))
                values.append(texts: messages.lazy.map(\.key))
                if let version = condition.expectedVersion {
                    values.append(version.createdAt)
                    values.append(version.lastSequence)
                }
            }
        }
        request = Request(
            groups: [[step]], .write(key), isRepeatable: messages.contains { $0.key != nil })
    }

    /// Whether an append needs to look: all others are sent without.
    static func isNeeded(for messages: [ChatMessage], if condition: AppendCondition) -> Bool {
        condition.expectedVersion != nil || messages.contains { $0.key != nil }
    }

    /// The stored messages; nil when the append must be made again: the conversation changed between the look and the
    /// lock, or the first look found another version.
    ///
    /// A distributed engine looks for keys and for the version in two snapshots. Whatever changed the version may have
    /// stored these very messages, which a second look then finds.
    func stored(_ result: QueryResult, isSecondLook: Bool) throws -> [Message]? {
        var found: [Message] = []
        var added: (first: Int64, last: Int64, time: Timestamp, count: Int)?
        var version: ConversationVersion?
        for row in result.rows {
            switch try row.text(5) {
            case "found": found.append(try row.message(of: key.id))
            case "added":
                let sequence = try row.int64(0, atLeast: 1)
                let before = try added ?? (sequence, sequence, row.time(3), 0)
                added = (min(before.first, sequence), max(before.last, sequence), before.time, before.count + 1)
            default:
                version = ConversationVersion(
                    createdAt: try row.time(3), lastSequence: try row.int64(0, atLeast: 0))
            }
        }
        if !found.isEmpty, let repeated = try RepeatedAppend.messages(for: messages, found: found) { return repeated }
        if let added {
            guard added.count == messages.count, added.last - added.first == added.count - 1 else {
                throw Appended.damage
            }
            return Appended(firstSequence: added.first, time: added.time).messages(messages, of: key.id)
        }
        guard let version else { throw Self.conversationNotFound }
        if let expected = condition.expectedVersion, version != expected {
            guard isSecondLook || !request.isRepeatable else { return nil }
            throw ChatStorageError(.conflict, "the conversation is not the one that was read, or was appended to since")
        }
        return nil
    }

    static let conversationNotFound = ChatStorageError(
        .conversationNotFound, "the conversation that was to be appended to does not exist")
}
