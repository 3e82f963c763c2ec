import ChatStorageConformance
import ChatStorageCore

/// The messages of one append of a writer, as their contents identify them.
struct WrittenBatch: Hashable, Sendable {
    /// Which append of which writer it is; no two have the same.
    let name: String
    /// How many messages the append has.
    let count: Int

    init(name: String, count: Int) {
        self.name = name
        self.count = count
    }

    /// The content of a message of the append.
    ///
    /// - Parameters:
    ///   - index: Which message it is, from 0.
    ///   - padding: How many bytes to add, so that messages take different room in the file.
    func content(_ index: Int, padding: Int) -> String {
        "\(name) \(index) \(count) " + String(repeating: "x", count: padding)
    }

    /// The messages of the append, the same each time that it is made.
    ///
    /// - Parameter keyed: Whether each has a key.
    func messages(keyed: Bool) -> [ChatMessage] {
        // FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), as a hash that is the same in each process.
        let seed = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { index in
            // Now and then more than a page of a file.
            let longest = Int.random(in: 0..<20, using: &generator) == 0 ? 20_000 : 200
            let padding = Int.random(in: 0...longest, using: &generator)
            return ChatMessage(
                role: .user, content: content(index, padding: padding), key: keyed ? "\(name) \(index)" : nil)
        }
    }

    /// Reads what append a stored message is of, and which of its messages; nil for no writer's message.
    static func read(_ content: String) -> (batch: WrittenBatch, index: Int)? {
        let fields = content.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard fields.count == 4, let index = Int(fields[1]), let count = Int(fields[2]),
            (0..<count).contains(index), fields[3].utf8.allSatisfy({ $0 == UInt8(ascii: "x") })
        else { return nil }
        return (WrittenBatch(name: String(fields[0]), count: count), index)
    }
}

/// An append that was acknowledged, as the writer reports it on one line.
struct Acknowledgement: Sendable {
    let conversation: String
    let firstSequence: Int64
    let batch: WrittenBatch

    init(conversation: String, firstSequence: Int64, batch: WrittenBatch) {
        self.conversation = conversation
        self.firstSequence = firstSequence
        self.batch = batch
    }

    /// Reads a line without its newline.
    init?(line: some StringProtocol) {
        let fields = line.split(separator: " ")
        guard fields.count == 4, let sequence = Int64(fields[1]), let count = Int(fields[3]) else { return nil }
        self.init(
            conversation: String(fields[0]), firstSequence: sequence,
            batch: WrittenBatch(name: String(fields[2]), count: count))
    }

    var line: String { "\(conversation) \(firstSequence) \(batch.name) \(batch.count)" }
}

/// An append that is about to be made, as the writer reports it on one line, which the next writer gets.
struct Announcement: Sendable {
    let conversation: String
    let batch: WrittenBatch

    init(conversation: String, batch: WrittenBatch) {
        self.conversation = conversation
        self.batch = batch
    }

    /// Reads a line without its newline.
    init?(line: some StringProtocol) {
        let fields = line.split(separator: " ")
        guard fields.count == 4, fields[0] == "?", let count = Int(fields[3]) else { return nil }
        self.init(conversation: String(fields[1]), batch: WrittenBatch(name: String(fields[2]), count: count))
    }

    var line: String { "? \(conversation) \(batch.name) \(batch.count)" }
}
