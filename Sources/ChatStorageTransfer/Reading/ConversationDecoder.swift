import ChatStorageCore
import ChatStorageJSON

/// Why a stretch of a chat file is not a conversation; it quotes at most names of roles and members.
struct InvalidConversation: Error {
    var reason: String
    /// The conversation's id, if it could be read.
    var id: ConversationID?
    /// What it is instead.
    var format: KnownFormat?
    /// Whether nothing is read after it.
    var endsReading = false

    init(reason: String, endsReading: Bool = false) {
        self.reason = reason
        self.endsReading = endsReading
    }
}

/// Reads conversations from the kinds of JSON objects in chat archives and data sets.
///
/// - `{"conversation_id", "title", "messages": [{"role", "content", "created_at"}]}`: the library's archives, with
///   ``OwnMembers``; OpenAI's lines for fine-tuning, with calls, results and files.
/// - ShareGPT: `{"id", "title", "conversations": [{"from", "value"}]}`; id and title are usually missing.
/// - Two answers to one conversation, one of them preferred: see ``PreferredAnswers``.
///
/// All accept `id` for `conversation_id`. Other members go to the metadata. In the library's own lines they are left
/// out, and their names are kept unless they are empty.
struct ConversationDecoder {
    private static let keys =
        ["conversation_id", "id", "title", "messages", "conversations"] + OwnMembers.ofConversation

    let roles: Set<Role>
    let advice: String
    private let leniency: Leniency
    var derivedIDs = DerivedIDs()
    /// The file's format, as far as its beginning shows it.
    var start = FileStart.Format.unknown

    /// - Parameters:
    ///   - advice: The end of an error about a role that another store could take, but not this one.
    ///   - leniency: Which faults are mended.
    init(roles: Set<Role>, advice: String = "", leniency: Leniency = .none) {
        self.roles = roles
        self.advice = advice
        self.leniency = leniency
    }

    /// Reads the conversations of a piece: one, unless it has another program's form.
    ///
    /// - Throws: ``InvalidConversation``.
    mutating func decode(_ piece: TextPiece) throws -> [Conversation] {
        switch piece.content {
        case .tooLong: throw InvalidConversation(reason: "is longer than \(LineSplitter.defaultMaximumBytes >> 20) MiB")
        case .broken(let reason): throw InvalidConversation(reason: reason)
        case .restNotRead(let reason): throw InvalidConversation(reason: reason, endsReading: true)
        case .text(let bytes):
            let (value, surrogates) = try value(of: bytes, in: piece)
            do {
                return try conversations(of: value, bytes, beside: piece.beside).enumerated().map { index, found in
                    found.map { marked($0, surrogates: index == 0 ? surrogates : 0) }
                }
            } catch var problem as InvalidConversation {
                problem.format = KnownFormat.recognize(bytes)
                if let error = problem.format?.error(inArray: piece.element != nil) { problem.reason = error.message }
                throw problem
            }
        }
    }

    /// Marks a conversation, so that the importer mends it and counts what was mended.
    ///
    /// - Parameter surrogates: How many halves of surrogate pairs were replaced in its text.
    private func marked(_ conversation: ArchivedConversation, surrogates: Int) -> ArchivedConversation {
        var conversation = conversation
        conversation.isToBeMended = leniency.mends
        if surrogates > 0 { conversation.mended[.surrogate, default: 0] += surrogates }
        return conversation
    }

    /// The JSON of a piece, and how many halves of surrogate pairs were replaced in it.
    private func value(of bytes: ArraySlice<UInt8>, in piece: TextPiece) throws -> (JSONSlice, surrogates: Int) {
        do {
            return (try JSONSlice(validating: bytes), 0)
        } catch let problem as JSONProblem {
            // A line can be found by its number, but an array may be one line for the whole file.
            let isLine = piece.element == nil && bytes.firstIndex(of: UInt8(ascii: "\n")) == nil
            let reason = isLine ? problem.reason : problem.reason(inFileAfter: piece.offset)
            let (mended, count) = LoneSurrogates.replaced(in: bytes)
            guard count > 0, let value = try? JSONSlice(validating: mended) else {
                throw InvalidConversation(reason: reason)
            }
            guard leniency.mends else {
                throw InvalidConversation(reason: "\(reason); a lenient import puts U+FFFD in its place")
            }
            return (value, count)
        }
    }

    /// Reads a conversation of one of the kinds.
    mutating func decode(_ value: JSONSlice) throws -> ArchivedConversation {
        let log = MendingLog(leniency)
        var object = try Fields(value, name: "", keys: Self.keys, log: log)
        log.isOwnLine = OwnMembers.areIn(object)
        let id = try id(of: &object)
        do {
            let isOurs = try OwnMembers.lastSequence(of: object) != nil
            var reader = MessageReader(roles: roles, advice: advice, id: id, isOurs: isOurs, log: log)
            let said = try isOurs ? reader.ownMessages(of: object) : reader.messages(of: &object)
            let title = try object.text("title")
            var conversation = ArchivedConversation(
                id: id ?? derivedIDs.next(title: title, messages: said.messages, isExact: isOurs), title: title,
                messages: said.messages)
            try OwnMembers.read(&object, into: &conversation, isOurs: isOurs)
            conversation.leftOut = reader.leftOut
            if isOurs {
                conversation.leftOut.formUnion(object.others.map(\.key.shortened))
            } else {
                conversation.head = said.head
                object.keepOthers(after: "", in: &conversation.metadata, leavingOut: &conversation.leftOut)
            }
            conversation.mended = log.counts
            return conversation
        } catch var problem as InvalidConversation {
            problem.id = id
            throw problem
        }
    }

    private func id(of object: inout Fields) throws -> ConversationID? {
        let (id, other) = (try object.text("conversation_id"), try object.text("id"))
        if let id, let other, !id.utf8.elementsEqual(other.utf8) { object.leaveOut("id") }
        return (id ?? other).map(ConversationID.init(_:))
    }
}
