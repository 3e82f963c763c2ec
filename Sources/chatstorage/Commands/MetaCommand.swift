import ArgumentParser
import ChatStorageCore
import ChatStorageTransfer

struct MetaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meta", abstract: "Show or change the metadata of a conversation or a message.",
        discussion: """
            Without changes it prints the metadata, a line for each member. A change sets members to JSON values, in \
            which strings have quotes, or removes them; all others stay as they are:

              chatstorage meta trip 'city="Kyoto"' days=3 --remove draft
              chatstorage meta trip --message 4 rating=1

            Metadata is an object of at most 64 KiB. A change does not move the conversation in the list.

            With --json: the object.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var medium: MediumOptions

    @Argument(help: "The conversation's id.")
    var id: String

    @Argument(help: ArgumentHelp("Members to set, each a name, = and its value as JSON.", valueName: "name=json"))
    var members: [String] = []

    @Option(parsing: .unconditional, help: ArgumentHelp("Use the metadata of this message.", valueName: "number"))
    var message: Int64?

    @Option(help: ArgumentHelp("A member to remove.", valueName: "name"))
    var remove: [String] = []

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard message ?? 1 > 0 else { throw ValidationError("--message must be 1 or more.") }
        _ = try change
    }

    /// What is to be changed.
    private var change: MetadataChange {
        get throws {
            var change = MetadataChange()
            for name in remove { change = change.removing(name) }
            for member in members {
                guard let separator = member.firstIndex(of: "=") else {
                    throw ValidationError("A member to set is a name, = and its value as JSON, such as days=3.")
                }
                let name = String(member[..<separator])
                guard !remove.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
                    throw ValidationError("A member cannot be both set and removed.")
                }
                do {
                    let text = String(member[member.index(after: separator)...])
                    change = change.setting(name, to: try JSONValue(parsing: text))
                } catch let error as ChatStorageError {
                    throw ValidationError(
                        "The value of \(TerminalText.line(name)): \(error.message); strings need quotes, as in "
                            + #"'city="Kyoto"'."#)
                }
            }
            return change
        }
    }

    func run() async throws {
        let (id, change) = (ConversationID(id), try change)
        let metadata = try await store.withStorage(for: change.isEmpty ? .reading : .changing, on: medium) { storage in
            if let message { return try await storedMetadata(ofMessage: message, of: id, in: storage, change) }
            let conversation =
                change.isEmpty
                ? try await storage.conversation(id)
                : try await storage.updateConversation(id, ConversationChange().metadata(change))
            guard let conversation else { throw Failure.noConversation(id) }
            return conversation.metadata
        }
        let text = metadata.object.members.map { member in
            "\(TerminalText.line(member.name)) = \(TerminalText.line(member.value.text))\n"
        }.joined()
        if change.isEmpty {
            if json { return try await Output.write(metadata.json) }
            try await Output.write(metadata.isEmpty ? "There is no metadata.\n" : text)
        } else {
            if json { return try await Output.confirm(metadata.json) }
            try await Output.confirm(metadata.isEmpty ? "There is no metadata any more.\n" : text)
        }
    }

    private func storedMetadata(
        ofMessage sequence: Int64, of id: ConversationID, in storage: any ChatStorage, _ change: MetadataChange
    ) async throws -> Metadata {
        guard change.isEmpty else {
            return try await storage.reviseMessage(MessageRevision(of: id, sequence, metadata: change)).metadata
        }
        let found = try await storage.messages(MessageQuery(of: id, .sequences([sequence]))).items
        guard let message = found.first else {
            throw Failure("there is no message \(sequence) in \(TerminalText.line(id.rawValue))")
        }
        return message.metadata
    }
}
