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
        /// An element of the array that is found in the file's only object by these names, one within the other; the
        /// object's other members are not read.
        case element(of: [String])
        /// The whole file. A table (CSV) is an array of its rows, each an object with the names of the first line and
        /// strings as values.
        case file
    }

    /// What a file of the form is, to be put after "is": `a ChatGPT export`.
    let name: String
    /// What ``read`` gets.
    let unit: Unit
    /// Reads the conversations in a value; none is no fault.
    ///
    /// It throws ``InvalidConversation``, whose reason quotes no text of a chat.
    let read: @Sendable (JSONSlice) throws -> [ForeignConversation]
}
