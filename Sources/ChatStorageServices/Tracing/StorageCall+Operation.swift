import ChatStorageCore

extension StorageCall {
    /// What the call does.
    var operation: StorageOperation {
        switch self {
        case .createConversation: .createConversation
        case .conversation: .conversation
        case .updateConversation: .updateConversation
        case .deleteConversation: .deleteConversation
        case .conversations: .conversations
        case .append: .append
        case .reviseMessage: .reviseMessage
        case .messages: .messages
        case .forks: .forks
        case .removeMessages: .removeMessages
        case .restoreConversation: .restoreConversation
        }
    }
}
