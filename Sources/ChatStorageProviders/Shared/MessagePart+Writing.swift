import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

extension MessagePart {
    /// Whether it is a text that is empty or only white space, which the APIs refuse.
    var isBlankText: Bool { kind == .text && !(text ?? "").contains { !$0.isWhitespace } }

    /// The key that a call and its result share: the call id, or the name in the old form without ids.
    var pairingKey: UTF8Text { UTF8Text(callID.map { "id:\($0)" } ?? "name:\(name ?? "")") }

    /// Whether it is a call that another provider's server ran, or its result.
    var isRunElsewhere: Bool { callID?.hasPrefix(BlockWriter.serverCallPrefix) ?? false }

    /// What the part loses when only its portable members are written.
    ///
    /// - Parameters:
    ///   - idGoes: Whether the part's id and status are written.
    ///   - errorGoes: Whether a tool's failure is written.
    ///   - nameGoes: Whether the name of a result's tool is written.
    func unsent(idGoes: Bool = false, errorGoes: Bool = false, nameGoes: Bool = false) -> [String] {
        var reasons: [String] = []
        if let native {
            reasons.append("the part's native JSON (\(native.format)) is left out; its other members are sent")
        }
        let members = [
            ("id", id != nil && !idGoes), ("status", status != nil && !idGoes), ("extra", !extra.isEmpty),
            ("is_error", isError != nil && !errorGoes),
            ("name", kind == .toolResult && name != nil && callID != nil && !nameGoes),
            ("text", kind == .file && text != nil),
        ]
        let unsent = members.filter(\.1).map(\.0)
        if !unsent.isEmpty {
            reasons.append("members are left out that the API has no place for: \(unsent.joined(separator: ", "))")
        }
        return reasons
    }

    /// Whether it is a call of a tool that takes any text, not JSON.
    var isCustomCall: Bool {
        guard kind == .toolCall, native?.format == OpenAIResponses.format else { return false }
        return (try? native?.json.slice)?.member("type")?.string == "custom_tool_call"
    }
}

extension [MessagePart] {
    /// The parts, but no sources if a message cannot hold them all: the native JSON of their text repeats them.
    var fitting: [MessagePart] { count <= Limits.parts.upperBound ? self : filter { $0.kind != .source } }
}
