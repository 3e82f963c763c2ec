import ChatStorageCore
import ChatStorageSupport
import Crypto

/// The SHA-256 hash that names a conversation without an id: two conversations cannot be made to share a name.
///
/// Each text is hashed with its length before it, so that different conversations are different bytes.
struct ContentHash {
    private var hash = SHA256()

    /// The hash of a conversation's title, roles, contents and times; the id has no part in it.
    static func hash(title: String?, messages: [ArchivedConversation.Message]) -> SHA256Digest {
        var hash = ContentHash()
        hash.add(title)
        hash.add(UInt64(messages.count))
        for message in messages {
            hash.add(message.role.rawValue)
            hash.add(message.content)
            hash.add(message.createdAt.map { UInt64(bitPattern: $0.microsecondsSinceEpoch) })
        }
        return hash.hash.finalize()
    }

    private mutating func add(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { hash.update(bufferPointer: $0) }
    }

    private mutating func add(_ number: UInt64?) {
        add(UInt8(number == nil ? 0 : 1))
        if let number { add(number) }
    }

    private mutating func add(_ text: String?) {
        add(UInt8(text == nil ? 0 : 1))
        if let text { add(text) }
    }

    private mutating func add(_ text: String) {
        add(UInt64(text.utf8.count))
        text.withUTF8Bytes { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
    }
}

/// The ids of a file's conversations that have none: `import-HASH-OCCURRENCE`, with the hash's first 160 bits.
///
/// Real files repeat conversations, so equal ones are counted. Importing the same file again gives the same ids.
struct DerivedIDs {
    private static let bytes = 20

    private var occurrences: [SHA256Digest: Int] = [:]

    /// The id of the next conversation in the file.
    mutating func next(title: String?, messages: [ArchivedConversation.Message]) -> ConversationID {
        let hash = ContentHash.hash(title: title, messages: messages)
        let occurrence = occurrences[hash, default: 0] + 1
        occurrences[hash] = occurrence
        let digits = hash.prefix(Self.bytes).map { byte in
            (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
        }
        return ConversationID("import-\(digits.joined())-\(occurrence)")
    }
}
