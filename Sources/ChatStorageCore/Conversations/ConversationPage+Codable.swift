extension ConversationPage: Codable {
    /// Reads `{"items", "next"}`, the cursor absent or null after the last page; ignores other members.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        self.init(items: try members.value("items"), next: try members.optional("next"))
    }

    /// Writes `{"items"}`, and `"next"` if there is a next page.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(items, forKey: "items")
        try container.encodeIfPresent(next, forKey: "next")
    }
}

extension ConversationCursor: Codable {
    /// Reads the cursor's text from a single string.
    ///
    /// - Throws: `DecodingError` for a text without a cursor's form; the call that takes the cursor checks the rest.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard Self.hasForm(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not the text of a cursor")
        }
        self.init(text)
    }

    /// Writes the cursor's text as a single string.
    ///
    /// - Throws: `EncodingError` for a text without a cursor's form.
    public func encode(to encoder: any Encoder) throws {
        let text = text
        guard Self.hasForm(text) else {
            throw EncodingError.invalidValue(
                self, .init(codingPath: encoder.codingPath, debugDescription: "not the text of a cursor"))
        }
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
