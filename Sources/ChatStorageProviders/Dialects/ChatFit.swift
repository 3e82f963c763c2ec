import ChatStorageJSON
import ChatStorageSupport

/// Removes from messages what a dialect does not take, and keeps every other byte.
struct ChatFit {
    private let dialect: OpenAIChat.Dialect
    /// The ids that replace others in this request.
    private var ids: [UTF8Text: String] = [:]
    private var used: Set<String> = []

    init(_ dialect: OpenAIChat.Dialect) {
        self.dialect = dialect
    }

    /// Fits a message to the dialect.
    ///
    /// - Returns: The JSON, nil if nothing of the message is left, and what was left out.
    mutating func fitted(_ json: String) throws -> (json: String?, omissions: [String]) {
        guard dialect.members != nil || dialect.elements != nil || dialect.hasShortIDs else { return (json, []) }
        let message = try JSONFields.parse(json.utf8)
        var members: [(name: String, json: String)] = []
        var (reasons, isChanged) = ([String](), false)
        for (name, value) in message.memberList {
            guard dialect.members?.contains(name) ?? true else {
                isChanged = true
                // An empty member says nothing.
                if !value.isEmpty { reasons.append("\(ResponseMetadata.shown(name)) is left out: the API has none") }
                continue
            }
            let fitted = fitted(value, name, &reasons)
            if fitted != value.text { isChanged = true }
            members.append((name, fitted))
        }
        guard isChanged else { return (json, []) }
        let role = message.member("role")?.string
        if role != "tool", !members.contains(where: { $0.name != "role" && !["null", "\"\"", "[]"].contains($0.json) })
        {
            return (nil, reasons + ["the message is left out: the API takes nothing of it"])
        }
        if !members.contains(where: { $0.name == "content" }), message.member("content") != nil {
            members.append(("content", "\"\""))
        }
        return ("{" + members.map { "\(JSONPatch.string($0.name)):\($0.json)" }.joined(separator: ",") + "}", reasons)
    }

    private mutating func fitted(_ value: JSONSlice, _ name: String, _ reasons: inout [String]) -> String {
        switch name {
        case "content" where value.kind == .array: return elements(value, &reasons)
        case "tool_call_id": return id(value) ?? value.text
        case "tool_calls" where dialect.hasShortIDs:
            // The slice's ranges are relative to the whole message, so each call is read separately.
            let calls = value.elementList.map { call -> String in
                guard let alone = try? JSONFields.parse(call.text.utf8), let member = alone.member("id"),
                    let id = id(member)
                else { return call.text }
                var patch = JSONPatch(alone.text)
                patch.replace(member, with: id)
                return patch.result
            }
            return calls == value.elementList.map(\.text) ? value.text : "[" + calls.joined(separator: ",") + "]"
        default: return value.text
        }
    }

    private func elements(_ content: JSONSlice, _ reasons: inout [String]) -> String {
        guard let taken = dialect.elements else { return content.text }
        let elements = content.elementList
        let kept = elements.filter { taken.contains($0.member("type")?.string ?? "text") }
        guard kept.count < elements.count else { return content.text }
        reasons.append("\(elements.count - kept.count) of the content's elements are left out: the API has none such")
        return kept.isEmpty ? "\"\"" : "[" + kept.map(\.text).joined(separator: ",") + "]"
    }

    // MARK: Ids

    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    /// The JSON of the id that replaces another; nil for an id that may stay.
    private mutating func id(_ value: JSONSlice) -> String? {
        guard dialect.hasShortIDs, let id = value.string else { return nil }
        if id.utf8.count == 9, id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) { return nil }
        if let known = ids[UTF8Text(id)] { return JSONPatch.string(known) }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        var short = Self.short(hash)
        while !used.insert(short).inserted {
            hash &+= 1
            short = Self.short(hash)
        }
        ids[UTF8Text(id)] = short
        return JSONPatch.string(short)
    }

    private static func short(_ hash: UInt64) -> String {
        var rest = hash
        return String(
            (0..<9).map { _ in
                defer { rest /= UInt64(digits.count) }
                return digits[Int(rest % UInt64(digits.count))]
            })
    }
}
