/// Whether a message is whole, and how its writing ended.
///
/// A message is `complete` unless it was appended as an answer under way: that is `streaming` until its writer, or
/// another process, ends it. It ends once, and its parts do not change afterwards.
public enum MessageState: String, Sendable, Hashable, Codable, CaseIterable {
    /// It is whole.
    case complete
    /// It is still being written; it has what came so far.
    case streaming
    /// Somebody stopped it; what had come is kept.
    case stopped
    /// Its writing failed; what had come is kept.
    case failed
}

extension MessageState {
    /// Refuses `streaming`, which ends nothing.
    func checkEnds() throws {
        guard self != .streaming else {
            throw ChatStorageError(
                .invalidArgument, "state is streaming; an answer ends as complete, stopped or failed")
        }
    }
}

/// Some of the states of messages.
public struct MessageStates: OptionSet, Sendable, Hashable {
    /// A bit for each state.
    public let rawValue: UInt8

    /// Makes states of their bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Messages that are whole.
    public static let complete = MessageStates(rawValue: 1)
    /// Answers under way.
    public static let streaming = MessageStates(rawValue: 2)
    /// Answers that somebody stopped.
    public static let stopped = MessageStates(rawValue: 4)
    /// Answers whose writing failed.
    public static let failed = MessageStates(rawValue: 8)
    /// Every state.
    public static let all: MessageStates = [.complete, .streaming, .stopped, .failed]
    /// What a model gets: messages that are whole, or that somebody stopped.
    public static let finished: MessageStates = [.complete, .stopped]

    /// Whether a state is among them.
    public func contains(_ state: MessageState) -> Bool {
        let only: MessageStates =
            switch state {
            case .complete: .complete
            case .streaming: .streaming
            case .stopped: .stopped
            case .failed: .failed
            }
        return !isDisjoint(with: only)
    }
}
