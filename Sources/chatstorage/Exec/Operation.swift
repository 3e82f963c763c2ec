import ChatStorageCore
import ChatStorageJSON

/// An operation of the scripting interface: its name, its arguments and its answer.
///
/// Requests are read, and the help is written, from this one description.
struct Operation: Sendable {
    let name: String
    /// The arguments that it takes; others are refused.
    let parameters: [Parameter]
    let answer: Answer
    /// Takes all arguments and makes a call of them.
    let call: @Sendable (inout Arguments) throws -> StorageCall

    init<each Value: Sendable>(
        _ name: String, _ argument: repeat OperationArgument<each Value>, answer: Answer,
        call: @escaping @Sendable (repeat each Value) throws -> StorageCall
    ) {
        self.name = name
        parameters = chatstorage.parameters(of: repeat each argument)
        self.answer = answer
        self.call = { try call(repeat (each argument).read(&$0)) }
    }

    /// Finds an operation.
    static func named(_ name: String) -> Operation? { byName[name] }

    /// The names of all operations.
    static let names = all.map(\.name)

    static let all = conversationOperations + savingOperations + messageOperations
    private static let byName = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
}

extension StorageCall {
    /// Whether the call can change the store, which is then prepared for it.
    var writes: Bool {
        switch self {
        case .createConversation, .updateConversation, .deleteConversation, .append, .reviseMessage,
            .removeMessages, .restoreConversation:
            true
        case .conversation, .conversations, .messages, .forks: false
        }
    }
}
