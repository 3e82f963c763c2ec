import ChatStorageCore
import ChatStorageJSON

/// Reads responses and requests of the Converse API.
struct ConverseReader {
    let extracting: FileExtraction?
    private(set) var messages: [ChatMessage] = []
    private(set) var omissions: [Omission] = []

    init(extracting: FileExtraction?) {
        self.extracting = extracting
    }

    /// Reads a response.
    mutating func response(_ fields: JSONFields) throws -> ChatMessage {
        guard let message = fields["output"]?.member("message") else {
            throw fields.slice.isNoResponse(without: "output.message")
        }
        let said = try JSONFields(message, at: "output.message")
        let parts = try content(said)
        let output = fields["output"]?.memberList ?? []
        for name in unread(said) + output.map(\.key).filter({ $0 != "message" }) {
            omit("\(ResponseMetadata.shown(name)) is left out: messages have no such member")
        }
        return ChatMessage(
            role: try role(said), parts: parts, metadata: metadata(of: fields, besides: ["output"]))
    }

    /// The members beside the content, as metadata.
    mutating func metadata(of fields: JSONFields, besides others: Set<String>) -> Metadata {
        let read = ResponseMetadata.read(
            fields, besides: others, renaming: ["stopReason": MetadataKey.stopReason.name])
        for reason in read.omitted { omit(reason) }
        return read.metadata
    }

    /// Reads an array of messages or a request's body.
    mutating func read(_ slice: JSONSlice) throws {
        if slice.kind == .array { return try read(slice.elementList, at: "") }
        let request = try JSONFields(slice, at: "")
        let elements = try request.requiredElements("messages")
        if request["system"] != nil {
            let system = try parts(request.requiredElements("system"), at: "system")
            messages.append(ChatMessage(role: .system, parts: system))
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
            let (role, parts) = (try role(fields), try content(fields))
            for name in unread(fields) {
                omit("\(ResponseMetadata.shown(name)) is left out: messages have no such member")
            }
            messages += role == .user ? ChatMessage.split(parts) : [ChatMessage(role: role, parts: parts)]
        }
    }

    private func role(_ fields: JSONFields) throws -> Role { Role(rawValue: try fields.requiredString("role")) }

    /// The names of members other than role and content, and of repeated members.
    private func unread(_ fields: JSONFields) -> [String] {
        let names = fields.members.map(\.key)
        return names.filter { $0 != "role" && $0 != "content" }
            + ["role", "content"].filter { name in names.count { $0 == name } > 1 }
    }

    private func content(_ fields: JSONFields) throws -> [MessagePart] {
        try parts(fields.requiredElements("content"), at: fields.path(of: "content"))
    }

    private func parts(_ elements: [JSONSlice], at path: String) throws -> [MessagePart] {
        try elements.enumerated().flatMap { index, element in
            try ConverseBlock.parts(of: element, at: "\(path)[\(index)]", extracting: extracting)
        }.fitting
    }

    private mutating func omit(_ reason: String) {
        omissions.append(Omission(message: messages.count, reason: reason))
    }
}
