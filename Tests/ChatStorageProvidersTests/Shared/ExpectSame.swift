import ChatStorageCore
import Testing

/// Compares what portable members say; inputs and outputs by value.
func expectSame(_ made: ChatMessage, _ expected: ChatMessage) {
    #expect(made.role == expected.role && made.content == expected.content)
    #expect(made.parts.map(\.kind) == expected.parts.map(\.kind))
    for (one, other) in zip(made.parts, expected.parts) {
        #expect(one.text == other.text && one.name == other.name && one.callID == other.callID)
        #expect(comparable(one.input) == comparable(other.input))
        #expect(comparable(one.output) == comparable(other.output))
        #expect(one.isError == other.isError && one.file == other.file)
    }
}

private func comparable(_ text: String?) -> JSONValue? {
    text.map { (try? JSONValue(parsing: $0)) ?? .string($0) }
}
