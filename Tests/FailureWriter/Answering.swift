import ChatStorageCore

/// An answer that is written piece by piece until its process is killed, or another one ends it.
struct Answering: Sendable {
    /// What the process says each time that a piece was stored.
    struct Progress: Sendable, Equatable {
        let sequence: Int64
        let revision: Int64

        init(_ message: Message) {
            sequence = message.sequence
            revision = message.revision
        }

        /// Reads a line without its newline.
        init?(line: some StringProtocol) {
            let fields = line.split(separator: " ").compactMap { Int64($0) }
            guard fields.count == 2 else { return nil }
            (sequence, revision) = (fields[0], fields[1])
        }

        var line: String { "\(sequence) \(revision)" }
    }

    /// The text of an answer as a revision stores it, so that a reader can see which revision it is.
    static func text(_ name: String, revision: Int64) -> String {
        "\(name):" + (1..<max(1, revision)).map { " \($0)" }.joined()
    }

    /// Writes an answer after a message.
    ///
    /// - Parameter pieces: After how many pieces it is complete; nil writes until the process is ended.
    static func write(
        _ name: String, to id: ConversationID, after sequence: Int64, pieces: Int64?, in chats: any ChatStorage,
        _ say: @Sendable (Progress) async -> Void
    ) async throws {
        let begun = try await chats.append(
            NewMessages([.assistant(text(name, revision: 1))], to: id, .after(sequence), if: .exists, isStreaming: true)
        )
        guard var answer = begun.messages.first else { return }
        await say(Progress(answer))
        while answer.state == .streaming {
            let next = answer.revision + 1
            answer = try await chats.reviseMessage(
                MessageRevision(
                    of: answer, body: .assistant(text(name, revision: next)),
                    state: next - 1 == pieces ? .complete : nil))
            await say(Progress(answer))
        }
    }
}
