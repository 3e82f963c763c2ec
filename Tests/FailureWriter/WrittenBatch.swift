/// The messages of one append of a writer, as their contents tell them apart.
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

    /// Reads what append a stored message is of, and which of its messages; nil for no writer's message.
    static func read(_ content: String) -> (batch: WrittenBatch, index: Int)? {
        let fields = content.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard fields.count == 4, let index = Int(fields[1]), let count = Int(fields[2]),
            (0..<count).contains(index), fields[3].utf8.allSatisfy({ $0 == UInt8(ascii: "x") })
        else { return nil }
        return (WrittenBatch(name: String(fields[0]), count: count), index)
    }
}

/// An append that was acknowledged, as the writer tells it on one line.
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
