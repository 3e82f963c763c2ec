extension ChatStorage {
    /// Reads as much of the end of a conversation's current path as a window has room for, in order, as an LLM chat API
    /// takes it.
    ///
    /// ```swift
    /// let past = try await chats.history(of: id, window: .tokens(60_000))
    /// ```
    ///
    /// A conversation that fits is given whole. Of a longer one the history has the system and developer messages at
    /// its beginning, and then its end, which begins at a user's message and separates no result from its call. While
    /// the conversation grows, the end begins at the same message. From time to time its beginning moves on, by a
    /// quarter of the window or more on average, so that a provider's cache of the prompt serves many turns.
    /// <doc:Windows> says more.
    ///
    /// A turn that does not fit is not cut: if the last one does not fit, only the instructions come. If not even these
    /// fit, nothing does. Answers that are still being written, or whose writing failed, are left out.
    ///
    /// It reads the beginning, and as many pages from the end as it needs.
    ///
    /// - Parameters:
    ///   - id: The conversation; one that does not exist has no messages.
    ///   - window: How much the model gets.
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument` for a window of a negative size.
    public func history(of id: ConversationID, window: HistoryWindow) async throws -> [ChatMessage] {
        try await history(of: id, .end, window)
    }

    /// Reads as much of what precedes a message as a window has room for, in order: what a model is given to write
    /// another answer in that message's place.
    ///
    /// - Parameters:
    ///   - id: The conversation; one that does not exist has no messages.
    ///   - sequence: The message; if it is stored, its own branch is read, wherever the head is.
    ///   - window: How much the model gets.
    /// - Throws: As ``history(of:window:)`` does.
    public func history(
        of id: ConversationID, before sequence: Int64, window: HistoryWindow
    ) async throws -> [ChatMessage] {
        try await history(of: id, .before(sequence), window)
    }

    private func history(
        of id: ConversationID, _ position: MessagePosition, _ window: HistoryWindow
    ) async throws -> [ChatMessage] {
        try window.check()
        if window.messages == 0 { return [] }
        for _ in 0..<3 {
            do {
                return try await scanHistory(of: id, position, window)
            } catch let error as ChatStorageError where error.code == .messageNotFound {
                // The message that ends the path was removed between two pages.
                try Task.checkCancellation()
            }
        }
        return try await scanHistory(of: id, position, window)
    }

    private func scanHistory(
        of id: ConversationID, _ position: MessagePosition, _ window: HistoryWindow
    ) async throws -> [ChatMessage] {
        var scan = WindowScan(window)
        var newestFirst: [Message] = []
        // A window that counts messages mostly takes one page, with a few more to find where it can begin.
        var size = window.messages.map { PageSize(messages: min($0, 150) * 5 / 4 + 4) } ?? PageSize()
        // With the answers that have failed or are under way: the history does not have them, but their calls can have
        // results.
        var query = MessageQuery(of: id, position, states: .all)
        while scan.needsMore {
            query.limit = size.messages
            let page = try await messages(query)
            for message in page.items.reversed() {
                scan.take(message)
                if message.isInHistory { newestFirst.append(message) }
            }
            guard page.hasMore, let oldest = page.items.first, let newest = page.items.last else {
                return scan.history(newestFirst, leading: newestFirst.reversed().prefix { $0.isInstruction })
            }
            // Others may append, remove and go to another branch meanwhile: all pages are of one path.
            if query.path == .current { query.path = .through(newest.sequence) }
            query.position = .before(oldest.sequence)
            size.adapt(to: page.items)
        }
        return scan.history(newestFirst, leading: try await leading(of: id, query.path))
    }

    /// The instructions at the beginning of a conversation.
    ///
    /// - Parameter path: The path that the window is of.
    private func leading(of id: ConversationID, _ path: MessageQuery.Path) async throws -> ArraySlice<Message> {
        var query = MessageQuery(of: id, .after(0), on: path, limit: 4, states: .finished)
        var leading: ArraySlice<Message> = []
        while true {
            let page = try await messages(query)
            leading += page.items.prefix { $0.isInstruction }
            guard page.hasMore, let last = page.items.last, last.isInstruction else { return leading }
            query.position = .after(last.sequence)
        }
    }
}

extension Message {
    fileprivate var isInstruction: Bool { role == .system || role == .developer }
}
