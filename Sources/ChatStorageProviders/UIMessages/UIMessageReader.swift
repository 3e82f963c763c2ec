import ChatStorageCore
import ChatStorageJSON

/// Reads UI messages.
struct UIMessageReader {
    private let extracting: FileExtraction?
    private(set) var messages: [ChatMessage] = []
    private(set) var omissions: [Omission] = []

    init(extracting: FileExtraction?) {
        self.extracting = extracting
    }

    /// Reads an array of UI messages, a single one, or an object with an array of them.
    mutating func read(_ json: JSONSlice) throws {
        if json.kind == .array { return try read(json.elementList, at: "") }
        let fields = try JSONFields(json, at: "")
        if fields["role"] != nil { return try message(json, at: "") }
        try read(fields.requiredElements("messages"), at: "messages")
        for (name, _) in fields.members where name != "messages" {
            omissions.append(
                Omission(reason: "\(ResponseMetadata.shown(name)) is left out: it is the request's, not a message's"))
        }
    }

    private mutating func read(_ elements: [JSONSlice], at path: String) throws {
        for (index, element) in elements.enumerated() { try message(element, at: "\(path)[\(index)]") }
    }

    private mutating func message(_ json: JSONSlice, at path: String) throws {
        let fields = try JSONFields(json, at: path)
        let role = Role(rawValue: try fields.requiredString("role"))
        let made: [ChatMessage]
        if Self.isWhole(json) {
            made = try whole(json, role, at: path)
        } else {
            made = try inParts(fields, role)
        }
        let read = ResponseMetadata.read(fields, besides: Self.said)
        for reason in read.omitted { omissions.append(Omission(message: messages.count, reason: reason)) }
        messages += made
        // Set last, so that the native JSON stays.
        let first = messages.count - made.count
        messages[first].metadata = read.metadata
        guard made[0].native == nil, !Self.isWhole(json) else { return }
        let envelope = try Self.envelope(json)
        messages[first].native = NativeRule.native(
            envelope, format: AISDKMessages.format,
            unless: UIMessageWriter.envelope(of: messages[first], role: role.rawValue))
    }

    /// The members with content.
    private static let said: Set<String> = [
        "role", "parts", "content", "toolInvocations", "reasoning", "experimental_attachments",
    ]

    /// Whether a message has content outside its parts, as in version 4: its JSON is then kept as a whole.
    static func isWhole(_ json: JSONSlice) -> Bool {
        let outside = ["content", "toolInvocations", "reasoning", "experimental_attachments"]
        return outside.contains { name in json.member(name).map { $0.kind != .null } ?? false }
    }

    /// The message's JSON without its parts.
    static func envelope(_ json: JSONSlice, parts: String = "[]") throws -> JSONSlice {
        let json = try json.byItself
        guard let list = json.member("parts") else { return json }
        var patch = JSONPatch(json.text)
        patch.replace(list, with: parts)
        return try JSONFields.parse(patch.result.utf8)
    }

    // MARK: Version 5

    private func inParts(_ message: JSONFields, _ role: Role) throws -> [ChatMessage] {
        let reader = UIPartReader(extracting: extracting)
        let path = message.path(of: "parts")
        let parts = try message.requiredElements("parts").enumerated().map {
            try reader.part(of: $1, at: "\(path)[\($0)]")
        }
        return Self.split(parts, role)
    }

    /// The messages for parts: results come after the step with their calls.
    private static func split(_ parts: [UIPart], _ role: Role) -> [ChatMessage] {
        var messages: [ChatMessage] = []
        var (said, results): ([MessagePart], [MessagePart]) = ([], [])
        func end() {
            messages.append(ChatMessage(role: role, parts: said))
            if !results.isEmpty { messages.append(.tool(results)) }
            (said, results) = ([], [])
        }
        for part in parts {
            if part.part.kind == .stepStart, !results.isEmpty { end() }
            said.append(part.part)
            guard let result = part.result else { continue }
            if part.isRunByProvider || role != .assistant { said.append(result) } else { results.append(result) }
        }
        if messages.isEmpty || !said.isEmpty { end() }
        return messages
    }

    // MARK: Version 4

    private func whole(_ json: JSONSlice, _ role: Role, at path: String) throws -> [ChatMessage] {
        let json = try json.byItself
        var files = InlineFiles(extracting: extracting)
        var messages = try Self.whole(json, role, at: path, files: &files)
        messages[0].native = NativeJSON(
            format: AISDKMessages.format, json: files.hasChanges ? files.changed(json) : JSONText(json))
        return messages
    }

    /// Reads a message whose JSON is kept as a whole, but without that JSON.
    static func whole(
        _ json: JSONSlice, _ role: Role, at path: String, files: inout InlineFiles
    ) throws -> [ChatMessage] {
        var parts: [UIPart] = []
        if let list = json.member("parts"), list.kind == .array {
            for (index, element) in list.elementList.enumerated() {
                let place = (path.isEmpty ? "" : path + ".") + "parts[\(index)]"
                parts.append(try UIPartReader.read(element, at: place, files: &files))
            }
        } else {
            if let thought = json.member("reasoning")?.filledText { parts.append(UIPart(part: .reasoning(thought))) }
            for call in json.member("toolInvocations")?.elementList ?? [] {
                parts.append(UIPartReader.tool(call, name: call.member("toolName")?.storableName))
            }
            let content = json.member("content")?.storableText
            if let content, parts.isEmpty || !content.isEmpty {
                // Content after results begins another step.
                if parts.contains(where: { $0.result != nil }) { parts.append(UIPart(part: MessagePart(.stepStart))) }
                parts.append(UIPart(part: .text(content)))
            }
        }
        for attachment in json.member("experimental_attachments")?.elementList ?? [] {
            parts.append(UIPart(part: try UIPartReader.attachment(attachment, files: &files)))
        }
        return split(parts, role)
    }
}
