import ChatStorageCore
import ChatStorageJSON

/// A piece of an Open WebUI content: text, or a `<details>` block, which holds anything else.
struct DetailsBlock {
    private static let format = OpenWebUIChat.format

    /// The text of the piece, tags included.
    private let text: Substring
    /// The value of `type`; nil for plain text.
    private let type: String?
    /// Whether it is the whole content.
    private var isWhole = false

    private init(text: Substring, type: String?, isWhole: Bool = false) {
        self.text = text
        self.type = type
        self.isWhole = isWhole
    }

    /// The parts of the piece; none for white space between blocks.
    var parts: [MessagePart] {
        guard let type else {
            let text = isWhole ? String(text) : text.trimmingWhiteSpace
            return text.isEmpty ? [] : [.text(text)]
        }
        let attributes = Attributes(text.prefix { $0 != ">" })
        let callID = attributes["id"]?.partName
        switch type {
        case "reasoning": return [keeping(.reasoning(inner))]
        case "tool_calls":
            let name = attributes["name"]?.partName
            let call = keeping(MessagePart(.toolCall, name: name, callID: callID, input: attributes["arguments"]))
            let output = attributes["result"] ?? inner
            guard !output.isEmpty else { return [call] }
            return [call, MessagePart(.toolResult, name: name, callID: callID, output: output)]
        case "code_interpreter":
            return [
                keeping(
                    MessagePart(
                        .toolCall, name: "code_interpreter", callID: callID, input: inner, output: attributes["output"])
                )
            ]
        default: return [keeping(MessagePart(.data, text: inner))]
        }
    }

    /// The part with the block as native JSON: a string.
    private func keeping(_ part: MessagePart) -> MessagePart {
        guard let slice = JSONSlice(string: String(text)) else { return part }
        return part.with(native: slice, format: Self.format)
    }

    /// The text in the block after its summary, without the `>` that marks a quotation.
    private var inner: String {
        var rest = text.drop { $0 != ">" }.dropFirst()
        if let summary = rest.firstRange(of: "</summary>") { rest = rest[summary.upperBound...] }
        if rest.hasSuffix(Self.end) { rest = rest.dropLast(Self.end.count) }
        let lines = rest.trimmingWhiteSpace.unescapedHTML.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.allSatisfy({ $0.hasPrefix(">") }) else { return lines.joined(separator: "\n") }
        return lines.map { $0.dropFirst($0.hasPrefix("> ") ? 2 : 1) }.joined(separator: "\n")
    }

    // MARK: Cutting

    private static let start = "<details type=\""
    private static let end = "</details>"

    /// Cuts a content; a block that is not closed counts as text.
    static func pieces(of content: String) -> [DetailsBlock] {
        var pieces: [DetailsBlock] = []
        var rest = content[...]
        while let start = rest.firstRange(of: Self.start), let end = rest[start.upperBound...].firstRange(of: Self.end)
        {
            if start.lowerBound > rest.startIndex {
                pieces.append(DetailsBlock(text: rest[..<start.lowerBound], type: nil))
            }
            let type = rest[start.upperBound...].prefix { $0 != "\"" }
            pieces.append(DetailsBlock(text: rest[start.lowerBound..<end.upperBound], type: String(type)))
            rest = rest[end.upperBound...]
        }
        // A content without blocks stays as it is, white space included.
        if pieces.isEmpty { return [DetailsBlock(text: rest, type: nil, isWhole: true)] }
        if !rest.isEmpty { pieces.append(DetailsBlock(text: rest, type: nil)) }
        return pieces
    }
}

/// The attributes in a tag of HTML, without their escapes.
private struct Attributes {
    private var values: [String: String] = [:]

    init(_ tag: Substring) {
        var rest = tag
        while let equals = rest.firstRange(of: "=\"") {
            let name = rest[..<equals.lowerBound].split(whereSeparator: \.isWhitespace).last
            let value = rest[equals.upperBound...].prefix { $0 != "\"" }
            if let name, !value.isEmpty { values[String(name)] = value.unescapedHTML }
            rest = rest[value.endIndex...].dropFirst()
        }
    }

    subscript(name: String) -> String? { values[name] }
}

extension StringProtocol {
    fileprivate var trimmingWhiteSpace: String {
        let start = drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }

    /// The text with HTML's escapes replaced by the characters that they stand for.
    fileprivate var unescapedHTML: String {
        guard contains("&") else { return String(self) }
        var result = ""
        for (index, piece) in split(separator: "&", omittingEmptySubsequences: false).enumerated() {
            guard index > 0 else {
                result += piece
                continue
            }
            if let escape = HTMLEscape.all.first(where: { piece.hasPrefix($0.name) }) {
                result += escape.text + piece.dropFirst(escape.name.count)
            } else {
                result += "&" + piece
            }
        }
        return result
    }
}

private enum HTMLEscape {
    static let all: [(name: String, text: String)] = [
        ("lt;", "<"), ("gt;", ">"), ("quot;", "\""), ("#x27;", "'"), ("#39;", "'"), ("amp;", "&"),
    ]
}
