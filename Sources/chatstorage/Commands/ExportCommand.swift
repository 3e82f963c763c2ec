import ArgumentParser
import ChatStorageCore
import ChatStorageTransfer

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write chats to a file.",
        discussion: """
            The whole store is written, with all tenants; with --tenant, that tenant's chats; with an id, one \
            conversation.

            The forms:

              archive   JSON Lines with everything; imported into an empty store, it
                        gives an equal one (the default)
              openai    OpenAI's JSON Lines: the current paths, with tools, as its chat
                        completions API takes them
              markdown  for people: the current paths, all texts shown as they are

              chatstorage export --to everything.jsonl
              chatstorage export --tenant ada --as markdown > ada.md
              chatstorage export trip --as openai --to trip.jsonl

            What a form cannot express is counted by kind on standard error.

            An archive's first line says what it is; its last line has counts and a digest, so an archive that is cut \
            off or changed is noticed. All conversations are as they were at one moment, whatever others write \
            during the export; with a rollback journal or on Citus, only each conversation is.

            --to writes under a temporary name in the same folder and renames the file once it is whole and on the \
            disk, so there is never half a file under its name. Only you can read it. An export that was killed leaves \
            the temporary file, .NAME.NUMBER.partial.
            """)

    /// The forms' names.
    enum Form: String, ExpressibleByArgument, CaseIterable {
        case archive, openai, markdown

        var form: ExportForm {
            switch self {
            case .archive: .archive
            case .openai: .openAI
            case .markdown: .markdown
            }
        }
    }

    @OptionGroup var store: StoreOptions
    @OptionGroup var medium: MediumOptions

    @Argument(help: "A conversation's id (default: all conversations).")
    var id: String?

    @Option(name: .customLong("as"), help: "The form: archive, openai or markdown.")
    var form = Form.archive

    @Option(help: ArgumentHelp("The file; - is standard output (default).", valueName: "file"))
    var to = "-"

    @Flag(help: "Replace a file that is there.")
    var force = false

    func validate() throws {
        guard !to.isEmpty else { throw ValidationError("--to needs the name of a file, or -.") }
        guard !force || to != "-" else { throw ValidationError("--force is for a file that --to names.") }
    }

    func run() async throws {
        let work = Task {
            try await store.withBackend(for: .reading, taking: .thoseOfStore, on: medium) { backend, _ in
                let exporter = Exporter(backend: backend)
                guard to != "-" else {
                    return try await exporter.run(selection, as: form.form) { try await Output.writeBytes($0) }
                }
                return try await exporter.run(selection, to: to, as: form.form, replacing: force)
            }
        }
        let interruption = Interruption { work.cancel() }
        let result = await work.result
        interruption.end()
        do {
            let summary = try result.get()
            await Output.error(Self.text(of: summary))
        } catch is CancellationError where interruption.happened {
            throw Failure(nil, status: interruption.status)
        } catch let error as ExportError {
            let advice = error.isExistingFile ? "; --force replaces it" : ""
            throw Failure("\(TerminalText.line(to)) \(error.message)\(advice)")
        } catch let error as ChatStorageError where error.code == .conversationNotFound {
            throw Failure.noConversation(ConversationID(id ?? ""))
        }
    }

    private var selection: ExportSelection {
        if let id { return .conversation(ConversationID(id), ofTenant: store.tenant) }
        return store.tenant.map { .tenant($0) } ?? .store
    }

    private static func text(of summary: ExportSummary) -> String {
        var text = "Exported \(summary.conversations.counted("conversation")) with "
        text += "\(summary.messages.counted("message")).\n"
        for (kind, count) in summary.leftOut.sorted(by: { $0.key < $1.key }) {
            text += "Left out: \(TerminalText.line(kind)) (\(count.grouped))\n"
        }
        if let digest = summary.digest { text += "Digest: \(digest)\n" }
        return text
    }
}
