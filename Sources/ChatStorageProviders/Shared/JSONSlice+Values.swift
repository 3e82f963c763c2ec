import ChatStorageJSON

extension JSONSlice {
    /// A member's value, the last one if the name is repeated; nil if there is none.
    func member(_ name: String) -> JSONSlice? { memberList.last { $0.key == name }?.value }

    /// The value as a separate text, so that the ranges of its values are places in that text.
    var byItself: JSONSlice {
        get throws { range.lowerBound == 0 ? self : try JSONFields.parse(text.utf8) }
    }

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
