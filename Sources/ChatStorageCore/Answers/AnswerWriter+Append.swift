extension AnswerWriter {
    /// Appends the answer, and tries again as the policy says.
    ///
    /// The key makes all attempts one message. When the task is cancelled or the store closes, they go on only if one
    /// of them may have stored it.
    func append(_ new: NewMessages) async throws -> Message {
        var failures = 0
        var mayBeStored = false
        while true {
            do {
                guard let stored = try await storage.append(new).messages.first else {
                    throw ChatStorageError(.damaged, "the backend appended a message and returned none")
                }
                return stored
            } catch let error as ChatStorageError {
                guard error.isRetryable else { throw error.aboutOneMessage }
                failures += 1
                if error.writeOutcome == .unknown { mayBeStored = true }
                guard failures < options.retrying.attempts else {
                    throw mayBeStored ? error.afterUnknownOutcome : error
                }
                try await wait(afterFailures: failures, isCancellable: !mayBeStored)
            }
        }
    }

    private func wait(afterFailures failures: Int, isCancellable: Bool) async throws {
        let end = clock.now.advanced(by: options.retrying.wait(afterFailures: failures))
        while clock.now < end {
            if isCancellable {
                if isCancelled { throw CancellationError() }
                if case .end = order { throw ChatStorageError.closed }
            }
            await writer.wait(until: end, clock)
        }
    }
}

extension RetryPolicy {
    /// A random wait, at most the policy's longest.
    func wait(afterFailures failures: Int) -> Duration {
        longestWait(afterFailures: failures) * Double.random(in: 0...1)
    }
}
