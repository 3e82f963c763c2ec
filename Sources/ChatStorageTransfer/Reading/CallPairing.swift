import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

/// The calls of a conversation whose file gives them no ids, and the results that answer them in order.
struct CallPairing {
    /// The name of the native JSON's format.
    static let format = "sharegpt"

    private var count = 0
    private var waiting: [(callID: String?, name: String?)] = []

    /// Begins a turn: earlier calls get no results any more.
    mutating func beginTurn() {
        waiting = []
    }

    /// The calls in a text of JSON: `{"name", "arguments"}`, or an array of these.
    ///
    /// Any other text becomes one call, with the text as its input.
    mutating func calls(in text: String) -> [MessagePart] {
        let value = try? JSONSlice(validating: Array(text.utf8)[...])
        let elements = value.map { $0.elements.map(Array.init) ?? [$0] } ?? []
        let read = elements.compactMap(Self.call)
        let parts =
            read.isEmpty || read.count < elements.count ? [MessagePart(.toolCall, input: text)] : read
        return parts.map { part in
            count += 1
            var call = part
            if call.callID == nil {
                let native = call.native
                call.callID = "call_\(count)"
                call.native = native
            }
            waiting.append((call.callID, call.name))
            return call
        }
    }

    /// A tool's result: it answers the first call that waits.
    mutating func result(_ output: String) -> MessagePart {
        let call = waiting.isEmpty ? nil : waiting.removeFirst()
        return MessagePart(.toolResult, name: call?.name, callID: call?.callID, output: output)
    }

    /// A call; nil for any other value.
    ///
    /// Its native JSON holds what the part's members do not.
    private static func call(_ value: JSONSlice) -> MessagePart? {
        let function = value.memberList.last { $0.key == "function" }?.value
        let members = (function?.kind == .object ? function ?? value : value).memberList
        guard let name = members.last(where: { $0.key == "name" })?.value.string, isStorable(name) else { return nil }
        let arguments = members.last { $0.key == "arguments" || $0.key == "parameters" }
        let id = value.memberList.last { $0.key == "id" }?.value.string.flatMap { isStorable($0) ? $0 : nil }
        let input = arguments.flatMap { $0.value.kind == .null ? nil : $0.value.string ?? $0.value.text }
        var part = MessagePart(.toolCall, name: name, callID: id, input: input)
        let isPlain = members.map(\.key) == ["name", "arguments"] && arguments?.value.kind == .object
        if function != nil || !isPlain { part.native = NativeJSON(format: format, json: JSONText(value)) }
        return part
    }

    private static func isStorable(_ name: String) -> Bool {
        !name.isEmpty && !name.hasNUL && Limits.partNameScalars.contains(name.unicodeScalars.count)
    }
}
