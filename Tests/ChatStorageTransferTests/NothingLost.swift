import ChatStorageCore
import ChatStorageJSON
import Foundation

@testable import ChatStorageTransfer

/// Looks each value of a file up in the conversations that were read from it.
///
/// A text is there if some kept text contains it, or if it is a time that is there. A number or a Boolean is there
/// under its own name in metadata or native JSON, or as an id, a size or a time. What is empty need not be there.
struct NothingLost {
    private var texts: Set<String> = []
    private var named: Set<String> = []
    private var numbers: Set<String> = []
    private var times: Set<Timestamp> = []
    private var leftOut: Set<String> = []

    /// - Parameter structure: Names whose values became roles, kinds or the tree itself.
    /// - Returns: The paths of what is lost.
    static func lost(from values: [JSONSlice], in conversations: [ForeignConversation], structure: Set<String> = [])
        -> Set<String>
    {
        var kept = NothingLost()
        for conversation in conversations { kept.add(conversation) }
        var lost: Set<String> = []
        for value in values { kept.look(for: value, name: "", path: "", structure, &lost) }
        return lost
    }

    // MARK: What is kept

    private mutating func add(_ conversation: ForeignConversation) {
        add(conversation.id?.rawValue)
        add(conversation.title)
        add(conversation.createdAt)
        add(conversation.updatedAt)
        leftOut.formUnion(conversation.leftOut)
        add(json: conversation.metadata.text)
        for node in conversation.nodes {
            add(node.createdAt)
            add(node.id)
            if case .node(let parent) = node.parent { add(parent) }
            for body in node.bodies { add(body) }
        }
        add(conversation.head)
    }

    private mutating func add(_ message: ChatMessage) {
        add(json: message.metadata.text)
        add(json: message.native?.json.text)
        for part in message.parts {
            for text in [part.id, part.text, part.name, part.callID, part.status, part.input, part.output] { add(text) }
            for text in [part.file?.mediaType, part.file?.name, part.file?.url, part.file?.id] { add(text) }
            if let size = part.file?.size { numbers.insert(String(size)) }
            for json in [part.input, part.output, part.native?.json.text] { add(json: json) }
            for member in part.extra { add(json: member.json.text, name: member.name) }
        }
    }

    private mutating func add(_ text: String?) {
        guard let text else { return }
        texts.insert(text)
        numbers.insert(text)
    }

    private mutating func add(_ time: Timestamp?) {
        if let time { times.insert(time) }
    }

    private mutating func add(json: String?, name: String = "") {
        guard let json, let value = try? JSONSlice(validating: Array(json.utf8)[...]) else { return }
        add(value, name: name)
    }

    private mutating func add(_ value: JSONSlice, name: String) {
        switch value.kind {
        case .object: for (name, value) in value.memberList { add(value, name: name) }
        case .array: for element in value.elementList { add(element, name: name) }
        case .string: texts.insert(value.string ?? "")
        case .number, .boolean: named.insert("\(name)=\(Self.canonical(value.text))")
        case .null: break
        }
    }

    // MARK: What is looked for

    private func look(
        for value: JSONSlice, name: String, path: String, _ structure: Set<String>, _ lost: inout Set<String>
    ) {
        switch value.kind {
        case .object:
            for (key, value) in value.memberList {
                let inner = path.isEmpty ? key : "\(path).\(key)"
                guard !structure.contains(key), !leftOut.contains(inner) else { continue }
                look(for: value, name: key, path: inner, structure, &lost)
            }
        case .array:
            for element in value.elementList {
                look(for: element, name: name, path: "\(path)[]", structure, &lost)
            }
        case .string: if !isThere(value.string ?? "") { lost.insert(path) }
        case .number:
            let text = Self.canonical(value.text)
            let isTime = [EpochTime.Unit.seconds, .milliseconds].contains { unit in
                EpochTime.time(value.text, in: unit).map(times.contains) ?? false
            }
            if !isTime, !named.contains("\(name)=\(text)"), !numbers.contains(text) { lost.insert(path) }
        case .boolean: if !named.contains("\(name)=\(value.text)") { lost.insert(path) }
        case .null: break
        }
    }

    private func isThere(_ text: String) -> Bool {
        text.isEmpty || texts.contains(text) || Timestamp(text).map(times.contains) ?? false
            || texts.contains { $0.contains(text) }
            // MongoDB's numbers of 64 bits are strings.
            || EpochTime.time(text, in: .milliseconds).map(times.contains) ?? false
    }

    private static func canonical(_ number: String) -> String {
        number.contains { ".eE".contains($0) } ? Double(number).map { "\($0)" } ?? number : number
    }
}
