import ChatStorageCore
import ChatStorageJSON

/// Two answers to one conversation, one of them preferred, as in lines for preference fine-tuning.
struct PreferredAnswers {
    private static let names = [
        (preferred: "preferred_output", rejected: "non_preferred_output"),
        (preferred: "chosen_messages", rejected: "rejected_messages"), (preferred: "chosen", rejected: "rejected"),
    ]

    let names: (preferred: String, rejected: String)
    let preferred: JSONSlice
    let rejected: JSONSlice

    /// Removes the answers from a line's members; nil if it has none, or it is not clear that they are answers.
    static func take(from object: inout Fields) -> PreferredAnswers? {
        for names in names {
            guard let preferred = object.other(names.preferred), let rejected = object.other(names.rejected),
                preferred.kind == rejected.kind, preferred.isAnswer, rejected.isAnswer
            else { continue }
            object.dropOthers([names.preferred, names.rejected])
            return PreferredAnswers(names: names, preferred: preferred, rejected: rejected)
        }
        return nil
    }

    /// Whether they also have what people said.
    var areConversations: Bool {
        preferred.elements?.contains { element in
            element.memberList.contains {
                ["role", "from"].contains($0.key) && ["user", "human"].contains($0.value.string)
            }
        } ?? false
    }
}

extension JSONSlice {
    /// Whether it is a text, a message, or a list of messages.
    fileprivate var isAnswer: Bool {
        switch kind {
        case .string: true
        case .object: memberList.contains { ["role", "from"].contains($0.key) }
        case .array: elements?.allSatisfy { $0.kind == .object && $0.isAnswer } ?? false
        default: false
        }
    }
}
