import ChatStorageCore
import ChatStorageTransfer

/// A conversation and its messages as they were at one moment.
///
/// Several calls read it. Appends in between do no harm: they only add messages after those that the conversation had
/// when it was read, and the path is read through the head that it had then. A conversation is read anew only if it was
/// cleared, deleted and made again, or lost messages. What a message's writer changes, and its metadata, are as of the
/// moment when that message was read.
struct ConversationMoment {
    private static let attempts = 10

    let conversation: Conversation
    let messages: [Message]
    /// Whether the path has messages before those that were read.
    let isCut: Bool
    /// Where the conversation has branched, if that was asked for.
    let forks: [Fork]

    /// Reads a conversation.
    ///
    /// - Parameters:
    ///   - path: Which messages; by default those of the current path.
    ///   - limit: How many of the last messages; nil is all.
    ///   - withForks: Whether the forks are read.
    /// - Returns: The conversation and its messages; nil if it does not exist.
    /// - Throws: ``Failure`` if the message that ends the path is not there, or if messages are removed during each of
    ///   10 attempts.
    static func read(
        _ id: ConversationID, on path: MessageQuery.Path = .current, limit: Int?, withForks: Bool = false,
        from storage: any ChatStorage
    ) async throws -> ConversationMoment? {
        guard var conversation = try await storage.conversation(id) else { return nil }
        for _ in 0..<attempts {
            let moment = try await ConversationMoment(
                of: conversation, on: path, limit: limit, withForks: withForks, in: storage)
            guard let now = try await storage.conversation(id) else { return nil }
            if now.hasKeptMessages(of: conversation) {
                if let moment { return moment }
                guard case .through(let sequence) = path else { break }
                throw Failure.noMessage(sequence, of: id)
            }
            conversation = now
        }
        throw Failure(
            "conversation \(TerminalText.line(id.rawValue)) lost messages, or was made again, during every attempt "
                + "to read it; try again")
    }

    /// Reads what a conversation had when it was read; nil if the message that ends the path is not there.
    private init?(
        of conversation: Conversation, on path: MessageQuery.Path, limit: Int?, withForks: Bool,
        in storage: any ChatStorage
    ) async throws {
        self.conversation = conversation
        if case .through(let sequence) = path, sequence > conversation.lastSequence { return nil }
        do {
            let path = try await path.ended(in: conversation, of: storage)
            (messages, isCut) = try await Self.messages(of: conversation, on: path, limit: limit, in: storage)
        } catch let error as ChatStorageError where error.code == .messageNotFound {
            return nil
        }
        let forks = withForks && conversation.isBranched ? try await storage.forks(of: conversation.id) : []
        self.forks = forks.compactMap { $0.without(sequencesAfter: conversation.lastSequence) }
    }

    /// The messages that the conversation had when it was read.
    private static func messages(
        of conversation: Conversation, on path: MessageQuery.Path, limit: Int?, in storage: any ChatStorage
    ) async throws -> ([Message], isCut: Bool) {
        guard let limit else {
            var messages: [Message] = []
            for try await message in storage.allMessages(of: conversation.id, on: path) {
                guard message.sequence <= conversation.lastSequence else { break }
                messages.append(message)
            }
            return (messages, false)
        }
        if path == .all {
            let query = MessageQuery(of: conversation.id, conversation.end, on: .all, limit: limit)
            let messages = try await storage.messages(query).items
            return (messages, messages.count < conversation.messageCount)
        }
        // One more than the limit shows that there are more.
        let (most, isBeyond) = limit.addingReportingOverflow(1)
        let query = MessageQuery(of: conversation.id, on: path, limit: isBeyond ? limit : most)
        let messages = try await storage.messages(query).items
        return (messages.suffix(limit), messages.count > limit)
    }
}

extension MessageQuery.Path {
    /// The path with the end that it had when the conversation was read; all messages if it has not branched.
    fileprivate func ended(
        in conversation: Conversation, of storage: any ChatStorage
    ) async throws -> MessageQuery.Path {
        guard self == .current else { return self }
        guard conversation.isBranched else { return .all }
        if let head = conversation.head { return .through(head) }
        let newest = try await storage.messages(
            MessageQuery(of: conversation.id, conversation.end, on: .all, limit: 1))
        return .through(newest.items.last?.sequence ?? 0)
    }
}

extension Conversation {
    /// The position after the last message that the conversation had when it was read.
    fileprivate var end: MessagePosition {
        let (end, isBeyond) = lastSequence.addingReportingOverflow(1)
        return isBeyond ? .end : .before(end)
    }
}

extension Fork {
    /// The fork as it was before later messages were appended; nil if it was none.
    fileprivate func without(sequencesAfter last: Int64) -> Fork? {
        let successors = successors.filter { $0.sequence <= last }
        return successors.count > 1 ? Fork(after: after, successors: successors) : nil
    }
}
