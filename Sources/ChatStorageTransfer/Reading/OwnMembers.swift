import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

/// The members that only archives of the library have, beside ids, titles, roles, texts and messages' times.
///
/// A line that has the highest sequence (`last_id`) is the library's, and each of these members must be right in it. In
/// another line a member of the same name can be something else, and then counts as any other member.
enum OwnMembers {
    /// The names of a conversation's.
    static let ofConversation = [
        "created_at", "updated_at", "last_id", "last_sequence", "message_count", "read_through", "cleared_through",
        "labels",
        "metadata", "head", "tenant",
    ]
    /// The names of a message's.
    static let ofMessage =
        ["id", "sequence", "conversation_id", "parts", "metadata", "native", "key"] + ofBranchesAndAnswers
    private static let ofBranchesAndAnswers = ["predecessor", "state", "revision", "revised_at"]
    /// Members of a conversation that follow from its other members.
    private static let derived: Set = ["is_branched", "preview"]

    /// Whether a line is the library's: it has the highest sequence.
    static func areIn(_ object: Fields) -> Bool {
        object["last_id"]?.integer != nil || object["last_sequence"]?.integer != nil
    }

    /// The highest sequence, which only the library's lines have.
    static func lastSequence(of object: Fields) throws -> Int64? {
        let (id, sequence) = (object["last_id"]?.integer, object["last_sequence"]?.integer)
        if let id, let sequence, id != sequence {
            throw InvalidConversation(reason: "last_id and last_sequence differ, but are two names of one number")
        }
        return id ?? sequence
    }

    /// Reads the members of a conversation beside its id, title and messages.
    ///
    /// - Parameter isOurs: Whether the line is the library's.
    static func read(_ object: inout Fields, into conversation: inout ArchivedConversation, isOurs: Bool) throws {
        if isOurs {
            conversation.lastSequence = try lastSequence(of: object)
            object.dropOthers(derived)
            if let count = object["message_count"]?.integer, count != conversation.messages.count {
                throw InvalidConversation(
                    reason: "has \(conversation.messages.count) of \(count) messages; show --all prints all")
            }
            conversation.head = try object.integer("head")
            conversation.tenant = try object.text("tenant")
            conversation.clearedThrough = try object.integer("cleared_through") ?? 0
        } else {
            for name in ["last_id", "last_sequence", "message_count", "cleared_through", "head", "tenant"] {
                object.leaveOut(name)
            }
        }
        conversation.labels = try object.own("labels", isOurs: isOurs, labels) ?? []
        conversation.metadata = try object.own("metadata", isOurs: isOurs, metadata) ?? [:]
        conversation.readThrough = try object.own("read_through", isOurs: isOurs) { fields, value in
            guard let sequence = value.integer else { throw fields.mismatch(value, "read_through", "an integer") }
            guard isOurs || (0...Int64(conversation.messages.count)).contains(sequence) else {
                throw InvalidConversation(reason: "is beyond the messages")
            }
            return sequence
        }
        // Another program's times can contradict those of the messages.
        let times = conversation.messages.compactMap(\.createdAt)
        let created = try object.own("created_at", isOurs: isOurs) { fields, _ in
            try fields.time("created_at").map { try checked($0, isOurs || $0 <= times.first ?? $0) }
        }
        conversation.createdAt = created
        conversation.updatedAt = try object.own("updated_at", isOurs: isOurs) { fields, _ in
            try fields.time("updated_at").map { try checked($0, isOurs || $0 >= times.last ?? created ?? $0) }
        }
    }

    /// Reads a message.
    ///
    /// - Parameters:
    ///   - number: The message's number in the line, counted from 1.
    ///   - id: The conversation's id, if the line has one.
    ///   - isOurs: Whether the line is the library's.
    ///   - said: Reads the body of a message without the library's parts.
    static func message(
        _ role: Role, in fields: inout Fields, number: Int64, of id: ConversationID?, isOurs: Bool,
        said: (inout Fields) throws -> ChatMessage
    ) throws -> ArchivedConversation.Message {
        let parts = try parts(of: &fields, isOurs: isOurs)
        var body = try parts.map { ChatMessage(role: role, parts: $0) } ?? said(&fields)
        if let metadata = try fields.own("metadata", isOurs: isOurs, metadata) { body.metadata = metadata }
        if let native = try fields.own("native", isOurs: isOurs, { try NativeJSON($1) }) { body.native = native }
        body.key = try fields.own("key", isOurs: isOurs) { fields, value in
            guard let key = value.string else { throw fields.mismatch(value, "key", "a string") }
            return try checked(key, isOurs || Limits.keyScalars.contains(key.unicodeScalars.count) && !key.hasNUL)
        }
        if fields["conversation_id"]?.string.map(ConversationID.init(_:)) != id { fields.leaveOut("conversation_id") }
        var sequence: Int64?
        for name in ["id", "sequence"] {
            let value = try fields.own(name, isOurs: isOurs) { fields, value in
                guard let sequence = value.integer else { throw fields.mismatch(value, name, "an integer") }
                return try checked(sequence, isOurs || sequence == number)
            }
            if isOurs { sequence = sequence ?? value }
        }
        guard isOurs else {
            for name in ofBranchesAndAnswers { fields.leaveOut(name) }
            return ArchivedConversation.Message(body)
        }
        return ArchivedConversation.Message(
            body, sequence: sequence, predecessor: try fields.integer("predecessor"), writing: try writing(of: fields))
    }

