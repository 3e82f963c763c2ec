import ChatStorageCore

/// What callers do to one conversation at once, to see whether some order of their calls explains what all returned.
///
/// A theme has its operations, how often each comes, and what is there before. ``Model`` says what each operation must
/// return; it begins empty. New operations come into the model first, then into a theme in a file of its own.
struct HistoryTheme: Sendable {
    /// The check's id after `linearisability.`.
    let name: String
    let rules: [Rule]
    /// What goes wrong for an app when no order explains what callers saw.
    let reason: String
    /// How many callers there are, each with a handle of its own where the backend can have several; at most eight.
    var callers = 4
    /// How many calls each makes; with the first and the last ones a history has at most 64.
    var calls = 6
    /// How many conversations this is done to, one after the other.
    var rounds = 25
    /// The calls that are made before, one after the other.
    var first: @Sendable (ConversationID, inout SplitMix64) -> [StorageCall] = { _, _ in [] }
    /// The call that a caller makes next.
    let next: @Sendable (HistoryCaller, inout SplitMix64) -> StorageCall
    /// The calls that are made after, one after the other: they see the final state, which no caller may have seen.
    var last: @Sendable (ConversationID) -> [StorageCall] = { id in
        [.conversation(id), .messages(of: id, .end, limit: 1_000)]
    }

    /// All themes, in the order in which they are checked.
    static let all = [conversation, keysAndConditions, reads, metadata, tree, streaming]

    /// Messages as a person writes them in themes that have no use for keys.
    static func messages(using random: inout SplitMix64) -> [ChatMessage] {
        (0..<Int.random(in: 1...2, using: &random)).map { _ in
            .user("\(Int.random(in: 0..<1_000, using: &random))")
        }
    }
}

/// A caller of a history: what it has done before its next call.
struct HistoryCaller: Sendable {
    let number: Int
    let conversation: ConversationID
    /// The calls that were made before, and its own, and how they ended, the oldest first.
    var entries: [HistoryEntry]

    /// Its last append if it has keys: made again, as by a caller who got no answer, it must change nothing.
    var lastKeyedAppend: StorageCall? {
        guard let last = entries.last, case .append(let new) = last.call, new.messages.first?.key != nil else {
            return nil
        }
        return last.call
    }
}
