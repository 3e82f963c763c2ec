#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ChatStorage {
    /// Appends messages, and repeats the append while the database cannot be reached: they are stored exactly once.
    ///
    /// Messages without a ``ChatMessage/key`` get random ones, UUIDs. So an attempt finds what an earlier one has
    /// stored, even one whose outcome was unknown. As in any append, either all messages have a key, or none has.
    ///
    /// ```swift
    /// try await chats.append([.user(question), .assistant(answer)], to: "trip", retrying: .standard)
    /// ```
    ///
    /// - Parameters:
    ///   - messages: The messages, as ``append(_:to:if:)-([ChatMessage],_,_)`` takes them.
    ///   - id: The conversation.
    ///   - condition: Whether a conversation that does not exist is created, as it is by default, and whether it must
    ///     be unchanged. It holds for the attempt that stores the messages.
    ///   - policy: How often to try, and how long to wait in between.
    /// - Returns: The stored messages, in the order given, with their keys.
    /// - Throws: The error of the last attempt when all have failed; at once, an error that is not
    ///   ``ChatStorageError/isRetryable``. If the outcome of any attempt was unknown, so is that of the whole call, and
    ///   the messages may be stored: to go on later, give them keys of your own. Cancelling the task ends the call at
    ///   once, even during a wait.
    @discardableResult
    public func append(
        _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition = .createIfMissing,
        retrying policy: RetryPolicy
    ) async throws -> [Message] {
        try await append(
            messages, to: id, if: condition, retrying: policy, clock: ContinuousClock(),
            fraction: { .random(in: 0...1) })
    }

    /// Appends a message, and repeats the append while the database cannot be reached: it is stored exactly once.
    ///
    /// A message without a ``ChatMessage/key`` gets a random one, a UUID.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - id: The conversation.
    ///   - condition: Whether a conversation that does not exist is created, as it is by default, and whether it must
    ///     be unchanged. It holds for the attempt that stores the message.
    ///   - policy: How often to try, and how long to wait in between.
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

    /// The same with the caller's clock.
    ///
    /// - Parameter fraction: How much of the longest wait each wait takes, from 0 to 1.
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
