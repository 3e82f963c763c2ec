import ChatStorageCore

/// What callers do to one conversation at once; some order of their calls must explain all results.
///
/// A theme has its operations, how often each comes, and what is there before. ``Model`` says what each operation must
/// return; it begins empty. Add a new operation to the model first, then to a theme in a file of its own.
struct HistoryTheme: Sendable {
    /// The check's id after `linearisability.`.
    let name: String
    let rules: [Rule]
    /// What goes wrong for an app when no order explains what callers saw.
    let reason: String
    /// How many callers there are, at most eight; each has its own handle if the backend can have several.
    var callers = 4
    /// How many calls each makes; with the calls before and after them a history has at most 64.
    var calls = 6
    /// On how many conversations this is done, one after the other.
    var rounds = 25
    /// The calls made before, one after the other.
    var first: @Sendable (ConversationID, inout SplitMix64) -> [StorageCall] = { _, _ in [] }
    /// The call that a caller makes next.
    let next: @Sendable (HistoryCaller, inout SplitMix64) -> StorageCall
    /// The calls made after, one after the other, to see the final state; it is possible that no caller saw it.
    var last: @Sendable (ConversationID) -> [StorageCall] = { id in
        [.conversation(id), .messages(of: id, .end, limit: 1_000)]
    }

    /// All themes, in the order of their checks.
    static let all = [conversation, keysAndConditions, reads, metadata, tree, streaming]

    /// A person's messages, for themes that do not need keys.
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
    /// The calls made before and its own, with their outcomes, the oldest first.
    var entries: [HistoryEntry]

    /// Its last append, if that had keys: repeating it, as a caller without an answer would, must change nothing.
    var lastKeyedAppend: StorageCall? {
        guard let last = entries.last, case .append(let new) = last.call, new.messages.first?.key != nil else {
            return nil
        }
        return last.call
    }
}
