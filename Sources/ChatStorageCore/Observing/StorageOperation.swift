/// What a call does, for an observer.
///
/// Each call of ``ChatStorage`` has a case; a convenience counts as the calls that it makes. The calls of
/// ``ChatStorageBackend`` that reach the engine themselves have cases too.
public enum StorageOperation: String, Sendable, Hashable, CaseIterable {
    /// ``ChatStorage/createConversation(_:)``
    case createConversation = "create conversation"
    /// ``ChatStorage/conversation(_:)``
    case conversation = "get conversation"
    /// ``ChatStorage/updateConversation(_:_:)``
    case updateConversation = "update conversation"
    /// ``ChatStorage/deleteConversation(_:)``
    case deleteConversation = "delete conversation"
    /// ``ChatStorage/conversations(_:)``
    case conversations = "list conversations"
    /// ``ChatStorage/append(_:)``
    case append = "append messages"
    /// ``ChatStorage/reviseMessage(_:)``
    case reviseMessage = "revise message"
    /// ``ChatStorage/messages(_:)``
    case messages = "get messages"
    /// ``ChatStorage/forks(of:)``
    case forks = "get forks"
    /// ``ChatStorage/removeMessages(_:)``
    case removeMessages = "remove messages"
    /// ``ChatStorage/restoreConversation(_:)``
    case restoreConversation = "restore conversation"
    /// ``ChatStorageBackend/prepare(_:)``
    case prepare = "prepare store"
    /// ``ChatStorageBackend/tenants(_:)``
    case tenants = "list tenants"
    /// ``ChatStorageBackend/unfinishedMessages(_:)``
    case unfinishedMessages = "list unfinished messages"
}
