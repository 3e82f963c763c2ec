import ChatStorageSupport

/// What tells an append that was made before from a new one, by its messages' keys; for backends.
public enum RepeatedAppend {
    /// Finds the stored messages of an append that was made before.
    ///
    /// A backend asks once it has checked the arguments, in the transaction that appends, and before it looks at the
    /// condition. An append whose messages have no keys is always new, and nothing is to be looked up for it.
    ///
    /// - Parameters:
    ///   - messages: The messages to append, no two of the same key.
    ///   - found: The conversation's messages that have one of their keys, in any order; it may have others too.
    ///   - read: Reads the conversation's messages in a range of sequences, in any order; it may give others too. It is
    ///     called only for an append of which some messages have no key.
    /// - Returns: The stored messages in the order given, for the backend to return and write nothing; nil if the append
    ///   is new.
    /// - Throws: ``ChatStorageError/Code-swift.struct/idempotencyMismatch`` when only some keys are there, when a message
    ///   differs from the one stored, or when those without keys do not stand where they were appended; and what `read`
    ///   throws.
    public static func messages(
        for messages: [ChatMessage], found: [Message], reading read: (ClosedRange<Int64>) throws -> [Message]
    ) throws -> [Message]? {
        var byKey: [UTF8Text: Message] = [:]
        for message in found {
            if let key = message.key { byKey[UTF8Text(key)] = message }
        }
        let keyed = messages.map { message in message.key.flatMap { byKey[UTF8Text($0)] } }
        guard keyed.contains(where: { $0 != nil }) else { return nil }
        var stored: [Message] = []
        stored.reserveCapacity(messages.count)
        for (message, match) in zip(messages, keyed) where message.key != nil {
            guard let match else {
                throw mismatch("only some of the messages' keys are in the conversation already")
            }
            try check(match, is: message)
            stored.append(match)
        }
        return stored.count == messages.count ? stored : try run(of: messages, with: keyed, reading: read)
    }

    /// The messages as the one append stored them: a run of sequences, whose place those with keys give.
    private static func run(
        of messages: [ChatMessage], with keyed: [Message?], reading read: (ClosedRange<Int64>) throws -> [Message]
    ) throws -> [Message] {
        let moved = mismatch("the messages do not stand in the conversation as they were appended together")
        guard let index = keyed.firstIndex(where: { $0 != nil }), let anchor = keyed[index]?.sequence,
            anchor > index, anchor <= Int64.max - Int64(messages.count)
        else { throw moved }
        let first = anchor - Int64(index)
        let range = first...(first + Int64(messages.count) - 1)
        var run = keyed
        for message in try read(range) where range.contains(message.sequence) {
            let place = Int(message.sequence - first)
            if run[place] == nil { run[place] = message }
        }
        return try run.enumerated().map { place, stored in
            guard let stored, stored.sequence == first + Int64(place) else { throw moved }
            try check(stored, is: messages[place])
            return stored
        }
    }

    private static func check(_ stored: Message, is message: ChatMessage) throws {
        guard
            ChatMessage(role: stored.role, content: stored.content, key: stored.key) == message
        else { throw mismatch("a key is in the conversation already, with a message that differs") }
    }

    private static func mismatch(_ reason: String) -> ChatStorageError {
        ChatStorageError(.idempotencyMismatch, reason)
    }
}
