import ChatStorageCore
import ChatStorageJSON

/// A content block that comes in pieces.
///
/// Pieces of strings are joined with the escapes of the events, so that the finished block equals that of a whole
/// response.
struct StreamedBlock: Sendable {
    /// The block's number in the stream.
    let index: Int64
    /// The block's type.
    let type: String
    private var block: StreamedObject
    /// The growing string's JSON between its quotes: a text, thinking, or a call's input.
    private var pieces = ""
    /// The same, decoded.
    private(set) var text = ""
    /// The parts, made when the block ended.
    private var finished: [MessagePart]?

    init(index: Int64, _ fields: JSONFields) throws {
        self.index = index
        type = try fields.requiredString("type")
        block = StreamedObject(fields)
        if let member, let start = fields[member], start.kind == .string { try append(start) }
    }

    /// The member that grows; nil for a call, whose input is not a string, and for a block that comes whole.
    private var member: String? {
        switch type {
        case "text", "thinking": type
        default: nil
        }
    }

    /// Takes a change.
    ///
    /// - Returns: Whether the change's kind is known and fits this block.
    /// - Throws: ``ProviderFormError`` if a member is missing.
    mutating func change(_ change: String, _ delta: JSONFields) throws -> Bool {
        switch change {
        case "text_delta" where type == "text": try append(delta.requiredText("text"))
        case "thinking_delta" where type == "thinking": try append(delta.requiredText("thinking"))
        case "signature_delta": block.set("signature", try delta.requiredText("signature").text)
        case "input_json_delta" where member == nil: try append(delta.requiredText("partial_json"))
        case "citations_delta":
            let old = block.json("citations").flatMap { $0.hasPrefix("[") ? $0.dropFirst().dropLast() : nil } ?? ""
            let separator = old.utf8.allSatisfy(\.isJSONWhiteSpace) ? "" : ","
            block.set("citations", "[" + old + separator + (try delta.required("citation").text) + "]")
        case "compaction_delta":
            for member in delta.members where member.key != "type" { block.set(member.key, member.value.text) }
        default: return false
        }
        return true
    }

    private mutating func append(_ string: JSONSlice) throws {
        pieces += string.text.dropFirst().dropLast()
        text += StorableText.text(string.string) ?? ""
    }

    /// Makes the parts, as from a whole response.
    mutating func finish() {
        finished = wholeParts
    }

    /// The parts so far.
    var parts: [MessagePart] {
        if let finished { return finished }
        // Reading the whole block again for each event would take quadratic time.
        switch type {
        case "text": return [.text(text)]
        case "thinking" where block.json("signature").map { $0.utf8.count <= 2 } ?? true:
            return [MessagePart(.reasoning, text: text.isEmpty ? nil : text)]
        case _ where !pieces.isEmpty:
            var parts = wholeParts(input: nil)
            if !parts.isEmpty { parts[0].input = text }
            return parts
        default: return wholeParts
        }
    }

    private var wholeParts: [MessagePart] {
        guard member == nil, !pieces.isEmpty else { return wholeParts(input: nil) }
        // Two pieces can be halves of a surrogate pair, so the input is decoded from all pieces together.
        let input = (try? JSONFields.parse("\"\(pieces)\"".utf8))?.string ?? text
        guard (try? JSONFields.parse(input.utf8)) == nil else { return wholeParts(input: input) }
        var parts = wholeParts(input: nil)
        if !parts.isEmpty { parts[0].input = StorableText.text(input) }
        return parts
    }

    private func wholeParts(input: String?) -> [MessagePart] {
        var block = block
        if let input { block.set("input", input) }
        if let member, !pieces.isEmpty { block.set(member, "\"" + pieces + "\"") }
        guard let slice = try? JSONFields.parse(block.json.utf8) else { return [] }
        return (try? BlockReader(extracting: nil).parts(of: slice, at: "content_block")) ?? []
    }
}
