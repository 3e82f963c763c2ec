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
            The text is taken exactly as it is, also if it begins with a dash; options therefore go before the id:

              chatstorage add --tenant ada trip user "- a map, - an umbrella"

            With - as the text it is read from standard input, exactly as it comes, a newline at its end included.

            With --json: {"id", "conversation_id", "role", "content", "created_at"}, the message as it is stored.

            Messages of the roles tool and developer are taken if the store takes them, or with --roles with-tools.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup(visibility: .private) var writable: WritableMedium
    @OptionGroup var roles: RoleOptions

    @Flag(help: "Print JSON.")
    var json = false

    @Argument(help: "The conversation's id, 1 to 100 characters.")
    var id: String

    @Argument(help: "Who speaks: system, user or assistant, or tool or developer where the store takes them.")
    var role: String

    @Argument(help: "What is said, one argument, or - for standard input.")
    var text: [String]

    func validate() throws {
        guard text.count == 1 else { throw CommandLineArguments.textIsOneArgument }
    }

    func run() async throws {
        let content = text == ["-"] ? try await Self.standardInput() : text.joined()
        let message = ChatMessage(role: Role(rawValue: role), content: content)
        // Further roles are not asked for where the message needs none of them.
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
