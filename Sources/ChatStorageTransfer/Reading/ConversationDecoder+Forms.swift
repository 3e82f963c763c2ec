import ChatStorageCore
import ChatStorageJSON

extension ConversationDecoder {
    /// A conversation, or why it is none.
    typealias Conversation = Result<ArchivedConversation, InvalidConversation>

    /// Reads the conversations in a value: in the file's form if it has one, or else in the library's form or the one
    /// that the value's members show.
    ///
    /// - Parameter names: The names of members beside the value that are not kept.
    mutating func conversations(
        of value: JSONSlice, _ bytes: ArraySlice<UInt8>, beside names: Set<String>
    ) throws -> [Conversation] {
        var conversations = try conversations(of: value, bytes)
        if case .success(var first)? = conversations.first, !names.isEmpty {
            first.leftOut.formUnion(names)
            conversations[0] = .success(first)
        }
        return conversations
    }

    private mutating func conversations(of value: JSONSlice, _ bytes: ArraySlice<UInt8>) throws -> [Conversation] {
        switch start {
        case .unknown:
            do {
                return [.success(try decode(value))]
            } catch let problem as InvalidConversation {
                guard !Self.isOurs(value), let form = KnownFormat.recognize(bytes)?.form else { throw problem }
                return read(value, form)
            }
        case .whole(let form): return readOne(value, form)
        case .parts(let form):
            let conversations = read(value, form)
            // Somebody may have joined the files of several programs.
            guard conversations.count == 1, case .failure = conversations[0] else { return conversations }
            guard let other = KnownFormat.recognize(bytes) else {
                return (try? decode(value)).map { [.success($0)] } ?? conversations
            }
            return other.form.flatMap { $0.name == form.name ? nil : read(value, $0) } ?? conversations
        }
    }

    /// Whether a value is a conversation that the decoder takes, and not empty.
    func takes(_ text: ArraySlice<UInt8>) -> Taking {
        guard let value = try? JSONSlice(validating: text) else { return .no }
        if Self.isOurs(value) { return .yes }
        var decoder = self
        guard let conversation = try? decoder.decode(value) else { return .no }
        return conversation.messages.isEmpty ? .empty : .yes
    }

    /// Whether a value is a conversation of the library's form.
    enum Taking {
        case yes, no
        /// It is one without messages, or another program's.
        case empty
    }

    /// Whether it is a line of the library's own archive, whose messages can have another program's inside.
    private static func isOurs(_ value: JSONSlice) -> Bool {
        value.memberList.contains { ["last_id", "last_sequence"].contains($0.key) && $0.value.integer != nil }
    }

    private mutating func read(_ value: JSONSlice, _ form: ChatForm) -> [Conversation] {
        guard case .element(let path) = form.unit else { return readOne(value, form) }
        var array = value
        for name in path {
            guard let member = array.memberList.first(where: { $0.key == name }) else {
                return [.failure(InvalidConversation(reason: "has no \(path.joined(separator: "."))"))]
            }
            array = member.value
        }
        guard let elements = array.elements else {
            let reason = "\(path.joined(separator: ".")) is \(array.kind.rawValue), not an array"
            return [.failure(InvalidConversation(reason: reason))]
        }
        return elements.flatMap { readOne($0, form) }
    }

    private mutating func readOne(_ value: JSONSlice, _ form: ChatForm) -> [Conversation] {
        do {
            return try form.read(value).map { archived($0) }
        } catch let problem as InvalidConversation {
            return [.failure(problem)]
        } catch {
            return [.failure(InvalidConversation(reason: "cannot be read as \(form.name)"))]
        }
    }

    /// The conversation that a form has read, or why the library cannot keep it.
    mutating func archived(_ foreign: ForeignConversation) -> Conversation {
        var problem: InvalidConversation
        do {
            let conversation = try foreign.archived(ids: &derivedIDs)
            guard let role = conversation.messages.lazy.map(\.role).first(where: { !roles.contains($0) }) else {
                return .success(conversation)
            }
            let names = roles.map(\.rawValue).sorted().joined(separator: ", ")
            let reason = "has a message of the role \"\(role.rawValue.shortened)\", not one of: \(names)"
            problem = InvalidConversation(reason: RoleSet.withTools.contains(role) ? reason + advice : reason)
        } catch let caught as InvalidConversation {
            problem = caught
        } catch {
            problem = InvalidConversation(reason: "cannot be stored")
        }
        problem.id = foreign.id
        return .failure(problem)
    }
}
