import ChatStorageSupport

/// The name of a member in the documented form of a value, in snake_case.
struct MemberName: CodingKey, ExpressibleByStringLiteral {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        return nil
    }

    init(stringLiteral name: String) {
        self.init(stringValue: name)
    }

    /// The name as `JSONDecoder` has it if it converts names from snake_case: `createdAt` for `created_at`.
    var converted: MemberName {
        let words = stringValue.split(separator: "_")
        let others = words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
        return MemberName(stringValue: (words.prefix(1).map(String.init) + others).joined())
    }
}

/// The members of an encoded value.
///
/// It finds them under their documented names, even if the decoder converts names from snake_case.
struct DecodedMembers {
    private let container: KeyedDecodingContainer<MemberName>

    init(from decoder: any Decoder) throws {
        container = try decoder.container(keyedBy: MemberName.self)
    }

    /// A member that must be there.
    func value<Value: Decodable>(_ name: MemberName) throws -> Value {
        try container.decode(Value.self, forKey: found(name))
    }

    /// A member that can be missing or null.
    func optional<Value: Decodable>(_ name: MemberName) throws -> Value? {
        try container.decodeIfPresent(Value.self, forKey: found(name))
    }

    /// A message's content; anything but a string would lose something.
    func content() throws -> String {
        let name = found("content")
        guard container.contains(name), (try? container.decode(String.self, forKey: name)) == nil else {
            return try container.decode(String.self, forKey: name)
        }
        throw error(at: name, "the content is not a string; \(Self.useCodec)")
    }

    /// Refuses a content beside parts, unless it is what the parts say.
    func refuseContent(besides parts: [MessagePart]) throws {
        guard let content: String = try? optional("content") else { return }
        guard ChatMessage(role: .user, parts: parts).content.hasSameUTF8(as: content) else {
            throw error(at: "content", "the content is not the text of the parts")
        }
    }

    private static let useCodec = "a provider's form of a message is read by a codec of ChatStorageProviders"
    /// Members that only providers' messages have.
    private static let providersMembers: Set<String> = ["tool_calls", "toolCalls", "function_call", "functionCall"]

    /// Refuses any other member that is not empty, since it would be lost.
    func refuseOthers(than names: [MemberName]) throws {
        let known = Set(names.flatMap { [$0.stringValue, $0.converted.stringValue] })
        for name in container.allKeys where !known.contains(name.stringValue) && !isEmpty(name) {
            // A name comes from outside and can have any length.
            let shown = name.stringValue.prefix(scalars: 40)
            if Self.providersMembers.contains(name.stringValue) {
                throw error(at: name, "\(shown) would be lost; \(Self.useCodec)")
            }
            throw error(
                at: name,
                "\(shown) would be lost; the known members are \(names.map(\.stringValue).joined(separator: ", "))")
        }
    }

    private func found(_ name: MemberName) -> MemberName {
        !container.contains(name) && container.contains(name.converted) ? name.converted : name
    }

    private func isEmpty(_ name: MemberName) -> Bool {
        if (try? container.decodeNil(forKey: name)) == true { return true }
        if let text = try? container.decode(String.self, forKey: name) { return text.isEmpty }
        if let elements = try? container.nestedUnkeyedContainer(forKey: name) { return elements.isAtEnd }
        let object = try? container.nestedContainer(keyedBy: MemberName.self, forKey: name)
        return object?.allKeys.isEmpty ?? false
    }

    private func error(at name: MemberName, _ description: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: container.codingPath + [name], debugDescription: description))
    }
}
