import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

/// Reads responses, contents and requests.
struct GeminiReader {
    private let reader: GeminiPartReader
    private(set) var messages: [ChatMessage] = []
    private(set) var omissions: [Omission] = []
    /// The latest content's calls that wait for a result.
    private var open: [Call] = []

    private struct Call {
        let name: String?
        let callID: String
        /// Whether its id came from the API.
        let isNamed: Bool
    }

    init(extracting: FileExtraction?) {
        reader = GeminiPartReader(extracting: extracting)
    }

    // MARK: Responses

    /// Reads a response.
    mutating func response(_ json: JSONSlice) throws -> ChatMessage {
        try Self.refuseInteraction(json)
        let fields = try JSONFields(json, at: "")
        let candidates = fields["candidates"]?.elementList ?? []
        let feedback = json.googleMember("promptFeedback")
        guard candidates.first?.kind == .object || feedback != nil && candidates.isEmpty else {
            throw json.isNoResponse(without: "candidates[0]")
        }
        let candidate = candidates.first
        for index in candidates.indices.dropFirst() {
            omissions.append(Omission(reason: "candidates[\(index)] is left out: a message holds one answer"))
        }
        var parts: [MessagePart] = []
        if let content = candidate?.googleMember("content") {
            let id = json.googleMember("responseId")?.string
            parts = try self.parts(of: content, at: "candidates[0].content", prefix: Self.prefix(id))
        }
        var metadata = try metadata(fields, candidate)
        if candidate == nil, let reason = feedback?.googleMember("blockReason")?.storableText {
            metadata[.stopReason] = reason
        }
        return ChatMessage(role: .assistant, parts: parts, metadata: metadata)
    }

    /// Refuses an answer of the Interactions API, which has steps instead of contents.
    private static func refuseInteraction(_ json: JSONSlice) throws {
        guard json.member("object")?.string == "interaction" || json.member("steps")?.kind == .array else { return }
        throw ProviderFormError(
            member: "steps",
            reason: "are of the Interactions API, which this codec does not read; it reads what generateContent answers"
        )
    }

    private static let names = [
        "modelVersion": MetadataKey.model.name, "model_version": MetadataKey.model.name,
        "responseId": MetadataKey.responseID.name, "finishReason": MetadataKey.stopReason.name,
        "finish_reason": MetadataKey.stopReason.name, "usageMetadata": MetadataKey.usage.name,
        "usage_metadata": MetadataKey.usage.name,
    ]

    /// The members of a response and of its candidate together, without the content.
    private mutating func metadata(_ response: JSONFields, _ candidate: JSONSlice?) throws -> Metadata {
        var json = JSONWriter()
        json.object { json in
            let members =
                response.members.filter { $0.key != "candidates" }
                + (candidate?.memberList.filter { $0.key != "content" } ?? [])
            for (name, value) in members { json.member(name, literal: value.text) }
        }
        let read = ResponseMetadata.read(
            try JSONFields(JSONFields.parse(json.bytes), at: ""), besides: [], renaming: Self.names)
        omissions += read.omitted.map { Omission(message: 0, reason: $0) }
        return read.metadata
    }

    // MARK: Contents

    /// Reads an array of contents, one content, or a request's body.
    mutating func read(_ json: JSONSlice) throws {
        if json.kind == .array { return try read(json.elementList, at: "") }
        try Self.refuseInteraction(json)
        let request = try JSONFields(json, at: "")
        if request["parts"] != nil { return try read([json], at: "") }
        let contents = try request.requiredElements("contents")
        if let system = json.googleMember("systemInstruction") {
            let parts = try parts(of: system, at: "systemInstruction", prefix: "")
            messages.append(ChatMessage(role: .system, parts: parts))
        }
        try read(contents, at: "contents")
        for (name, _) in request.members
        where !["contents", "systemInstruction", "system_instruction"].contains(name) {
            omissions.append(
                Omission(reason: "\(ResponseMetadata.shown(name)) is left out: it is the request's, not a message's"))
        }
    }

    private mutating func read(_ contents: [JSONSlice], at path: String) throws {
        for (index, content) in contents.enumerated() {
            let fields = try JSONFields(content, at: "\(path)[\(index)]")
            let role = try Self.role(fields)
            if role == .assistant { open = [] }
            let parts = try parts(of: content, at: fields.path, prefix: "\(index)_")
            for (name, _) in fields.members where name != "role" && name != "parts" {
                omissions.append(
                    Omission(
                        message: messages.count,
                        reason: "\(ResponseMetadata.shown(name)) is left out: contents have no such member"))
            }
            messages += role == .user ? ChatMessage.split(parts) : [ChatMessage(role: role, parts: parts)]
        }
    }

    private static func role(_ content: JSONFields) throws -> Role {
        guard let role = content["role"], role.kind != .null else { return .user }
        switch try content.requiredString("role") {
        case "model": return .assistant
        case "function", "": return .user
        case let role: return Role(rawValue: role)
        }
    }

    // MARK: Parts

    /// - Parameter prefix: The beginning of the ids that calls without one get.
    private mutating func parts(of content: JSONSlice, at path: String, prefix: String) throws -> [MessagePart] {
        let fields = try JSONFields(content, at: path)
        guard let elements = fields["parts"], elements.kind != .null else { return [] }
        guard elements.kind == .array else { throw JSONFields.wrong(fields.path(of: "parts"), elements, "an array") }
        var parts: [MessagePart] = []
        var calls = 0
        for (index, element) in elements.elementList.enumerated() {
            var (callID, keepsNative): (String?, Bool) = (nil, false)
            if let response = element.googleMember("functionResponse") {
                (callID, keepsNative) = answer(response)
            } else if let call = element.googleMember("functionCall") {
                callID = Self.callID(prefix, calls)
                calls += 1
                let own = element.ownCallID
                open.append(
                    Call(name: call.member("name")?.string, callID: own ?? callID ?? "", isNamed: own != nil))
            }
            parts += try reader.parts(
                of: element, at: "\(fields.path(of: "parts"))[\(index)]", callID: callID, keepsNative: keepsNative)
        }
        return parts
    }

    /// Finds the call of a result: by its id; without an id by the tool's name; without a name too, the first one.
    ///
    /// - Returns: The call's id, and whether the result must keep its JSON because only one of the two has an id there.
    private mutating func answer(_ response: JSONSlice) -> (callID: String?, keepsNative: Bool) {
        let id = response.member("id")?.storableName
        let name = response.member("name")?.string
        let place =
            if let id {
                open.firstIndex { $0.callID.hasSameUTF8(as: id) }
            } else {
                open.firstIndex { $0.name == name } ?? (name == nil ? open.indices.first : nil)
            }
        guard let place else { return (nil, false) }
        let call = open.remove(at: place)
        return (call.callID, call.isNamed != (id != nil))
    }

    /// An id for a call that has none.
    static func callID(_ prefix: String, _ number: Int) -> String { "call_\(prefix)\(number)" }

    /// A prefix that makes call ids of one response differ from those of others; empty if the response has no usable
    /// id.
    static func prefix(_ responseID: String?) -> String {
        guard let responseID, (1...40).contains(responseID.utf8.count),
            responseID.split(separator: "-", omittingEmptySubsequences: false)
                .allSatisfy({ $0.isEmpty || ResponseMetadata.isWord(String($0)) })
        else { return "" }
        return responseID + "_"
    }
}
