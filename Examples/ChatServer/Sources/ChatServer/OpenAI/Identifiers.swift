import ChatStorageCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The API's ids, made of a conversation's id and a message's sequence, so that nothing has to be looked up by them.
enum Identifiers {
    /// A new id of characters that URLs take: those of the key, or random ones.
    ///
    /// A request that is sent again with its key finds what the first one made.
    static func make(_ prefix: String, _ key: RequestKey?) -> String {
        let random = UUID().uuidString.lowercased().filter { $0 != "-" }
        return prefix + (key.map { "k-" + $0.text } ?? random)
    }

    // MARK: Conversations

    static func isConversation(_ id: ConversationID) -> Bool { id.rawValue.hasPrefix("conv_") }

    // MARK: Responses: `resp_` with what follows `conv_`, and the answer's sequence

    static func response(_ id: Message.ID) -> String {
        "resp_\(id.conversationID.rawValue.dropFirst("conv_".count))_\(id.sequence)"
    }

    static func message(ofResponse id: String) throws -> Message.ID {
        guard id.hasPrefix("resp_"), let end = id.lastIndex(of: "_"), let sequence = Int64(id[end...].dropFirst()),
            let name = id.dropFirst("resp_".count).dropLast(id[end...].count).nonEmpty
        else { throw APIError.notFound("response") }
        return Message.ID(conversationID: ConversationID("conv_\(name)"), sequence: sequence)
    }

    // MARK: Items: what they are, the message's sequence, and their place in the message

    static func item(_ kind: String, _ sequence: Int64, _ index: Int) -> String { "\(kind)_\(sequence)_\(index)" }

    static func item(_ id: String) throws -> (sequence: Int64, index: Int) {
        let numbers = id.split(separator: "_")
        guard numbers.count == 3, let sequence = Int64(numbers[1]), let index = Int(numbers[2]) else {
            throw APIError.notFound("item")
        }
        return (sequence, index)
    }
}

/// What a client sends as `Idempotency-Key`, so that a request which is sent again is one request.
struct RequestKey: Sendable {
    let text: String

    /// - Throws: ``APIError`` for a key that cannot be a part of an id.
    init(_ text: String) throws {
        let isPlain = text.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || "-._".utf8.contains(byte)
        }
        guard isPlain, 1...64 ~= text.utf8.count else {
            throw APIError.invalid("An Idempotency-Key has 1 to 64 letters, digits, dots, hyphens and underscores.")
        }
        self.text = text
    }

    /// The key of one of the messages that a request appends.
    func key(of what: String) -> String { "\(text)/\(what)" }
}

extension Substring {
    fileprivate var nonEmpty: Substring? { isEmpty ? nil : self }
}
