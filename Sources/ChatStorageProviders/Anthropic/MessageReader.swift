import ChatStorageCore
import ChatStorageJSON

/// Reads responses, messages and requests.
struct MessageReader {
    private let blocks: BlockReader
    private(set) var messages: [ChatMessage] = []
    private(set) var omissions: [Omission] = []

    init(extracting: FileExtraction?) {
        blocks = BlockReader(extracting: extracting)
    }

    /// Reads a response.
    ///
    /// - Throws: ``ProviderFormError``.
    mutating func response(_ fields: JSONFields) throws -> ChatMessage {
        let type = try fields.requiredString("type")
        guard type == "message" else {
            let what = type == "error" ? "says that it is an error" : "is not that of a message"
            throw ProviderFormError(member: fields.path(of: "type"), reason: what)
        }
        let role = try fields.requiredString("role")
        let content = try fields.requiredElements("content")
        return ChatMessage(
            role: Role(rawValue: role), parts: try parts(of: content, at: fields.path(of: "content")),
            metadata: metadata(of: fields))
    }

    /// The members of a response beside its content, as metadata.
    mutating func metadata(of fields: JSONFields) -> Metadata {
        let (metadata, omitted) = ResponseMetadata.read(
            fields, besides: ["type", "role", "content"], renaming: ["id": MetadataKey.responseID.name])
        for reason in omitted { omit(reason) }
        for name in ["type", "role", "content"] where fields.members.count(where: { $0.key == name }) > 1 {
            omit("\(ResponseMetadata.shown(name)) comes twice; the last one is kept")
        }
        return metadata
    }

    /// Reads an array of messages or a request's body.
    ///
    /// - Throws: ``ProviderFormError``.
    mutating func read(_ slice: JSONSlice) throws {
        if let elements = slice.elements { return try read(Array(elements), at: "") }
        let request = try JSONFields(slice, at: "")
        let elements = try request.requiredElements("messages")
        if let system = request["system"] {
            messages.append(ChatMessage(role: .system, parts: try content(system, at: "system")))
        }
        try read(elements, at: "messages")
        for member in request.members where member.key != "messages" && member.key != "system" {
            omissions.append(
                Omission(
                    reason: "\(ResponseMetadata.shown(member.key)) is left out: it is the request's, not a message's")
            )
        }
    }

    private mutating func read(_ elements: [JSONSlice], at path: String) throws {
        for (index, element) in elements.enumerated() {
            let fields = try JSONFields(element, at: "\(path)[\(index)]")
            if fields["type"] != nil {
                messages.append(try response(fields))
            } else {
                try read(fields)
            }
        }
    }

    private mutating func read(_ fields: JSONFields) throws {
        let role = Role(rawValue: try fields.requiredString("role"))
        let parts = try content(fields.required("content"), at: fields.path(of: "content"))
        for member in fields.members where member.key != "role" && member.key != "content" {
            omit("\(ResponseMetadata.shown(member.key)) is left out: messages have no such member")
        }
        messages += role == .user ? ChatMessage.split(parts) : [ChatMessage(role: role, parts: parts)]
    }

    private func content(_ slice: JSONSlice, at path: String) throws -> [MessagePart] {
        if let text = slice.string {
            // A string is an abbreviation for one text block.
            let block = try JSONFields.parse("{\"type\":\"text\",\"text\":\(slice.text)}".utf8)
            return text.isEmpty ? [.text("")] : try blocks.parts(of: block, at: path)
        }
        guard let elements = slice.elements else { throw JSONFields.wrong(path, slice, "a string or an array") }
        return try parts(of: Array(elements), at: path)
    }

    private func parts(of elements: [JSONSlice], at path: String) throws -> [MessagePart] {
        try elements.enumerated().flatMap { try blocks.parts(of: $1, at: "\(path)[\($0)]") }
    }

    private mutating func omit(_ reason: String) {
        omissions.append(Omission(message: messages.count, reason: reason))
    }
}
