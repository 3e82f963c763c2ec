extension AnswerWriter {
    /// Looks the message up when there was no news of it for a while, until the answer is lost, the store closes or the
    /// task is cancelled.
    func watch(_ answer: Message) async {
        while !Task.isCancelled {
            guard case .write = order else { return }
            let now = clock.now
            guard nextLook <= now else {
                await watcher.wait(until: nextLook, clock)
                continue
            }
            // A look-up that fails proves nothing; the next one may.
            if let found = try? await look(at: answer) {
                switch found {
                case .failure(let loss): lose(loss)
                case .success(let message) where message.state != .streaming: lose(.ended(message))
                case .success: break
                }
            }
            note(now)
        }
    }

    /// The message as it is now.
    func look(at answer: Message) async throws -> Result<Message, AnswerLoss> {
        let page = try await storage.messages(
            MessageQuery(of: answer.conversationID, .sequences([answer.sequence])))
        // A conversation that was deleted and created again can have a message of the same sequence.
        guard let message = page.items.first, message.createdAt == answer.createdAt else { return .failure(.gone) }
        return .success(message)
    }
}
