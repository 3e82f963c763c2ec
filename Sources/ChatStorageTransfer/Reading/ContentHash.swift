import ChatStorageCore
import ChatStorageSupport

/// The FNV-1a hash of 128 bits: the name of a conversation that has none.
///
/// Each text is hashed with its length before it, so that no two conversations are the same row of bytes.
struct ContentHash {
    private var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d

    /// The hash of a conversation's title, roles, contents and times; the id has no part in it.
    static func hash(title: String?, messages: [ArchivedConversation.Message]) -> UInt128 {
        var hash = ContentHash()
        hash.add(title)
        hash.add(UInt64(messages.count))
        for message in messages {
            hash.add(message.role.rawValue)
            hash.add(message.content)
            hash.add(message.createdAt.map { UInt64(bitPattern: $0.microsecondsSinceEpoch) })
        }
        return hash.hash
    }

    private mutating func add(byte: UInt8) {
        hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013b
    }

    private mutating func add(_ number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { add(byte: UInt8(truncatingIfNeeded: number >> shift)) }
    }

    private mutating func add(_ number: UInt64?) {
        add(byte: number == nil ? 0 : 1)
        if let number { add(number) }
    }

    private mutating func add(_ text: String?) {
        add(byte: text == nil ? 0 : 1)
        if let text { add(text) }
    }

    private mutating func add(_ text: String) {
        add(UInt64(text.utf8.count))
        text.withUTF8Bytes { bytes in
            for byte in bytes { add(byte: byte) }
        }
    }
}

/// The ids of a file's conversations that have none: `import-HASH-OCCURRENCE`.
///
/// Real files repeat conversations, so equals are counted. Importing the same file again gives the same ids.
struct DerivedIDs {
    private var occurrences: [UInt128: Int] = [:]

    /// The id of the next conversation in the file.
    mutating func next(title: String?, messages: [ArchivedConversation.Message]) -> ConversationID {
        let hash = ContentHash.hash(title: title, messages: messages)
        let occurrence = occurrences[hash, default: 0] + 1
        occurrences[hash] = occurrence
        let digits = String(hash, radix: 16)
        let padding = String(repeating: "0", count: 32 - digits.count)
        return ConversationID("import-\(padding)\(digits)-\(occurrence)")
    }
}
