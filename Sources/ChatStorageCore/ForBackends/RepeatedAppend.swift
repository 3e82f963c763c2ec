import ChatStorageSupport

/// What tells an append that was made before from a new one, by its messages' keys; for backends.
public enum RepeatedAppend {
    /// Finds the stored messages of an append that was made before.
    ///
    /// A backend asks once it has checked the arguments, in the transaction that appends, and before it looks at the
    /// condition. An append whose messages have no keys is always new, and nothing is to be looked up for it.
    ///
    /// - Parameters:
    ///   - messages: The messages to append, all with keys, no two of the same.
    ///   - found: The conversation's messages that have one of their keys, in any order; it may have others too.
    /// - Returns: The stored messages in the order given, for the backend to return and write nothing; nil if the append
    ///   is new.
    /// - Throws: ``ChatStorageError/Code-swift.struct/idempotencyMismatch`` when only some keys are there, or when a message
    ///   differs from the one stored.
    public static func messages(for messages: [ChatMessage], found: [Message]) throws -> [Message]? {
        var byKey: [UTF8Text: Message] = [:]
        for message in found {
            if let key = message.key { byKey[UTF8Text(key)] = message }
        }
        let stored = messages.compactMap { message in message.key.flatMap { byKey[UTF8Text($0)] } }
        guard !stored.isEmpty else { return nil }
        guard stored.count == messages.count else {
            throw mismatch("only some of the messages' keys are in the conversation already")
        }
        guard zip(stored, messages).allSatisfy({ $0.body == $1 }) else {
            throw mismatch("a key is in the conversation already, with a message that differs")
        }
        return stored
    }

    private static func mismatch(_ reason: String) -> ChatStorageError {
        ChatStorageError(.idempotencyMismatch, reason)
    }
}
