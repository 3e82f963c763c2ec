import ArgumentParser
import ChatStorageCore
import ChatStorageSupport
import ChatStorageTransfer

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring in chat archives.",
        discussion: """
            Files are known by what is in them, not by their names.

            JSON Lines, one conversation a line, as one object; conversation_id, title and created_at may be missing. \
            OpenAI's fine-tuning files have this form, with parts as content, calls, results, refusals, audio and \
            reasoning. \
            Objects over several lines are read too, and so is the list in {"conversations": [...]}.

              {"conversation_id": "trip", "title": "Kyoto", "messages": [
                 {"role": "user", "content": "Hi",
                  "created_at": "2026-11-22T07:17:51Z"}]}

            ShareGPT, one JSON array:

              [{"conversations": [{"from": "human", "value": "Hi"},
                                  {"from": "gpt", "value": "Hello"}]}]

            A function_call is a call there, an observation its result.

            In both, "id" or "conversation_id" is the conversation's id and "title" its title; both may be missing. A \
            system prompt beside the messages becomes the first message. If there are two answers (chosen and \
            rejected, or preferred_output and non_preferred_output), each becomes a branch, and the preferred one is \
            the current path. Files in images, videos and audios go where the texts have <image>, <video> and <audio>.

            The archive form of this tool is a line with everything, as `show --json --all` prints it: a \
            conversation's created_at, updated_at, last_id, read_through, labels and metadata; a message's id, parts \
            in place of content or beside it, metadata, native and key. A line with last_id must be right in every \
            member, and its messages keep their ids. A line without last_id may have the other members too. If one of \
            them means something else there, it is kept like any unknown member. Such a line's messages are numbered \
            by their places; created_at and updated_at are by default the times of the first and the last message. \
            What is imported counts as read, unless read_through says otherwise.

            A file that `chatstorage export` wrote has a first line that says what it is, and a last line with counts \
            and a digest: if the last one is missing, the archive is cut off, and if the digest differs, it was \
            changed; either is reported. In an archive of a whole store each conversation goes to its own tenant, so \
            it is refused with --tenant.

            Other members, such as tools beside the messages or a message's name and weight, go to the metadata under \
            their own names. The summary at the end names each that has no place there, with the number of \
            conversations.

            Some faults make a conversation invalid, and the reason says so: a role in another spelling (User, ai), a \
            number as an id or a time, a time without a zone, a time earlier than the one before it, a title of over \
            200 characters and the like. With --lenient they are mended, and the summary counts each kind. Texts of \
            messages are never cut.

            Messages of the roles tool and developer are taken if the store takes them, if import makes the SQLite \
            file, or with --roles with-tools.

            A conversation without an id gets one that is derived from its content, so importing a file again adds \
            nothing. A conversation that is there with other messages is reported as different and left as it is; \
            titles, labels and metadata are not compared, so a change of them in the file does not reach the store. \
            A conversation that is invalid is reported with its file, line and reason, in an array also with its \
            number, id and byte; nothing of it is stored, the others are. Of problems that differ only in numbers, ten \
            are listed and the rest counted. A conversation that fails because of data in the store is reported too; \
            the others go on.

            After damage in an array, reading goes on with the next whole conversation that stands where an element \
            can begin. If none comes, the file is reported as not read from there on.

            Exports of other programs: branches stay branches, and the path that the program showed is the current \
            one; reasoning, tool calls, results and attachments become parts; what has no place of its own goes to \
            metadata. Exports that are known and cannot be read yet are named and not imported. On Linux a ZIP archive \
            of an export is read without unpacking it.

            SQLite files of other programs must be named by their paths, not piped in, and are not changed: stores \
            with the tables conversations and chat_messages, the sessions of OpenAI's Agents SDK, LangChain's \
            message_store, logs of llm, databases of Open WebUI and of ChatGPT Export Studio. Times without a zone are \
            UTC there.

            Interrupting an import leaves only whole conversations; run it again for the rest.

            Exit status: 0 when every conversation is in the store; 1 when one is invalid (unless --skip-invalid is \
            given), different or failed, when a file cannot be read, or not to its end, when an archive is cut off or \
            was changed, or when a file has conversations but no valid one; 130 when interrupted. A file without any \
            conversation, such as an empty one, is no failure.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup(visibility: .private) var writable: WritableMedium
    @OptionGroup var roles: RoleOptions

    @Argument(help: ArgumentHelp("The files; - is standard input.", valueName: "file"))
    var files: [String]

    @Flag(
        help: ArgumentHelp(
            "Expect invalid conversations: list and count them, and end with status 0 if others are valid.",
            discussion: "ShareGPT conversations with speakers that are not known are among them."))
    var skipInvalid = false

    @Flag(help: "Mend roles in another spelling, numbers as ids and times, decreasing times, long titles and more.")
    var lenient = false

    @Option(
        help: ArgumentHelp(
            "With --lenient: where times without a zone are from, such as +01:00; by default UTC.",
            valueName: "offset"))
    var timeZone: String?

    func validate() throws {
        guard let timeZone else { return }
        guard lenient else { throw ValidationError("--time-zone is only for --lenient.") }
        guard Leniency.lenient(zone: timeZone) != nil else {
            throw ValidationError("--time-zone must be Z or an offset from UTC, such as +01:00.")
        }
    }

    private var leniency: Leniency {
        lenient ? timeZone.flatMap(Leniency.lenient(zone:)) ?? .lenient : .none
    }

    func run() async throws {
        let display = ImportDisplay(files: files)
        let work = Task {
            // Files without conversations make no store.
            try await store.withBackend(for: .fillingLater, taking: roles.wantedForChats) { backend, taken in
                let preparation = OneTimePreparation { try await store.location.prepare(backend) }
                let importer =
                    store.tenant.map { Importer(storage: backend.tenant($0), prepare: preparation.run) }
                    ?? Importer(backend: backend, prepare: preparation.run)
                for file in files { try await importFile(file, of: taken, with: importer, display) }
            }
        }
        let interruption = Interruption { work.cancel() }
        let result = await work.result
        interruption.end()
        await display.end()
        if await display.hasBegun {
            let complete = if case .success = result { true } else { false }
            try await Output.confirm(display.summaryText(interrupted: interruption.happened, complete: complete))
        }
        do {
            try result.get()
        } catch is CancellationError where interruption.happened {
            throw Failure(nil, status: interruption.status)
        }
        guard await display.isComplete(skipInvalid: skipInvalid) else { throw Failure(nil) }
    }

    /// Imports one file; that it cannot be read is reported and does not end the import of the others.
    private func importFile(
        _ file: String, of roles: RoleSet, with importer: Importer, _ display: ImportDisplay
    ) async throws {
        await display.begin(file)
        let (roles, advice) = (roles.roles, RoleOptions.advice)
        let entries =
            file == "-"
            ? ChatFile(.standardInput, roles: roles, advice: advice, leniency: leniency)
            : ChatFile(path: file, roles: roles, advice: advice, leniency: leniency)
        do {
            try await importer.run(entries) { await display.show($0) }
        } catch let error as ChatFileError {
            await display.fail(error)
        }
    }
}
