import ChatStorageSupport

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where a page of conversations begins: opaque text that can be kept, sent to a client and given back.
///
/// It names a place in the order of one tenant's conversations, not an offset, so it stays right while others write. It
/// says nothing secret and grants nothing: a tenant's handle only ever reads its own conversations.
public struct ConversationCursor: Sendable, CustomStringConvertible {
    /// Most cursors that a page brings are never asked for their text, which costs more than reading the page.
    private enum Form: Sendable {
        case text(String)
        /// A nil tenant means that of the handle: behind a wrapper, a tenant can have another name in the store.
        case place(updatedAt: Timestamp, id: ConversationID, tenant: String?)
    }

    private let form: Form

    /// Makes a cursor from a cursor's text; the call that takes the cursor checks it.
    public init(_ text: String) {
        form = .text(text)
    }

    /// Makes the cursor of the page after a conversation.
    public init(after conversation: Conversation, tenant: String) {
        form = .place(updatedAt: conversation.updatedAt, id: conversation.id, tenant: tenant)
    }

    /// Makes the cursor of the conversations updated before a time, for any tenant.
    ///
    /// It encodes as a cursor of the default tenant.
    init(before time: Timestamp) {
        let earlier = max(time, Timestamp.earliest).microsecondsSinceEpoch - 1
        // Every id comes after the lowest one.
        form = .place(updatedAt: Timestamp(microsecondsSinceEpoch: earlier), id: "\u{1}", tenant: nil)
    }

    /// The cursor's text: 1 to 1,024 letters, digits, `-` and `_`.
    public var text: String {
        switch form {
        case .text(let text): text
        case .place(let updatedAt, let id, let tenant): Self.text(updatedAt: updatedAt, id: id, tenant: tenant ?? "")
        }
    }

    /// The cursor's text.
    public var description: String { text }

    /// The last conversation before the page: the next ones are those updated earlier, and those updated at the same
    /// time whose ids have higher UTF-8 bytes.
    ///
    /// - Throws: ``ChatStorageError/Code-swift.struct/invalidCursor`` for text that is damaged, is not a cursor or
    ///   belongs to another tenant.
    public func position(tenant: String) throws -> (updatedAt: Timestamp, id: ConversationID) {
        let place: (updatedAt: Timestamp, id: ConversationID)? =
            switch form {
            case .text(let text): Self.place(in: text, tenant: tenant)
            case .place(let updatedAt, let id, let own): own?.hasSameUTF8(as: tenant) ?? true ? (updatedAt, id) : nil
            }
        // The checksum detects damage, but not a forged text.
        guard let place, (try? Validation.check(place.id)) != nil, Limits.timestamps.contains(place.updatedAt) else {
            throw Self.invalid
        }
        return place
    }

    /// Whether a text has a cursor's characters and length.
    static func hasForm(_ text: String) -> Bool {
        textBytes.contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static func text(updatedAt: Timestamp, id: ConversationID, tenant: String) -> String {
        var bytes: [UInt8] = [version]
        bytes.append(bigEndian: UInt64(bitPattern: updatedAt.microsecondsSinceEpoch))
        bytes.append(contentsOf: id.rawValue.utf8)
        bytes.append(bigEndian: checksum(of: bytes[...], tenant: tenant))
        return base64URL(bytes)
    }

    private static func place(in text: String, tenant: String) -> (updatedAt: Timestamp, id: ConversationID)? {
        guard let bytes = bytes(base64URL: text), bytes.count > overhead, bytes[0] == version,
            checksum(of: bytes.dropLast(8), tenant: tenant) == bytes.bigEndian(at: bytes.count - 8),
            let id = String(validating: bytes[9..<(bytes.count - 8)], as: UTF8.self)
        else { return nil }
        return (Timestamp(microsecondsSinceEpoch: Int64(bitPattern: bytes.bigEndian(at: 1))), ConversationID(id))
    }

    private static let invalid = ChatStorageError(
        .invalidCursor, "the cursor is damaged or belongs to another tenant")
    private static let version: UInt8 = 1
    /// The longest cursor has an id of 100 scalars of four bytes: 556 characters.
    private static let textBytes = 1...1024
    /// The version, the time and the checksum.
    private static let overhead = 1 + 8 + 8

    /// FNV-1a with 64 bits: it detects damage and mistakes, not forgery, which would gain nothing.
    private static func checksum(of bytes: ArraySlice<UInt8>, tenant: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in Array(tenant.utf8) + [0] + bytes {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return hash
    }

    private static func base64URL(_ bytes: [UInt8]) -> String {
        let text = Data(bytes).base64EncodedData().compactMap { character -> UInt8? in
            switch character {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: character
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func bytes(base64URL text: String) -> [UInt8]? {
        guard hasForm(text) else { return nil }
        let standard = text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        let padding = String(repeating: "=", count: (4 - standard.count % 4) % 4)
        guard let data = Data(base64Encoded: String(standard) + padding) else { return nil }
        let bytes = [UInt8](data)
        // Text that decodes to the same bytes but differs from what was given out (stray bits in its last character) is
        // damaged.
        return base64URL(bytes) == text ? bytes : nil
    }
}

extension ConversationCursor: Hashable {
    /// Whether both have the same text.
    public static func == (left: ConversationCursor, right: ConversationCursor) -> Bool {
        left.text.hasSameUTF8(as: right.text)
    }

    /// Hashes the text.
    public func hash(into hasher: inout Hasher) {
        text.hashUTF8(into: &hasher)
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
