import ChatStorageCore
import ChatStorageJSON

extension DeletionCount {
    func json(isDryRun: Bool) -> JSONOutput {
        .object([
            ("conversations", .integer(Int64(conversations))), ("messages", .integer(Int64(messages))),
            ("changed_meanwhile", .integer(Int64(changedMeanwhile))), ("dry_run", .boolean(isDryRun)),
        ])
    }

    /// What was done, without a full stop: `Deleted 3 conversations with 12 messages`.
    func sentence(_ verb: String, isDryRun: Bool) -> String {
        let what = "\(conversations.counted("conversation")) with \(messages.counted("message"))"
        return isDryRun ? "Would have \(verb) \(what)" : "\(verb.capitalizedFirst) \(what)"
    }

    /// What others did meanwhile, as a sentence to be put after another one; empty for nothing.
    var changesSentence: String {
        guard changedMeanwhile > 0 else { return "" }
        return " Meanwhile, others created, changed or deleted \(changedMeanwhile.counted("conversation"))."
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
