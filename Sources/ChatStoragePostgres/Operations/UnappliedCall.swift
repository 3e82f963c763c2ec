import ChatStorageCore

extension ChatStorageError {
    /// The same error, of a call that certainly changed nothing: a write that may succeed later was not applied.
    func ofUnappliedCall(isWrite: Bool) -> ChatStorageError {
        guard isWrite, isRetryable, writeOutcome == nil else { return self }
        return ChatStorageError(code, message, writeOutcome: .notApplied, cause: cause)
    }
}
