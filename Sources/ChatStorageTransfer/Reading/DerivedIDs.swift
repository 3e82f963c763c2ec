import ChatStorageCore
import Crypto

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
