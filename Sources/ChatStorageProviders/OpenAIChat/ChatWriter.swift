import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

/// Writes the messages of a request of Chat Completions.
struct ChatWriter: Omitting {
    /// The roles that the API has; a result without an id is of the role `function`.
    private static let roles: [Role] = [.user, .assistant, .system, .developer, .tool]

    private let messages: [ChatMessage]
    private let dialect: OpenAIChat.Dialect
    private let resolving: FileResolution?
    private let pairs: ChatPairs
    private var fit: ChatFit
    var omissions: [Omission] = []

    init(messages: [ChatMessage], dialect: OpenAIChat.Dialect = .any, resolving: FileResolution?) {
        self.messages = messages
        self.dialect = dialect
        self.resolving = resolving
        fit = ChatFit(dialect)
        pairs = ChatPairs(messages)
    }

    /// The portable JSON of a message; nil if its parts do not make exactly one message.
    static func message(of message: ChatMessage, _ dialect: OpenAIChat.Dialect = .any) -> String? {
        guard Self.roles.contains(message.role) else { return nil }
        if message.role == .tool { return message.parts.first.map(ChatTurn.result) }
        var turn = ChatTurn(message.role, dialect)
        for part in message.parts {
            // Nothing is resolved, so nothing throws.
            guard case .success(nil) = Result(catching: { try turn.add(part) }) else { return nil }
        }
        return turn.json
    }

    /// The JSON of each message that goes out.
    mutating func written() throws -> [String] {
        var written: [String] = []
        for index in messages.indices {
            for json in try message(index) {
                let (fitted, reasons) = try fit.fitted(json)
                for reason in reasons { omit(index, nil, reason) }
                if let fitted { written.append(fitted) }
            }
        }
        return written
    }

    private mutating func message(_ index: Int) throws -> [String] {
        let message = messages[index]
        guard message.parts.contains(where: { !$0.isBlankText }) else {
            omit(index, nil, "the message is left out: it is empty")
            return []
        }
        if let native = message.native, native.format.utf8.elementsEqual(dialect.format.utf8) {
            return try self.native(native.json, of: index)
        }
        if let native = message.native {
            omit(index, nil, "the message's native JSON (\(native.format)) is left out; its parts are sent")
        }
        guard Self.roles.contains(message.role) else {
            omit(index, nil, "the message is left out: the API has no such role")
            return []
        }
        return try portable(index)
    }

    // MARK: As it came

    /// The JSON of a message as the API gave it, without the calls that have no result.
    private mutating func native(_ json: JSONText, of index: Int) throws -> [String] {
        let message = messages[index]
        for (place, part) in message.parts.enumerated() where !part.extra.isEmpty {
            omit(index, place, "members are left out that the API has no place for: extra")
        }
        guard let json = try ChatReader.filled(json, with: message, dialect, resolving: resolving) else {
            omit(index, nil, "the native JSON is left out: `resolving` gave no bytes for its files")
            return try portable(index)
        }
        let paired = message.parts.enumerated().filter { $1.kind == .toolCall || $1.kind == .toolResult }
        let left = paired.filter { !pairs.contains(index, $0.offset) }
        if left.isEmpty { return [json.text] }
        for (place, part) in left { omit(index, place, pairs.reason(part)) }
        if message.role == .tool { return [] }
        let others = message.parts.filter {
            ![.toolCall, .reasoning, .source].contains($0.kind) && !$0.isBlankText
        }
        guard !others.isEmpty || left.count < paired.count else {
            omit(index, nil, "the message is left out: none of its parts can be sent")
            return []
        }
        let kept = paired.indices.filter { place in pairs.contains(index, paired[place].offset) }
        return [Self.without(callsBut: Set(kept), in: try json.slice)]
    }

    /// The message with some of its calls, every other value as it is.
    private static func without(callsBut kept: Set<Int>, in json: JSONSlice) -> String {
        JSONWriter.object { writer in
            for (name, value) in json.memberList {
                switch name {
                case "function_call" where value.kind == .object: continue
                case "tool_calls" where kept.isEmpty: continue
                case "tool_calls":
                    writer.name(name)
                    writer.array { writer in
                        for (place, call) in value.elementList.enumerated() where kept.contains(place) {
                            writer.literal(call.text)
                        }
                    }
                default:
                    writer.member(name, literal: value.text)
                }
            }
        }
    }

