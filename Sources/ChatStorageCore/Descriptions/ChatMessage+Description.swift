extension ChatMessage: CustomStringConvertible {
    /// The role and what is said, such as `user: "Hi"`.
    ///
    /// Other parts come with their kinds, and at the end the key, the metadata and the native JSON of the message. Long
    /// texts are cut.
    ///
    /// It is for debugging. It quotes the chat, so keep it out of errors and logs.
    public var description: String {
        let parts = parts
        var text =
            "\(role): " + (parts.isEmpty ? "no parts" : ShownText.list(parts.map(\.description), separator: " + "))
        if let key { text += ", key \(ShownText.quoted(key))" }
        if !metadata.isEmpty { text += ", metadata \(ShownText.cut(metadata.text))" }
        if let native { text += ", native \(native.shown)" }
        return text
    }
}

extension Message: CustomStringConvertible {
    /// The conversation, the sequence and what was appended, such as `"trip" #2 user: "Hi"`, then when.
    ///
    /// An answer that is or was under way also shows its state and its revision. A message that does not follow the one
    /// before it shows what it follows.
    ///
    /// It is for debugging. It quotes the chat, so keep it out of errors and logs.
    public var description: String {
        var text = "\(ShownText.quoted(conversationID.rawValue)) #\(sequence) \(body), created \(createdAt)"
        if let predecessor { text += ", follows \(predecessor == 0 ? "none" : "#\(predecessor)")" }
        if writing != .none { text += ", \(state.rawValue), revision \(revision)" }
        if let revisedAt { text += ", revised \(revisedAt)" }
        return text
    }
}
