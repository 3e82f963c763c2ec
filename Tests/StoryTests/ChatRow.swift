import ChatStorageCore
import Foundation

/// A row of a chat, stored or not yet.
struct ChatRow: Identifiable, Equatable {
    enum Status: Equatable {
        case sending, notSent
        case stored(MessageState)
    }

    /// The message's key: the app chooses it, so the row keeps its id when the message is stored.
    let id: String
    let role: Role
    var text: String
    var status = Status.sending
    /// Where the message is to go.
    var place = AppendPlace.head
    /// The message's place in the conversation, once it is stored.
    var sequence: Int64?
    /// All versions of the message, this one included; empty for one alone.
    var versions: [Int64] = []

    /// A row of a message that is not stored yet.
    init(_ role: Role, _ text: String, id: String = UUID().uuidString, _ place: AppendPlace = .head) {
        (self.id, self.role, self.text, self.place) = (id, role, text, place)
    }

    /// The row of a stored message.
    init(_ message: Message, forks: [Fork] = []) {
        id = message.key ?? "#\(message.sequence)"
        role = message.role
        text = message.content
        status = .stored(message.state)
        sequence = message.sequence
        let fork = forks.first { $0.successors.contains { $0.sequence == message.sequence } }
        versions = fork?.successors.map(\.sequence) ?? []
    }

    /// ‹2/3›, or nil.
    var version: String? {
        sequence.flatMap(versions.firstIndex).map { "‹\($0 + 1)/\(versions.count)›" }
    }
}
