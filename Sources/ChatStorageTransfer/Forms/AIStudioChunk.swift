import ChatStorageCore
import ChatStorageJSON

/// A chunk of a Google AI Studio prompt: a text, a thought, a file, code or its result.
struct AIStudioChunk {
    static let format = "google.aistudio"

    let role: Role
    let id: String?
    var object: ForeignObject

    init(_ slice: JSONSlice) throws {
        object = try ForeignObject(slice, at: "chunkedPrompt.chunks[]")
        let name = try object.text("role") ?? ""
        guard let role = ["user": Role.user, "model": .assistant][name] else {
            throw InvalidConversation(
                reason: "chunkedPrompt.chunks[].role is \"\(name.shortened)\", not one of: model, user")
        }
        self.role = role
        id = try object.id("id")
    }

    /// Whether something may refer to it.
    var isAlone: Bool { id != nil || object["branchParent"] != nil || object["branchChildren"] != nil }

    /// The chunk that it follows, if that is in the file; otherwise `branchParent` goes to the message's metadata.
    mutating func parent(in ids: Set<String>) -> String? {
        guard let id = object["branchParent"]?.firstMember("id")?.string,
            ids.contains(id)
        else { return nil }
        object.take("branchParent")
        return id
    }

    func whole(_ part: MessagePart) -> MessagePart { part.with(native: object.slice, format: Self.format) }

    /// Takes the parts; the rest goes to the message's metadata.
    mutating func parts() throws -> [MessagePart] {
        let isThought = object["isThought"]?.boolean ?? false
        if object["isThought"]?.kind == .boolean { object.take("isThought") }
        let text = try object.text("text") ?? ""
        var unread = Array(text.utf8)[...]
        var parts: [MessagePart] = []
        var isWhole = true
        for slice in try object.elements("parts") {
            var piece = try ForeignObject(slice, at: "chunkedPrompt.chunks[].parts[]")
            if isThought, piece["thought"]?.boolean == true { piece.take("thought") }
            if let said = piece.textIfAny("text") {
                // The text beside the pieces is the sum of theirs.
                if !unread.starts(with: said.utf8) { isWhole = false }
                if isWhole, !said.isEmpty {
                    parts.append(isThought ? .reasoning(said) : .text(said))
                    unread = unread.dropFirst(said.utf8.count)
                }
            }
            parts += Self.contents(&piece)
            if !piece.rest.isEmpty { isWhole = false }
        }
        parts = Self.joined(parts, rest: String(decoding: unread, as: UTF8.self), isThought: isThought)
        parts += Self.contents(&object)
        if !isWhole { parts = parts.isEmpty ? [whole(MessagePart(.data))] : [whole(parts[0])] + parts.dropFirst() }
        return parts
    }

    /// The pieces of a text as one, with the rest of the text that is in none of them.
    private static func joined(_ parts: [MessagePart], rest: String, isThought: Bool) -> [MessagePart] {
        var joined: [MessagePart] = []
        let kind = isThought ? MessagePart.Kind.reasoning : .text
        let rest = rest.isEmpty ? [] : [MessagePart(kind, text: rest)]
        for part in parts.contains(where: { $0.kind == kind }) ? parts + rest : rest + parts {
            if part.kind == kind, joined.last?.kind == kind {
                joined[joined.count - 1].text? += part.text ?? ""
            } else {
                joined.append(part)
            }
        }
        return joined
    }

    // MARK: Contents beside text

    private static func contents(_ object: inout ForeignObject) -> [MessagePart] {
        var parts: [MessagePart] = []
        for (key, value) in object.rest {
            guard value.kind == .object, let part = part(key, value) else { continue }
            object.take(key)
            parts.append(part)
        }
        return parts
    }

    private static func part(_ key: String, _ slice: JSONSlice) -> MessagePart? {
        guard var object = try? ForeignObject(slice, at: key) else { return nil }
        switch key {
        case "executableCode": return MessagePart(.toolCall, name: "code_execution", input: slice.text)
        case "codeExecutionResult":
            let outcome = object["outcome"]?.string
            return MessagePart(
                .toolResult, name: "code_execution", isError: outcome.map { $0 != "OUTCOME_OK" }, output: slice.text)
        case "functionCall":
            let part = MessagePart(
                .toolCall, name: object.name("name"), callID: object.name("id"), input: object.take("args")?.text)
            return part.keeping(object, format: format)
        case "functionResponse":
            let part = MessagePart(
                .toolResult, name: object.name("name"), callID: object.name("id"),
                output: object.take("response")?.text)
            return part.keeping(object, format: format)
        case "inlineFile", "inlineImage", "inlineAudio", "inlineVideo", "inlineData":
            let file = MessageFile(
                mediaType: object.name("mimeType"), name: object.name("displayName"),
                size: object["data"]?.string.flatMap(Base64Size.size))
            return MessagePart.file(file).with(native: slice, format: format)
        case "driveDocument", "driveImage", "driveAudio", "driveVideo", "fileData", "youtubeVideo":
            let file = MessageFile(
                mediaType: object.name("mimeType"),
                name: object.name("name", upTo: Limits.fileNameScalars.upperBound) ?? object.name("displayName"),
                url: object.textIfAny("fileUri"), id: object.name("id") ?? object.name("fileId"))
            // Only the member's name shows the kind of file.
            return MessagePart(.file, file: file, extra: [ExtraMember(key, JSONText(slice))])
        default: return nil
        }
    }

    /// The parts with call ids, which the file lacks: code and its results get the same one.
    static func withCallIDs(_ parts: [MessagePart]) -> [MessagePart] {
        var calls = 0
        return parts.map { part in
            guard part.name == "code_execution" else { return part }
            if part.kind == .toolCall { calls += 1 }
            var part = part
            let native = part.native
            part.callID = "code_execution_\(calls)"
            part.native = native
            return part
        }
    }
}
