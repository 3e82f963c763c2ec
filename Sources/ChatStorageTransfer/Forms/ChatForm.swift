import ChatStorageCore
import ChatStorageJSON

/// A form in which another program writes chats as JSON, and how to read it.
///
/// A new form is a value of this type in a file of its own, and a line in ``KnownFormat``.
struct ChatForm: Sendable {
    /// What one call of ``read`` gets.
    enum Unit: Sendable, Equatable {
        /// A line, an element of the file's array, or the file's only object.
        case conversation
        /// An element of an array in the file's only object; these names lead to it, one within the other. The object's
        /// other members are not read.
        case element(of: [String])
        /// The whole file. A table (CSV) is an array of its rows, each an object with the names of the first line and
        /// strings as values.
        case file
    }

    /// The words for a file of the form, after "is": `a ChatGPT export`.
    let name: String
    /// What ``read`` gets.
    let unit: Unit
    /// Reads the conversations in a value; it may have none.
    ///
    /// It throws ``InvalidConversation``, whose reason quotes no text of a chat.
    let read: @Sendable (JSONSlice) throws -> [ForeignConversation]
}
