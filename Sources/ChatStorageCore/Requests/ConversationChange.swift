/// A change of a conversation, which happens completely or not at all.
///
/// ```swift
/// try await chats.updateConversation("trip", .title("Kyoto"))
/// ```
///
/// A change that sets nothing changes nothing, and returns the conversation as it is.
public struct ConversationChange: Sendable {
    /// The new title: nil leaves the title as it is, and `.some(nil)` removes it.
    public var newTitle: String??

    /// Makes a change that sets nothing yet.
    public init() {}

    /// Gives the conversation another title.
    ///
    /// - Parameter title: At most 200 Unicode scalars without U+0000; nil removes the title.
    public static func title(_ title: String?) -> ConversationChange {
        ConversationChange().title(title)
    }

    /// Gives the conversation another title too.
    ///
    /// - Parameter title: At most 200 Unicode scalars without U+0000; nil removes the title.
    public func title(_ title: String?) -> ConversationChange {
        var change = self
        change.newTitle = .some(title)
        return change
    }
}
