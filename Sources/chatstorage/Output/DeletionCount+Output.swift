import ChatStorageCore
import ChatStorageJSON

extension DeletionCount {
    func json(isDryRun: Bool) -> JSONOutput {
        .object([
            ("conversations", .integer(Int64(conversations))), ("messages", .integer(Int64(messages))),
            ("dry_run", .boolean(isDryRun)),
        ])
    }

    /// What was done, without a full stop: `Deleted 3 conversations with 12 messages`.
    func sentence(_ verb: String, isDryRun: Bool) -> String {
        let what = "\(conversations.counted("conversation")) with \(messages.counted("message"))"
        return isDryRun ? "Would have \(verb) \(what)" : "\(verb.capitalizedFirst) \(what)"
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
