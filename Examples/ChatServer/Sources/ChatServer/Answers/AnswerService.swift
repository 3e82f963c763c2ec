import ChatStorageCore

/// What the routes need to start answers.
struct AnswerService: Sendable {
    let answers: Answers
    let feed: AnswerFeed
    let model: any ChatModel
    /// How much of a conversation the model is given.
    let window: HistoryWindow

    var defaultModel: String { model.names.first ?? "default" }

    func follower(for user: User) -> AnswerFollower { AnswerFollower(feed: feed, user: user) }

    /// Answers without a store.
    ///
    /// - Parameters:
    ///   - prompt: What the model is given.
    ///   - metadata: What the answer has from its beginning.
    ///   - id: What the answer is called.
    ///   - show: Takes the answer as it is.
    /// - Returns: The answer as it ended.
    func answerUnstored(
        _ prompt: Prompt, as id: Message.ID, metadata: Metadata, _ show: (Message) async throws -> Void = { _ in }
    ) async throws -> Message {
        let (bodies, body) = AsyncStream<ChatMessage>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let created = Timestamp.now()
        func message(_ body: ChatMessage, _ state: MessageState) -> Message {
            var body = body
            for (name, value) in metadata.object.members { body.metadata[name] = value }
            return Message(
                conversationID: id.conversationID, sequence: id.sequence, body: body, createdAt: created,
                writing: MessageWriting(state: state, revision: 1))
        }
        async let failure: String? = {
            defer { body.finish() }
            do {
                try await model.answer(prompt) { body.yield($0) }
                return nil
            } catch let error as CancellationError {
                throw error
            } catch { return ModelError.message(of: error) }
        }()
        var last = ChatMessage(role: .assistant, parts: [])
        try await show(message(last, .streaming))
        for await body in bodies {
            last = body
            try await show(message(last, .streaming))
        }
        last.metadata[.failure] = try await failure
        let done = message(last, last.metadata[.failure] == nil ? .complete : .failed)
        try await show(done)
        return done
    }
}
