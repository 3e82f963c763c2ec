import ChatStorageCore
import ChatStorageSupport

/// Which of a conversation's messages have keys.
struct MessageKeys: Sendable {
    private var sequences: [UTF8Text: Int64] = [:]
    private var keys: [Int64: String] = [:]

    var isEmpty: Bool { keys.isEmpty }

    /// Notes a key that no other message has.
    mutating func insert(_ key: String, at sequence: Int64) {
        sequences[UTF8Text(key)] = sequence
        keys[sequence] = key
    }

    /// The sequence of the message that has a key.
    func sequence(of key: String) -> Int64? {
        sequences[UTF8Text(key)]
    }

    /// The key of the message of a sequence.
    func key(at sequence: Int64) -> String? {
        keys.isEmpty ? nil : keys[sequence]
    }
}
