import ChatStorageCore
import ChatStorageJSON

/// A content block for a request, with the facts that decide whether the API takes it.
struct OutgoingBlock {
    /// The kinds of blocks for which the API has different rules.
    enum Kind {
        /// A text; one of only white space needs another block beside it.
        case text(isBlank: Bool)
        /// Thinking, which cannot be a message's last block.
        case reasoning
        /// A call that the app answers.
        case call
        /// The app's answer to a call.
        case result
        /// A call that Anthropic's server answers.
        case serverCall
        /// The server's answer.
        case serverResult
        /// Anything else.
        case other
    }

    let kind: Kind
    /// The block's exact JSON.
    var json: String
    /// The id that a call and its result share.
    let callID: String
    /// The places of the message and the part.
    let message: Int
    let part: Int

    init(_ kind: Kind, _ json: String, callID: String = "", message: Int, part: Int) {
        self.kind = kind
        self.json = json
        self.callID = callID
        self.message = message
        self.part = part
    }

    /// Reads a block's kind from its JSON; nil if the JSON is not a block.
    init?(native json: String, message: Int, part: Int) {
        guard let slice = try? JSONFields.parse(json.utf8), let block = try? JSONFields(slice, at: ""),
            let type = block.string("type")
        else { return nil }
        switch type {
        case "text":
            self.init(.text(isBlank: Self.isBlank(block.string("text") ?? "")), json, message: message, part: part)
        case "thinking", "redacted_thinking": self.init(.reasoning, json, message: message, part: part)
        case "tool_use", "server_tool_use", "mcp_tool_use":
            guard let id = block.string("id") else { return nil }
            self.init(type == "tool_use" ? .call : .serverCall, json, callID: id, message: message, part: part)
        case _ where type.hasSuffix("tool_result"):
            guard let id = block.string("tool_use_id") else { return nil }
            self.init(type == "tool_result" ? .result : .serverResult, json, callID: id, message: message, part: part)
        default: self.init(.other, json, message: message, part: part)
        }
    }

    /// Whether it is the result of a tool that Anthropic's server ran.
    var isServerResult: Bool { if case .serverResult = kind { true } else { false } }

    /// Whether it holds a file.
    var isFile: Bool { ["image", "document"].contains(fields?.string("type")) }

    /// Whether thinking has the proof that the model wrote it.
    var isSigned: Bool {
        let proof = fields?.string("type") == "thinking" ? "signature" : "data"
        return fields?.string(proof)?.isEmpty == false
    }

    private var fields: JSONFields? {
        (try? JSONFields.parse(json.utf8)).flatMap { try? JSONFields($0, at: "") }
    }

    /// Replaces the id of a call or of a result.
    mutating func rename(to id: String) {
        guard let fields else { return }
        var patch = JSONPatch(json)
        // The Converse API has the id one object deeper.
        let inner = fields.members.filter { $0.key == "toolUse" || $0.key == "toolResult" }.flatMap(\.value.memberList)
        for member in fields.members + inner where ["id", "tool_use_id", "toolUseId"].contains(member.key) {
            patch.replace(member.value, with: JSONPatch.string(id))
        }
        json = patch.result
    }

    /// Whether a text has nothing but white space.
    static func isBlank(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }
}
