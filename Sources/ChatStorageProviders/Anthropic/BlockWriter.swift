import ChatStorageCore
import ChatStorageJSON

/// Writes content blocks from portable members.
enum BlockWriter {
    /// The beginning of the ids of calls that Anthropic's server runs itself.
    static let serverCallPrefix = "srvtoolu_"
    /// The beginning of the ids of files that were uploaded to Anthropic.
    static let fileIDPrefix = "file_"
    /// The member that holds arguments that are not a JSON object, as the API's documentation advises.
    static let invalidInput = "INVALID_JSON"

    /// The block for a part's portable members; nil if they do not make one.
    ///
    /// - Parameter files: The parts that belong to a result.
    static func portable(_ part: MessagePart, files: [MessagePart] = []) -> String? {
        switch part.kind {
        case .text, .refusal: part.text.map(text)
        case .toolCall: call(part)
        case .toolResult:
            if part.isServerResult { serverResult(part) } else { result(part, content: content(part.output, files)) }
        case .file: part.file.flatMap { file($0, source: source(of: $0)) }
        default: nil
        }
    }

    static func text(_ text: String) -> String {
        JSONWriter.object { writer in
            writer.member("type", "text")
            writer.member("text", text)
        }
    }

    // MARK: Calls and results

    private static func call(_ part: MessagePart) -> String? {
        guard let id = part.callID, let name = part.name else { return nil }
        return JSONWriter.object { writer in
            writer.member("type", id.hasPrefix(serverCallPrefix) ? "server_tool_use" : "tool_use")
            writer.member("id", id)
            writer.member("name", name)
            writer.member("input", literal: input(part.input ?? "").json)
        }
    }

    /// A call's arguments as the object that the API takes.
    static func input(_ text: String) -> (json: String, isWrapped: Bool) {
        if let slice = try? JSONFields.parse(text.utf8), slice.kind == .object { return (text, false) }
        if text.utf8.allSatisfy(\.isJSONWhiteSpace) { return ("{}", false) }
        return (JSONWriter.object { $0.member(invalidInput, text) }, true)
    }

    /// - Parameter content: The exact JSON of the content; nil for none.
    static func result(_ part: MessagePart, content: String?) -> String? {
        guard let id = part.callID else { return nil }
        return JSONWriter.object { writer in
            writer.member("type", "tool_result")
            writer.member("tool_use_id", id)
            writer.member("content", literal: content)
            writer.member("is_error", part.isError)
        }
    }

    /// A result's content: a string, or an array if files belong to it; nil if it is empty, or a file makes no block.
    private static func content(_ output: String?, _ files: [MessagePart]) -> String? {
        guard !files.isEmpty else { return output.map(JSONPatch.string) }
        let blocks = files.map { portable($0) }
        let written = blocks.compactMap { $0 }
        return written.count == blocks.count ? content(output, blocks: written) : nil
    }

    /// An array of a text block, if there is a text, and more blocks.
    static func content(_ output: String?, blocks: [String]) -> String {
        let first = output.flatMap { $0.isEmpty ? nil : [text($0)] } ?? []
        return "[" + (first + blocks).joined(separator: ",") + "]"
    }

    private static func serverResult(_ part: MessagePart) -> String? {
        guard let id = part.callID, let name = part.name, let output = part.output,
            (try? JSONFields.parse(output.utf8)) != nil
        else { return nil }
        return JSONWriter.object { writer in
            writer.member("type", name + BlockReader.resultSuffix)
            writer.member("tool_use_id", id)
            writer.member("content", literal: output)
        }
    }

    // MARK: Files

    /// The API's `source` for a file; nil if the API cannot get its bytes.
    static func source(of file: MessageFile) -> String? {
        if let id = file.id, id.hasPrefix(fileIDPrefix) {
            return JSONWriter.object { writer in
                writer.member("type", "file")
                writer.member("file_id", id)
            }
        }
        if let data = file.url.flatMap(Base64.dataURL) { return bytes(base64: data.base64, mediaType: data.mediaType) }
        guard let url = file.sendableURL, file.isImage || file.isPDF else { return nil }
        return urlSource(url)
    }

    static func urlSource(_ url: String) -> String {
        JSONWriter.object { writer in
            writer.member("type", "url")
            writer.member("url", url)
        }
    }

    /// Bytes of an image or a PDF as the API takes them; nil for other types.
    static func bytes(base64: String, mediaType: String) -> String? {
        guard mediaType.hasPrefix("image/") || mediaType == "application/pdf" else { return nil }
        return JSONWriter.object { writer in
            writer.member("type", "base64")
            writer.member("media_type", mediaType)
            writer.member("data", base64)
        }
    }

    /// A plain text as a document.
    static func plainText(_ text: String) -> String {
        JSONWriter.object { writer in
            writer.member("type", "text")
            writer.member("media_type", "text/plain")
            writer.member("data", text)
        }
    }

    /// A file's block; nil without a source.
    static func file(_ file: MessageFile, source: String?) -> String? {
        guard let source else { return nil }
        return JSONWriter.object { writer in
            writer.member("type", file.isImage ? "image" : "document")
            writer.member("source", literal: source)
            if !file.isImage { writer.member("title", file.name) }
        }
    }
}

extension MessagePart {
    /// Whether it is the result of a tool that Anthropic's server ran.
    var isServerResult: Bool {
        kind == .toolResult && callID?.hasPrefix(BlockWriter.serverCallPrefix) == true && name != nil
    }
}

extension MessageFile {
    /// Whether it is a PDF.
    var isPDF: Bool { kindOfFile == "application/pdf" }
    /// Whether it is an image; a URL of an unknown type counts as one.
    var isImage: Bool { kindOfFile.map { $0.hasPrefix("image/") } ?? (url != nil) }

    private var kindOfFile: String? {
        if let mediaType { return mediaType }
        guard let url else { return nil }
        if let data = Base64.dataURL(url) { return data.mediaType }
        return url.prefix { $0 != "?" && $0 != "#" }.lowercased().hasSuffix(".pdf") ? "application/pdf" : nil
    }
}