    /// How the writing of a message went; if there is no revision, it is 0 for a complete message and else 1.
    private static func writing(of fields: Fields) throws -> MessageWriting {
        let state = try fields.text("state").map { text in
            guard let state = MessageState(rawValue: text) else {
                let names = MessageState.allCases.map(\.rawValue).joined(separator: ", ")
                throw InvalidConversation(reason: "\(fields.path("state")) is none of: \(names)")
            }
            return state
        }
        let revision = try fields.integer("revision") ?? (state ?? .complete == .complete ? 0 : 1)
        return MessageWriting(state: state ?? .complete, revision: revision, revisedAt: try fields.time("revised_at"))
    }

    /// Removes the keys of another program's line if two messages have the same: these are not the library's keys.
    static func removeRepeatedKeys(from messages: inout [ArchivedConversation.Message]) -> Bool {
        let keys = messages.compactMap(\.body.key)
        guard Set(keys.map(UTF8Text.init)).count < keys.count else { return false }
        for index in messages.indices { messages[index].body.key = nil }
        return true
    }

    /// The parts; nil for a message of one text.
    private static func parts(of fields: inout Fields, isOurs: Bool) throws -> [MessagePart]? {
        let content = fields["content"]?.string
        // Without a text, members that look like the library's parts must be valid ones.
        let looksOurs = content == nil && fields["parts"]?.elements?.first(where: { _ in true })?.hasKind == true
        return try fields.own("parts", isOurs: isOurs || looksOurs) { fields, value in
            guard let elements = value.elements else { throw fields.mismatch(value, "parts", "an array") }
            let parts = try elements.enumerated().map { index, element in
                do {
                    return try MessagePart(json: element)
                } catch let error as ChatStorageError {
                    throw InvalidConversation(reason: "\(fields.path("parts"))[\(index)]: \(error.message)")
                }
            }
            guard let content else { return parts }
            // An empty array says nothing in another program's line.
            guard isOurs || !parts.isEmpty else { return nil }
            guard content.hasSameUTF8(as: ChatMessage(role: .user, parts: parts).content) else {
                throw InvalidConversation(reason: "\(fields.path("content")) is not that of the parts")
            }
            return parts
        }
    }

    private static func labels(_ fields: Fields, _ value: JSONSlice) throws -> Set<Label> {
        guard let elements = value.elements else { throw fields.mismatch(value, "labels", "an array") }
        let labels = try elements.enumerated().map { index, element in
            guard let label = element.string else { throw fields.mismatch(element, "labels[\(index)]", "a string") }
            // A lenient import mends what does not fit.
            guard fields.log.leniency.mends || Limits.labelScalars.contains(label.unicodeScalars.count) && !label.hasNUL
            else {
                throw InvalidConversation(
                    reason: "\(fields.path("labels"))[\(index)] has \(label.unicodeScalars.count) Unicode scalars; "
                        + "it takes 1 to \(Limits.labelScalars.upperBound), without U+0000")
            }
            return Label(label)
        }
        guard fields.log.leniency.mends || Set(labels).count <= Limits.labels else {
            throw InvalidConversation(
                reason:
                    "\(fields.path("labels")) are \(Set(labels).count); a conversation takes at most \(Limits.labels)")
        }
        return Set(labels)
    }

    private static func metadata(_ fields: Fields, _ value: JSONSlice) throws -> Metadata {
        guard value.kind == .object else { throw fields.mismatch(value, "metadata", "an object") }
        let metadata = Metadata(try JSONObject(value))
        let bytes = metadata.text.utf8.count
        guard fields.log.leniency.mends || bytes <= Limits.metadataBytes else {
            throw InvalidConversation(
                reason:
                    "\(fields.path("metadata")) has \(bytes) bytes of JSON; it takes at most \(Limits.metadataBytes)")
        }
        return metadata
    }

    /// The value, if it can be what the library means by it.
    private static func checked<Value>(_ value: Value, _ isMeant: Bool) throws -> Value {
        guard isMeant else { throw InvalidConversation(reason: "is not what the library means") }
        return value
    }
}

extension JSONSlice {
    /// Whether it is an object with a `kind`.
    fileprivate var hasKind: Bool { members?.contains { $0.key == "kind" } ?? false }
}
