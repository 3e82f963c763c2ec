import ChatStorageSupport

/// Recognises an append that was made before, by its messages' keys; for backends.
public enum RepeatedAppend {
    /// Finds the stored messages of an append that was made before.
    ///
    /// A backend calls it after it has checked the arguments, in the transaction that appends, and before it looks at
    /// the condition. An append whose messages have no keys is always new: it needs neither this nor a look-up.
    ///
    /// - Parameters:
    ///   - new: The append, whose messages each have a key of their own.
    ///   - found: The stored messages of the conversation that have one of these keys, in any order; others may be
    ///     among them.
    /// - Returns: The stored messages in the order given, which the backend returns without writing; nil if the append
    ///   is new.
    /// - Throws: ``ChatStorageError/Code-swift.struct/idempotencyMismatch`` when only some of the keys are there, or a
    ///   message's role or parts differ from those stored under its key. Metadata can have changed since, and is not
    ///   compared. An answer under way can have changed too: only its role is compared, and the repeat must be an
    ///   answer under way too.
    public static func messages(for new: NewMessages, found: [Message]) throws -> [Message]? {
        let messages = new.messages
        var byKey: [UTF8Text: Message] = [:]
        for message in found {
            if let key = message.key { byKey[UTF8Text(key)] = message }
        }
        let stored = messages.compactMap { message in message.key.flatMap { byKey[UTF8Text($0)] } }
        guard !stored.isEmpty else { return nil }
        guard stored.count == messages.count else {
            throw mismatch("only some of the messages' keys are in the conversation already")
        }
        let areSame = zip(stored, messages).enumerated().allSatisfy { index, pair in
            guard (pair.0.revision > 0) == (new.writing(at: index) != nil) else { return false }
            return pair.0.revision > 0 ? pair.0.role == pair.1.role : pair.0.body.hasSameContent(as: pair.1)
        }
        guard areSame else {
            throw mismatch("a key is in the conversation already, with a message that differs")
        }
        return stored
    }

    private static func mismatch(_ reason: String) -> ChatStorageError {
        ChatStorageError(.idempotencyMismatch, reason)
    }
}
