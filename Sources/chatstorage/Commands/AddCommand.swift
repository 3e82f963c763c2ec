import ArgumentParser
import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport
import ChatStorageTransfer

struct AddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a message to a conversation, which is created if there is none.",
        usage: """
            chatstorage add [--store <url>] [--schema <name>] [--pooler] [--tenant <name>] [--roles <roles>] [--json] \
            <id> <role> <text>
            """,
        discussion: """
            The text is stored exactly as given, even if it begins with a dash. Options therefore go before the id:

              chatstorage add --tenant ada trip user "- a map, - an umbrella"

            If the text is -, standard input is the text, including a newline at its end.

            With --json: {"id", "conversation_id", "role", "content", "created_at"}, the message as it is stored.

            The roles tool and developer need a store that takes them, or --roles with-tools.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup(visibility: .private) var writable: WritableMedium
    @OptionGroup var roles: RoleOptions

    @Flag(help: "Print JSON.")
    var json = false

    @Argument(help: "The conversation's id, 1 to 100 characters.")
    var id: String

    @Argument(help: "Who speaks: system, user or assistant, or tool or developer if the store takes them.")
    var role: String

    @Argument(help: "What is said, one argument, or - for standard input.")
    var text: [String]

    func validate() throws {
        guard text.count == 1 else { throw CommandLineArguments.textIsOneArgument }
    }

    func run() async throws {
        let content = text == ["-"] ? try await Self.standardInput() : text.joined()
        let message = ChatMessage(role: Role(rawValue: role), content: content)
        // Asks for further roles only if the message or --roles needs them.
        let wanted = Role.standard.contains(message.role) && roles.roles == nil ? .standard : roles.wanted
        let append = StorageCall.append(NewMessages([message], to: ConversationID(id)))
        let stored = try await store.withBackend(for: .fillingLater, taking: wanted) { backend, roles in
            try await store.location.checkIsReadable(backend)
            do {
                let reply = try await append.perform(on: backend, tenant: store.tenant, taking: roles) {
                    try await store.location.prepare(backend)
                }
                guard case .appended(let result) = reply, let stored = result.messages.first else { throw WrongReply() }
                return stored
            } catch let error as ChatStorageError {
                throw error.aboutOneMessage
            }
        }
        if json { return try await Output.confirm(stored.json) }
        try await Output.confirm("Added message \(stored.sequence) to \(TerminalText.line(id)).\n")
    }

    /// All of standard input; fails if it is too long for a message or not UTF-8.
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
