#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where a page of conversations begins: opaque text that can be kept, sent to a client and given back.
///
/// It names a place in the order of one tenant's conversations, not an offset, so it stays right while others write. It
/// says nothing secret and grants nothing: a tenant's handle only ever reads its own conversations.
public struct ConversationCursor: Sendable, Hashable, CustomStringConvertible {
    /// The cursor's text: letters, digits, `-` and `_`.
    public let text: String

    /// Makes a cursor of text that was a cursor's; the call it is given to checks it.
    public init(_ text: String) {
        self.text = text
    }

    /// Makes the cursor of what comes after a conversation.
    public init(after conversation: Conversation, tenant: String) {
        var bytes: [UInt8] = [Self.version]
        bytes.append(bigEndian: UInt64(bitPattern: conversation.updatedAt.microsecondsSinceEpoch))
        bytes.append(contentsOf: conversation.id.rawValue.utf8)
        bytes.append(bigEndian: Self.checksum(of: bytes[...], tenant: tenant))
        text = Self.base64URL(bytes)
    }

    /// The cursor's text.
    public var description: String { text }

    /// The last conversation before the page: the next ones are those updated earlier, and those updated at the same
    /// time whose ids have higher UTF-8 bytes.
    ///
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidCursor`` for text that is damaged, is not a cursor or
    ///   belongs to another tenant.
    public func position(tenant: String) throws -> (updatedAt: Timestamp, id: ConversationID) {
        guard let bytes = Self.bytes(base64URL: text), bytes.count > Self.overhead, bytes[0] == Self.version,
            Self.checksum(of: bytes.dropLast(8), tenant: tenant) == bytes.bigEndian(at: bytes.count - 8),
            let id = String(validating: bytes[9..<(bytes.count - 8)], as: UTF8.self)
        else {
            throw Self.invalid
        }
        let updatedAt = Timestamp(microsecondsSinceEpoch: Int64(bitPattern: bytes.bigEndian(at: 1)))
        guard (try? Validation.check(ConversationID(id))) != nil else {
            throw Self.invalid
        }
        return (updatedAt, ConversationID(id))
    }

    private static let invalid = ChatStorageError(
        .invalidCursor, "the cursor is damaged or belongs to another query")
    private static let version: UInt8 = 1
    /// The version, the time and the checksum.
    private static let overhead = 1 + 8 + 8

    /// FNV-1a with 64 bits: it tells damage and mistakes, not forgery, of which there is nothing to gain.
    private static func checksum(of bytes: ArraySlice<UInt8>, tenant: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in Array(tenant.utf8) + [0] + bytes {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return hash
    }

    private static func base64URL(_ bytes: [UInt8]) -> String {
        String(
            Data(bytes).base64EncodedString().compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }

    private static func bytes(base64URL text: String) -> [UInt8]? {
        // The longest cursor has an id of 100 scalars of four bytes: 560 characters.
        guard text.utf8.count <= 1024,
            !text.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") })
        else { return nil }
        let standard = text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        let padding = String(repeating: "=", count: (4 - standard.count % 4) % 4)
        guard let data = Data(base64Encoded: String(standard) + padding) else { return nil }
        let bytes = [UInt8](data)
        // Text that decodes alike but is not what was given out (stray bits in its last character) is damaged.
        return base64URL(bytes) == text ? bytes : nil
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian number: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) { append(UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
    }

    fileprivate func bigEndian(at index: Int) -> UInt64 {
        self[index..<(index + 8)].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
