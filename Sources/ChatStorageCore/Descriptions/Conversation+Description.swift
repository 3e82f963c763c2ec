extension Conversation: CustomStringConvertible {
    /// The id, the title and the state, such as `"trip" "Kyoto", 3 messages, last 3, read through 2, ...`.
    ///
    /// It is for debugging. It quotes the chat, so keep it out of errors and logs.
    public var description: String {
        var text = ShownText.quoted(id.rawValue)
        if let title { text += " \(ShownText.quoted(title))" }
        text += ", \(messageCount) \(messageCount == 1 ? "message" : "messages"), last \(lastSequence)"
        text += ", read through \(readThrough)"
        if clearedThrough > 0 { text += ", cleared through \(clearedThrough)" }
        if isBranched { text += ", branched" }
        if let head { text += ", head \(head)" }
        text += ", created \(createdAt), updated \(updatedAt)"
        if !labels.isEmpty {
            let names = labels.sorted().map { ShownText.quoted($0.rawValue) }
            text += ", labels \(ShownText.list(names, separator: " "))"
        }
        if !metadata.isEmpty { text += ", metadata \(ShownText.cut(metadata.text))" }
        if let preview {
            text += ", preview #\(preview.sequence) \(preview.role): \(ShownText.quoted(preview.text))"
            if preview.state != .complete { text += " (\(preview.state.rawValue))" }
        }
        return text
    }
}
