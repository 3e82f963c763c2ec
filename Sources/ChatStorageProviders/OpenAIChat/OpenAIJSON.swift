import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

// What the codecs of both of OpenAI's APIs share.
extension JSONSlice {
    /// A member's value, the last one if the name is repeated; nil if there is none.
    func member(_ name: String) -> JSONSlice? { memberList.last { $0.key == name }?.value }

    /// The value as a separate text, so that the ranges of its values are places in that text.
    var byItself: JSONSlice {
        get throws { range.lowerBound == 0 ? self : try JSONFields.parse(text.utf8) }
    }

    /// The elements of an array; none for any other value.
    var elementList: [JSONSlice] { elements.map(Array.init) ?? [] }

    /// A text that a part can have.
    var storableText: String? { StorableText.text(string) }

    /// The same, but nil if it is empty.
    var filledText: String? { storableText.flatMap { $0.isEmpty ? nil : $0 } }

    /// An id or a name that a part can have; nil if it is empty.
    var storableName: String? { StorableText.name(string).flatMap { $0.isEmpty ? nil : $0 } }

    /// A string's text, or the exact JSON of any other value; nil for null.
    var textOrJSON: String? { kind == .null ? nil : StorableText.text(string ?? text) }

    /// The texts of an array of texts, joined by line feeds, or a string; nil for any other value.
    var joinedTexts: String? {
        if kind == .string { return storableText }
        guard let elements else { return nil }
        let texts = elements.map { $0.member("text")?.storableText }
        return texts.contains(nil) ? nil : texts.compactMap(\.self).joined(separator: "\n")
    }

    /// A tool's output: a string, joined texts, or the exact JSON of anything else; nil for null.
    var resultText: String? { joinedTexts ?? textOrJSON }

    /// The elements of an array, or of the `data` of a list.
    func listed(omissions: inout [Omission]) throws -> [JSONSlice] {
        if kind == .array { return elementList }
        guard kind == .object else { throw JSONFields.wrong("", self, "an array") }
        let list = try JSONFields(self, at: "")
        let elements = try list.requiredElements("data")
        for (name, _) in list.members where name != "data" {
            omissions.append(
                Omission(reason: "\(ResponseMetadata.shown(name)) is left out: it is the list's, not a message's"))
        }
        return elements
    }

    /// The error for a value that is not a response.
    func isNoResponse(without member: String) -> ProviderFormError {
        guard kind == .object else { return JSONFields.wrong("", self, "an object") }
        if let error = self.member("error"), error.kind != .null {
            return ProviderFormError(member: "error", reason: "is there: the API refused the request")
        }
        return ProviderFormError(member: member, reason: "is missing")
    }
}

extension MessagePart {
    /// Whether it is a text that is empty or only white space, which the APIs refuse.
    var isBlankText: Bool { kind == .text && !(text ?? "").contains { !$0.isWhitespace } }

    /// The key that a call and its result share: the call id, or the name in the old form without ids.
    var pairingKey: UTF8Text { UTF8Text(callID.map { "id:\($0)" } ?? "name:\(name ?? "")") }

    /// Whether it is a call that another provider's server ran, or its result.
    var isRunElsewhere: Bool { callID?.hasPrefix(BlockWriter.serverCallPrefix) ?? false }

    /// What the part loses when only its portable members are written.
    ///
    /// - Parameters:
    ///   - idGoes: Whether the part's id and status are written.
    ///   - errorGoes: Whether a tool's failure is written.
    ///   - nameGoes: Whether the name of a result's tool is written.
    func unsent(idGoes: Bool = false, errorGoes: Bool = false, nameGoes: Bool = false) -> [String] {
        var reasons: [String] = []
        if let native {
            reasons.append("the part's native JSON (\(native.format)) is left out; its other members are sent")
        }
        let members = [
            ("id", id != nil && !idGoes), ("status", status != nil && !idGoes), ("extra", !extra.isEmpty),
            ("is_error", isError != nil && !errorGoes),
            ("name", kind == .toolResult && name != nil && callID != nil && !nameGoes),
            ("text", kind == .file && text != nil),
        ]
        let unsent = members.filter(\.1).map(\.0)
        if !unsent.isEmpty {
            reasons.append("members are left out that the API has no place for: \(unsent.joined(separator: ", "))")
        }
        return reasons
    }

    /// Whether it is a call of a tool that takes any text, not JSON.
    var isCustomCall: Bool {
        guard kind == .toolCall, native?.format == OpenAIResponses.format else { return false }
        return (try? native?.json.slice)?.member("type")?.string == "custom_tool_call"
    }
}

extension [MessagePart] {
    /// The parts, but no sources if a message cannot hold them all: the native JSON of their text repeats them.
    var fitting: [MessagePart] { count <= Limits.parts.upperBound ? self : filter { $0.kind != .source } }
}

extension MessageFile {
    /// A file without a media type is most often an image.
    var isTakenForImage: Bool {
        if let mediaType { return mediaType.hasPrefix("image/") }
        guard let url else { return false }
        return !url.prefix { $0 != "?" && $0 != "#" }.hasSuffix(".pdf")
    }

    /// OpenAI's name of the audio format; nil for one that its APIs do not take.
    var audioFormat: String? {
        switch mediaType {
        case "audio/wav", "audio/x-wav", "audio/wave": "wav"
        case "audio/mpeg", "audio/mp3": "mp3"
        default: nil
        }
    }

    /// The media type of an audio format.
    static func mediaType(ofAudio format: String) -> String {
        format == "mp3" ? "audio/mpeg" : "audio/\(format)"
    }

    /// The URL, if a server can read it.
    var sendableURL: String? {
        guard let url, url.hasPrefix("https://") || url.hasPrefix("http://") else { return nil }
        return url
    }

    /// The id, if it is one of OpenAI's file ids.
    var openAIFileID: String? { id.flatMap { $0.hasPrefix("file-") ? $0 : nil } }

    /// The bytes as a `data:` URL.
    func dataURL(of base64: String?) -> String? {
        base64.map { "data:\(mediaType ?? (isTakenForImage ? "image/png" : "application/octet-stream"));base64,\($0)" }
    }
}
