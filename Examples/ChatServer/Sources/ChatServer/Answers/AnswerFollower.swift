import ChatStorageCore

/// Follows an answer as the store has it, whichever process writes it.
struct AnswerFollower: Sendable {
    let feed: AnswerFeed
    let user: User

    /// Shows an answer until it has ended.
    ///
    /// - Parameters:
    ///   - id: The answer.
    ///   - show: Takes the message as it is stored, or nil for nothing new.
    /// - Returns: The message as it ended.
    @discardableResult
    func follow(_ id: Message.ID, _ show: (Message?) async throws -> Void = { _ in }) async throws -> Message {
        // The news begin before the first look, so that nothing falls between them.
        let news = feed.news(of: AnswerID(user: user.name, id))
        var message = try await stored(id)
        try await show(message)
        guard message.state == .streaming else { return message }
        for await event in news {
            var newer = message
            switch event {
            case .written(let written): newer = written
            case .silence: newer = try await stored(id)
            }
            // A look can bring what is older than the news before it.
            let isNew = newer.revision > message.revision
            if isNew { message = newer }
            try await show(isNew ? message : nil)
            if message.state != .streaming { return message }
        }
        throw CancellationError()
    }

    /// The message as it is stored.
    func stored(_ id: Message.ID) async throws -> Message {
        let found = try await user.chats.messages(MessageQuery(of: id.conversationID, .sequences([id.sequence])))
        guard let message = found.items.first else { throw APIError.notFound("response") }
        return message
    }
}
