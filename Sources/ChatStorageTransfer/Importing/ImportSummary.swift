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
        }
    }
}
