import ChatStorageCore
import Foundation

extension StorageReply {
    /// Whether it has only values that the contract allows, as far as it can be seen from the reply alone.
    var isSound: Bool {
        switch self {
        case .conversation(let conversation): conversation?.isSound ?? true
        case .conversations(let page): page.items.allSatisfy(\.isSound)
        case .appended(let result): result.messages.allSatisfy(\.isSound)
        case .message(let message): message.isSound
        case .messages(let page): page.items.allSatisfy(\.isSound)
        case .forks(let forks): forks.allSatisfy(\.isSound)
        case .existed: true
        case .count(let count): count >= 0
        }
    }
}

extension Conversation {
    fileprivate var isSound: Bool {
        lastSequence >= 0
            && [Int64(messageCount), readThrough, version.clearedThrough].allSatisfy {
                (0...lastSequence).contains($0)
            } && Limits.timestamps.contains(createdAt) && Limits.timestamps.contains(updatedAt)
            && preview?.sequence ?? 1 >= 1 && isReadAgain(self)
    }
}

extension Fork {
    fileprivate var isSound: Bool {
        after >= 0 && successors.count > 1
            && successors.allSatisfy { $0.sequence > after && $0.newestEnd >= $0.sequence }
            && isReadAgain(self)
    }
}

extension Message {
    fileprivate var isSound: Bool {
        sequence >= 1 && predecessor ?? 0 < sequence && Limits.timestamps.contains(createdAt) && isReadAgain(self)
    }
}

/// Whether a value comes back that is encoded and decoded.
private func isReadAgain<Value: Codable & Equatable>(_ value: Value) -> Bool {
    (try? JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))) == value
}
