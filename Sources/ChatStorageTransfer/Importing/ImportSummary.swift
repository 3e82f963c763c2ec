public import ChatStorageCore

/// What an import has done so far.
public struct ImportSummary: Sendable, Hashable {
    /// Conversations that were stored.
    public var imported = 0
    /// Messages of those conversations.
    public var messages = 0
    /// Conversations that were there already, with the same messages.
    public var unchanged = 0
    /// Conversations whose id is there with other messages; what is stored was left as it is.
    public var different = 0
    /// Places in the file without a conversation that can be stored.
    public var invalid = 0
    /// How many of those are damage of the file: it was not read to its end, or is an archive that was changed.
    public var damagedFiles = 0
    /// Conversations that the store's own data kept from being stored or compared.
    public var failed = 0
    /// How many of the conversations that are now in the store have each member of ``ArchivedConversation/leftOut``.
    ///
    /// A hundred names at most; further ones are counted together as `others`.
    public private(set) var leftOut: [String: Int] = [:]
    /// What was mended in the conversations that are now in the store: how many values of each kind.
    public private(set) var mended: [Mending: Int] = [:]
    /// Bytes of the file that were read.
    public var bytesRead: Int64 = 0

    /// Makes the summary of an import that has not begun.
    public init() {}

    /// The sums of two imports.
    public static func + (left: ImportSummary, right: ImportSummary) -> ImportSummary {
        var sum = left
        sum.imported += right.imported
        sum.messages += right.messages
        sum.unchanged += right.unchanged
        sum.different += right.different
        sum.invalid += right.invalid
        sum.damagedFiles += right.damagedFiles
        sum.failed += right.failed
        for (name, count) in right.leftOut { sum.addLeftOut(name, count) }
        sum.countMended(right.mended)
        sum.bytesRead += right.bytesRead
        return sum
    }

    mutating func count(_ outcome: ImportOutcome) {
        switch outcome {
        case .imported(let messages):
            imported += 1
            self.messages += messages
        case .unchanged: unchanged += 1
        case .different: different += 1
        case .invalid: invalid += 1
        case .failed: failed += 1
        case .fileDamaged:
            invalid += 1
            damagedFiles += 1
        }
    }

    /// Counts members of a conversation that is in the store without them.
    mutating func countLeftOut(_ names: Set<String>) {
        for name in names { addLeftOut(name, 1) }
    }

    /// Counts what was mended in a conversation that is in the store.
    mutating func countMended(_ counts: [Mending: Int]) {
        mended.merge(counts, uniquingKeysWith: +)
    }

    private mutating func addLeftOut(_ name: String, _ count: Int) {
        let name = leftOut[name] == nil && leftOut.count >= 100 ? "others" : name
        leftOut[name, default: 0] += count
    }
}
