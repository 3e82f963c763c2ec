import ArgumentParser
import ChatStorageCore
import ChatStorageTransfer

struct AddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a message to a conversation, which is created if there is none.",
        discussion: """
            With - as the text it is read from standard input, exactly as it comes, a newline at its end included. A \
            text that begins with a dash goes after --:

              chatstorage add trip user -- "- one\\n- two"
            """)

    @OptionGroup var store: StoreOptions

    @Argument(help: "The conversation's id, 1 to 100 characters.")
    var id: String

    @Argument(help: "Who speaks: system, user or assistant.")
    var role: String

    @Argument(help: "What is said, or - for standard input.")
    var text: String

    func run() async throws {
        let content = text == "-" ? try await Self.standardInput() : text
        let message = ChatMessage(role: Role(rawValue: role), content: content)
        let stored = try await store.withStorage(for: .filling) { storage in
            try await storage.append(message, to: ConversationID(id))
        }
        try await Output.write("Added message \(stored.sequence) to \(TerminalText.line(id)).\n")
    }

    /// All of standard input, as far as a message can take it.
    private static func standardInput() async throws -> String {
        var bytes: [UInt8] = []
        while true {
            let chunk = try await FileDescriptor.standardInput.read()
            if chunk.isEmpty { break }
            bytes += chunk
            guard Limits.contentBytes.contains(bytes.count) else {
                throw Failure("the text is longer than \(Limits.contentBytes.upperBound >> 20) MiB")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure("the text is not valid UTF-8") }
        return text
    }
}
