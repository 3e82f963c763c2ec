package import ChatStorageCore
package import ChatStorageJSON

extension OpenAIChat {
    /// Reads one message of a file of chats, whose lines are requests without their other members.
    ///
    /// - Parameter json: The message; it has a role.
    /// - Throws: ``ProviderFormError`` for anything but a message.
    package static func message(_ json: JSONSlice) throws -> ChatMessage {
        try ChatReader(extracting: nil).message(json, path: "")
    }
}
