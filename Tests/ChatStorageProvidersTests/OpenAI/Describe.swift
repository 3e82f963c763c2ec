import ChatStorageCore
import ChatStorageInMemory
import ChatStorageJSON
import Foundation
import Testing

@testable import ChatStorageProviders

extension MessagePart {
    /// A part as the tables of samples have it: kind; tool and call; the bytes of its text and how it begins.
    var line: String {
        var line = kind.rawValue
        if kind == .toolCall || kind == .toolResult { line += " \(name ?? "-") \(callID ?? "-")" }
        guard let text else { return line }
        let start = text.replacingOccurrences(of: "\n", with: "⏎").unicodeScalars.prefix(28)
        var beginning = String(String.UnicodeScalarView(start))
        while beginning.last == " " { beginning.removeLast() }
        return line + " \(text.utf8.count) " + beginning
    }
}

extension ChatMessage {
    /// The parts' lines.
    var lines: String { parts.map(\.line).joined(separator: "\n") }

    /// The role, and each part's kind, with its call's id if it has one.
    var outline: String {
        "\(role): " + parts.map { $0.kind.rawValue + ($0.callID.map { "(\($0))" } ?? "") }.joined(separator: ", ")
    }
}

/// JSON as data, for calls that take it.
func json(_ text: String) -> Data { Data(text.utf8) }

/// The exact JSON of the elements of a member of a body.
func elements(of member: String, in body: EncodedBody) throws -> [String] {
    try JSONFields(JSONFields.parse(body.data), at: "").requiredElements(member).map(\.text)
}

/// The messages after a store, after `Codable` and after the form that stores keep; each must give the same.
func kept(_ messages: [ChatMessage]) async throws -> [ChatMessage] {
    let chats = InMemoryBackend.prepared(roles: .withTools)
    try await chats.append(messages, to: "c")
    #expect(try await chats.messages(of: "c", limit: 1_000).map(\.chatMessage) == messages)
    let coded = try JSONDecoder().decode([ChatMessage].self, from: JSONEncoder().encode(messages))
    #expect(coded == messages)
    let stored = try messages.map { message in
        try MessageJSON.message(
            role: message.role, content: message.content, parts: MessageJSON.stored(message),
            metadata: message.metadata.isEmpty ? nil : message.metadata.text, key: message.key)
    }
    #expect(stored == messages)
    return stored
}
