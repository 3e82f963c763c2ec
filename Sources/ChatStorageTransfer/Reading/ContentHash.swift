import ChatStorageCore
import ChatStorageSupport

/// The SHA-256 hash that names a conversation without an id: two conversations cannot be made to share a name.
///
/// Each text is hashed with its length before it, so that different conversations are different bytes.
struct ContentHash {
    private var hash = SHA256Hash()

    /// The hash of a conversation's title, roles, contents, parts and times, without the id.
    static func hash(title: String?, messages: [ArchivedConversation.Message]) -> [UInt8] {
        var hash = ContentHash()
        hash.add(title)
        hash.add(UInt64(messages.count))
        for message in messages {
            hash.add(message.role.rawValue)
            hash.add(message.content)
            hash.add(message.createdAt.map { UInt64(bitPattern: $0.microsecondsSinceEpoch) })
            // A message of one text hashes as it did before messages had parts.
            if let parts = MessageJSON.stored(message.body) { hash.add(parts) }
        }
        return hash.hash.finalize()
    }

    private mutating func add(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { hash.update($0) }
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
        text.withUTF8Bytes { hash.update(UnsafeRawBufferPointer($0)) }
    }
}