    // MARK: As its parts say it

    /// The messages for a message's parts: in the API, results are separate messages directly after the calls.
    private mutating func portable(_ index: Int) throws -> [String] {
        let message = messages[index]
        var written: [String] = []
        let role = message.role == .developer && !dialect.hasDevelopers ? Role.system : message.role
        var turn = ChatTurn(role, dialect)
        for (place, part) in message.parts.enumerated() {
            if [.toolCall, .toolResult].contains(part.kind), part.callID == nil, !dialect.takesFunctions {
                omit(index, place, "the part is left out: the API takes no call without an id, and no result of one")
            } else if part.kind == .toolResult {
                guard pairs.contains(index, place) else {
                    omit(index, place, pairs.reason(part))
                    continue
                }
                if !turn.isEmpty { written.append(turn.json) }
                turn = ChatTurn(role, dialect)
                written.append(ChatTurn.result(part))
                for reason in part.unsent() { omit(index, place, reason) }
            } else if part.kind == .toolCall, !pairs.contains(index, place) {
                omit(index, place, pairs.reason(part))
            } else if part.isBlankText {
                omit(index, place, "the text is left out: it is empty")
            } else if message.role == .tool {
                omit(index, place, "the part is left out: the API takes nothing beside a result")
            } else if let reason = try turn.add(part, resolving: resolving) {
                omit(index, place, reason)
            } else {
                for reason in part.unsent() { omit(index, place, reason) }
            }
        }
        if !turn.isEmpty { written.append(turn.json) }
        if written.isEmpty { omit(index, nil, "the message is left out: none of its parts can be sent") }
        return written
    }
}

/// The calls with a result where the API wants it: directly after the message with the calls.
struct ChatPairs {
    private struct Place: Hashable {
        var message: Int
        var part: Int
    }

    private var places: Set<Place> = []

    init(_ messages: [ChatMessage]) {
        // The calls waiting for a result, and whether the results have begun.
        var open: [UTF8Text: Place] = [:]
        var answering = false
        for (index, message) in messages.enumerated() where message.parts.contains(where: { !$0.isBlankText }) {
            if message.role != .tool { (open, answering) = ([:], false) }
            for (place, part) in message.parts.enumerated() {
                let here = Place(message: index, part: place)
                if part.kind == .toolResult {
                    guard let call = open.removeValue(forKey: Self.key(of: part, in: open)) else { continue }
                    places.formUnion([call, here])
                    answering = true
                    continue
                }
                let isCall = part.kind == .toolCall && !part.isRunElsewhere
                let isSaid = part.kind == .text && !part.isBlankText || part.kind == .refusal
                // Anything after the results begins the next turn.
                if answering, message.role != .tool, isCall || isSaid { (open, answering) = ([:], false) }
                if isCall, open[part.pairingKey] == nil { open[part.pairingKey] = here }
            }
        }
    }

    /// The key of a result's call: its id, the tool's name, or else that of the first call without an id.
    private static func key(of result: MessagePart, in open: [UTF8Text: Place]) -> UTF8Text {
        guard result.callID == nil, result.name == nil else { return result.pairingKey }
        let unnamed = open.filter { $0.key.text.hasPrefix("name:") }
        return unnamed.min { ($0.value.message, $0.value.part) < ($1.value.message, $1.value.part) }?.key
            ?? result.pairingKey
    }

    /// Why a call or a result is left out.
    func reason(_ part: MessagePart) -> String {
        if part.isRunElsewhere {
            return "the part is left out: it is a call that another provider's server ran, or its result"
        }
        return part.kind == .toolCall
            ? "the call is left out: no result follows directly after its message"
            : "the result is left out: it does not directly follow a call that waits for it"
    }

    /// Whether a part is a call that has a result, or that result.
    func contains(_ message: Int, _ part: Int) -> Bool { places.contains(Place(message: message, part: part)) }
}
