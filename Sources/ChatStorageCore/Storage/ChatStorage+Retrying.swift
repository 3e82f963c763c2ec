#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ChatStorage {
    /// Appends messages, and makes the append again while the database cannot be reached: they are stored exactly once.
    ///
    /// Messages without a ``ChatMessage/key`` get random ones, UUIDs, so that an attempt finds what one before it has
    /// stored, even where its outcome was unknown. As in any append, all have a key of their own, or none.
    ///
    /// ```swift
    /// try await chats.append([.user(question), .assistant(answer)], to: "trip", retrying: .standard)
    /// ```
    ///
    /// - Parameters:
    ///   - messages: The messages, as ``append(_:to:if:)-([ChatMessage],_,_)`` takes them.
    ///   - id: The conversation.
    ///   - condition: Whether a conversation that does not exist is created, as it is by default, and whether it must be
    ///     unchanged. It holds for the attempt that stores the messages.
    ///   - policy: How often, and how long is waited in between.
    /// - Returns: The stored messages, in the order given, with their keys.
    /// - Throws: The error of the last attempt when all have failed, and at once every error that
    ///   ``ChatStorageError/isRetryable`` is false of. When an attempt was `unavailable` with an unknown outcome, so is
    ///   this, and the messages may be stored: to go on later, give them keys of your own. Cancelling the task ends it at
    ///   once, also in a wait.
    @discardableResult
    public func append(
        _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition = .createIfMissing,
        retrying policy: RetryPolicy
    ) async throws -> [Message] {
        try await append(
            messages, to: id, if: condition, retrying: policy, clock: ContinuousClock(),
            fraction: { .random(in: 0...1) })
    }

    /// Appends a message, and makes the append again while the database cannot be reached: it is stored exactly once.
    ///
    /// A message without a ``ChatMessage/key`` gets a random one, a UUID.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - id: The conversation.
    ///   - condition: Whether a conversation that does not exist is created, as it is by default, and whether it must be
    ///     unchanged. It holds for the attempt that stores the message.
    ///   - policy: How often, and how long is waited in between.
    /// - Returns: The stored message, with its key.
    /// - Throws: As ``append(_:to:if:retrying:)-([ChatMessage],_,_,_)`` does.
    @discardableResult
    public func append(
        _ message: ChatMessage, to id: ConversationID, if condition: AppendCondition = .createIfMissing,
        retrying policy: RetryPolicy
    ) async throws -> Message {
        do {
            guard let stored = try await append([message], to: id, if: condition, retrying: policy).first else {
                throw ChatStorageError(.damaged, "the backend appended a message and returned none")
            }
            return stored
        } catch let error as ChatStorageError {
            throw error.aboutOneMessage
        }
    }

    /// The same, with a clock to wait by, and which fraction of the longest wait each is.
    package func append(
        _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition,
        retrying policy: RetryPolicy, clock: any Clock<Duration>, fraction: () -> Double
    ) async throws -> [Message] {
        var keyed = messages
        if !messages.contains(where: { $0.key != nil }) {
            for index in keyed.indices { keyed[index].key = UUID().uuidString }
        }
        var failures = 0
        var mayBeStored = false
        while true {
            do {
                return try await append(keyed, to: id, if: condition)
            } catch let error as ChatStorageError where error.isRetryable {
                failures += 1
                if error.writeOutcome == .unknown { mayBeStored = true }
                guard failures < policy.attempts else { throw mayBeStored ? error.afterUnknownOutcome : error }
                try await clock.sleep(for: policy.longestWait(afterFailures: failures) * fraction())
            }
        }
    }
}
