#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ChatStorage {
    /// Appends an answer and writes it while it comes.
    ///
    /// ```swift
    /// let done = try await chats.append(streaming: .assistant, to: id) { draft in
    ///     for try await piece in pieces {
    ///         draft.append(piece)
    ///         show(draft.message)
    ///     }
    /// }
    /// ```
    ///
    /// The message is stored at once, empty and ``MessageState/streaming``, and keeps its sequence. Checkpoints write
    /// what the draft says, as often as ``AnswerCheckpoints`` allows; a slow database slows them, never the body. If
    /// the process dies, the last checkpoint stays, and ``ChatStorageBackend/unfinishedMessages(_:)`` finds it.
    ///
    /// The body runs on the caller's actor, in a child task. How it ends is how the answer ends:
    ///
    /// - It returns: ``MessageState/complete``.
    /// - The caller's task is cancelled, and the body returns or throws: ``MessageState/stopped`` with all that came,
    ///   and the call throws `CancellationError` once that is written.
    /// - It throws otherwise: ``MessageState/failed`` with what came, and the call throws the same error.
    /// - The store is closed: the body is cancelled, the answer is ``MessageState/failed`` with what came, and the call
    ///   throws `closed`.
    /// - Another process ends the answer, or it is removed: the body is cancelled within seconds, and nothing more is
    ///   written.
    ///
    /// <doc:StreamingAndStop> says more.
    ///
    /// - Parameters:
    ///   - role: Who speaks.
    ///   - id: The conversation.
    ///   - place: The message that it follows or replaces; by default it follows the head.
    ///   - condition: By default the conversation must exist, so that an answer does not bring back a deleted one.
    ///   - key: What makes the call repeatable, see ``ChatMessage/key``; by default a random one. An answer of this key
    ///     that has ended is returned, and the body does not run. One that is under way is written anew, and its
    ///     earlier writer gets `conflict`.
    ///   - metadata: What the app keeps beside the message from the start; the draft's metadata is added to it.
    ///   - checkpoints: How often the answer is written while it comes.
    ///   - isolation: The caller's actor, on which the body runs.
    ///   - body: Sets what the answer says. It must end when its task is cancelled.
    /// - Returns: The message as it ended.
    /// - Throws: What the body throws. `CancellationError` if the caller's task was cancelled, or another process
    ///   stopped the answer. Otherwise ``ChatStorageError``: the codes of ``append(_:)`` for the beginning; `conflict`
    ///   if another process ended the answer in another way, or writes it; `messageNotFound` if it was removed, or its
    ///   conversation was cleared or deleted; `closed` if the store was closed. If the content is refused
    ///   (`invalidArgument`, `metadataTooLarge`), the answer ends with what can be stored, as failed, or as stopped if
    ///   the task was cancelled. After any other error that kept the end from being written, the answer is still under
    ///   way.
    @discardableResult
    public func append(
        streaming role: Role, to id: ConversationID, _ place: AppendPlace = .head,
        if condition: AppendCondition = .exists,
        key: String? = nil, metadata: Metadata = Metadata(), checkpoints: AnswerCheckpoints = AnswerCheckpoints(),
        isolation: isolated (any Actor)? = #isolation, _ body: AnswerBody
    ) async throws -> Message {
        try checkpoints.check()
        let checkpoints = checkpoints.bounded
        var message = ChatMessage(role: role, content: "", key: key ?? UUID().uuidString)
        message.metadata = metadata
        let new = NewMessages([message], to: id, place, if: condition, isStreaming: true)
        return try await withoutActuallyEscaping(body) { body in
            try await write(new, checkpoints, checkpoints.clock, isolation: isolation, AnswerTask(body: body))
        }
    }

    private func write<C: Clock>(
        _ new: NewMessages, _ checkpoints: AnswerCheckpoints, _ clock: C, isolation: (any Actor)?, _ body: AnswerTask
    ) async throws -> Message where C.Duration == Duration {
        try await AnswerWriter(self, checkpoints, clock).write(new, isolation: isolation, body)
    }
}
