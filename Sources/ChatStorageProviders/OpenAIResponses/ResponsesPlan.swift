import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

/// Decides which parts of the messages go into a request of the Responses API.
struct ResponsesPlan {
    private struct Place: Hashable {
        var message: Int
        var part: Int
    }

    private let messages: [ChatMessage]
    /// The first message that goes out.
    private(set) var start = 0
    /// Calls without a result in the continued response.
    private(set) var unanswered: [Omission] = []
    /// Why parts are left out.
    private var left: [Place: String] = [:]
    /// The place of the omitted reasoning in each message that has some.
    private var reasoningLeft: [Int: Int] = [:]
    /// The call of each result.
    private var calls: [Place: Place] = [:]

    init(_ messages: [ChatMessage], _ mode: OpenAIResponses.Mode) throws {
        self.messages = messages
        if let id = mode.previousResponseID {
            guard let last = messages.lastIndex(where: { $0.metadata[.responseID].hasSameUTF8(as: id) }) else {
                throw ProviderFormError(member: "previous_response_id", reason: "is the response of no message")
            }
            start = last + 1
        }
        if mode.isStateless { leaveOutWhatIsStored() }
        pairCalls()
        pairApprovals()
        leaveOutReasoningBeforeNothing()
    }

    /// Why a part is left out; nil if it goes out.
    func reason(_ message: Int, _ part: Int) -> String? { left[Place(message: message, part: part)] }

    /// Whether the id of a part's item goes out.
    func keepsID(_ message: Int, _ part: Int) -> Bool { part < reasoningLeft[message] ?? .max }

    /// The type of the item of a result's call.
    func typeOfCall(_ message: Int, _ part: Int) -> String {
        guard let call = calls[Place(message: message, part: part)] else { return "function_call" }
        if isCustom(call.message, call.part) { return "custom_tool_call" }
        return messages[call.message].parts[call.part].ownItem?.member("type")?.string ?? "function_call"
    }

    /// Whether a part is a call of a tool that takes any text, not JSON, here or in Chat Completions.
    func isCustom(_ message: Int, _ part: Int) -> Bool {
        let call = messages[message].parts[part]
        guard call.kind == .toolCall else { return false }
        if call.isCustomCall { return true }
        guard let native = messages[message].native, native.format == OpenAIChat.format, let id = call.callID,
            let json = try? native.json.slice
        else { return false }
        return json.member("tool_calls")?.elementList.contains {
            $0.member("type")?.string == "custom" && $0.member("id")?.string == id
        } ?? false
    }

    // MARK: What the API has not stored

    /// Items that may go without an id: the API gives them one, but does not require it.
    private static let needNoID: Set<String> = [
        "message", "function_call", "custom_tool_call", "shell_call", "apply_patch_call", "tool_search_call",
        "function_call_output", "custom_tool_call_output", "shell_call_output", "apply_patch_call_output",
        "tool_search_output", "mcp_approval_response", "reasoning", "compaction",
    ]

    private mutating func leaveOutWhatIsStored() {
        for (index, message) in messages.enumerated() {
            for (place, part) in message.parts.enumerated() {
                let item = part.ownItem
                let type = item?.member("type")?.string
                if part.kind == .reasoning, item != nil || part.isOwnItem("rs_"),
                    (item?.member("encrypted_content")?.string ?? "").isEmpty
                {
                    leave(
                        index, place,
                        "the reasoning is left out: it has no encrypted content, which `include` asks for"
                    )
                    if reasoningLeft[index] == nil { reasoningLeft[index] = place }
                } else if type == "item_reference" {
                    leave(index, place, "the reference is left out: a stateless request has no stored items")
                } else if !keepsID(index, place), let type, !Self.needNoID.contains(type) {
                    leave(index, place, "the item is left out: its id needs reasoning that is left out too")
                }
            }
        }
    }

    // MARK: Calls

    /// Finds the result of each call, at any place after it.
    private mutating func pairCalls() {
        var open: [UTF8Text: Place] = [:]
        for (index, message) in messages.enumerated() {
            for (place, part) in message.parts.enumerated() where reason(index, place) == nil {
                let here = Place(message: index, part: place)
                if part.kind == .toolCall {
                    // The API ran it itself, and the item has the result.
                    if part.ownItem?.member("type")?.string == "mcp_call" { continue }
                    if part.isRunElsewhere {
                        leave(index, place, "the call is left out: another provider's server ran it")
                    } else if let id = part.callID.map(UTF8Text.init), open[id] == nil {
                        open[id] = here
                    } else {
                        leave(
                            index, place,
                            "the call is left out: it has no call id, or the same one as an earlier call without a result"
                        )
                    }
                } else if part.kind == .toolResult {
                    if let id = part.callID.map(UTF8Text.init), let call = open.removeValue(forKey: id) {
                        calls[here] = call
                    } else {
                        leave(index, place, "the result is left out: no earlier call waits for it")
                    }
                } else if part.kind == .file, let id = part.callID, place > 0,
                    message.parts[place - 1].callID.hasSameUTF8(as: id),
                    reason(index, place - 1) != nil
                {
                    leave(index, place, "the file is left out with the result that it belongs to")
                }
            }
        }
        for call in open.values.sorted(by: { ($0.message, $0.part) < ($1.message, $1.part) }) {
            leave(call.message, call.part, "the call is left out: it has no result")
            if call.message == start - 1 {
                unanswered.append(
                    Omission(
                        message: call.message, part: call.part,
                        reason:
                            "the call is in the response that is continued and has no result: the API will ask for one")
                )
            }
        }
    }

    /// Leaves out approvals of tool calls without a request for them.
    private mutating func pairApprovals() {
        var asked: Set<UTF8Text> = []
        for (index, message) in messages.enumerated() {
            for (place, part) in message.parts.enumerated() where reason(index, place) == nil {
                if part.kind == "mcp_approval_request", let id = part.id {
                    asked.insert(UTF8Text(id))
                } else if part.kind == "mcp_approval_response", !asked.contains(UTF8Text(part.callID ?? "")) {
                    leave(index, place, "the approval is left out: nothing before it asks for one")
                }
            }
        }
    }

    /// Leaves out reasoning with no item after it, for example because the call is left out: the API refuses it.
    private mutating func leaveOutReasoningBeforeNothing() {
        for (index, message) in messages.enumerated() {
            var (isFollowed, wasReasoning) = (false, false)
            for (place, part) in message.parts.enumerated().reversed() {
                if part.kind == .reasoning, part.ownItem != nil || part.isOwnItem("rs_") {
                    wasReasoning = true
                    if !isFollowed, reason(index, place) == nil {
                        leave(index, place, "the reasoning is left out: no item follows it, which the API refuses")
                    }
                } else {
                    if wasReasoning { (isFollowed, wasReasoning) = (false, false) }
                    let isItem = part.ownItem != nil || [.text, .refusal, .toolCall, .toolResult].contains(part.kind)
                    if isItem, !part.isBlankText, reason(index, place) == nil { isFollowed = true }
                }
            }
        }
    }

    private mutating func leave(_ message: Int, _ part: Int, _ reason: String) {
        left[Place(message: message, part: part)] = reason
    }
}
