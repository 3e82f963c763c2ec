extension MessagePart: CustomStringConvertible {
    /// The kind and the members that are there, such as `tool_call(name: "weather", callID: "1", input: "{}")`.
    ///
    /// A part that is a text and nothing else is that text in quotes. Long texts are cut.
    ///
    /// It is for debugging. It quotes the chat, so keep it out of errors and logs.
    public var description: String {
        if isPlainText { return ShownText.quoted(text ?? "") }
        let texts: [(String, String?)] = [
            ("id", id), ("text", text), ("name", name), ("callID", callID), ("status", status),
            ("input", input), ("output", output),
        ]
        var members = texts.compactMap { name, text in text.map { "\(name): \(ShownText.quoted($0))" } }
        if let isError { members.append("isError: \(isError)") }
        if let file { members.append("file: \(file.shownMembers)") }
        members += extra.map { "\($0.name): \(ShownText.cut($0.json.text))" }
        if let native { members.append("native: \(native.shown)") }
        return members.isEmpty ? "\(kind)" : "\(kind)(\(members.joined(separator: ", ")))"
    }
}

extension MessageFile {
    fileprivate var shownMembers: String {
        let texts = [
            ("mediaType", mediaType), ("name", name), ("sha256", sha256), ("url", url), ("id", id),
        ]
        var members = texts.compactMap { name, text in text.map { "\(name): \(ShownText.quoted($0))" } }
        if let size { members.append("size: \(size)") }
        return "(\(members.joined(separator: ", ")))"
    }
}

extension NativeJSON {
    /// The format and the JSON, cut.
    var shown: String { "\(format) \(ShownText.cut(json.text))" }
}
