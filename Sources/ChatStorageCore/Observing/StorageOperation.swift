/// What a call does, for an observer.
///
/// The calls of ``ChatStorage`` have a case each; conveniences are the calls that they make. So have those calls of
/// ``ChatStorageBackend`` that reach the engine themselves.
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
