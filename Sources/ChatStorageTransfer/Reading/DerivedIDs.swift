import ChatStorageCore
import ChatStorageProviders

/// The ids of a file's conversations that have none: `import-HASH-OCCURRENCE`, with the hash's first 160 bits.
///
/// Real files repeat conversations, so equal ones are counted. Importing the same file again gives the same ids.
struct DerivedIDs {
    private static let bytes = 20

    private var occurrences: [[UInt8]: Int] = [:]

    /// The id of the next conversation in the file.
    mutating func next(title: String?, messages: [ArchivedConversation.Message]) -> ConversationID {
        next(ContentHash.hash(title: title, messages: messages))
    }

    /// The id of the next conversation in the file.
    ///
    /// - Parameter isExact: Whether the messages' native JSON counts too. False if a reader made that JSON from members
    ///   beside the text, such as a name: the ids are then the same as before readers made such JSON.
    mutating func next(
        title: String?, messages: [ArchivedConversation.Message], isExact: Bool
    ) -> ConversationID {
        guard !isExact else { return next(title: title, messages: messages) }
        let said = messages.map { message in
            var message = message
            if message.body.native?.format == OpenAIChat.format { message.body.native = nil }
            return message
        }
        return next(ContentHash.hash(title: title, messages: said))
    }

    private mutating func next(_ hash: [UInt8]) -> ConversationID {
        let occurrence = occurrences[hash, default: 0] + 1
        occurrences[hash] = occurrence
        let digits = hash.prefix(Self.bytes).map { byte in
            (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
        }
        return ConversationID("import-\(digits.joined())-\(occurrence)")
    }
}
