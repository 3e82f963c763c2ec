import ArgumentParser
import ChatStorageCore
import ChatStorageJSON
import ChatStorageSQLite

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy a SQLite store that is in use to a file.",
        discussion: """
            The copy shows the store at one moment, while others read and write it. It is written as \
            .NAME.NUMBER.partial in the same folder, and renamed once it is complete and on the disk. If something \
            fails, or the command is interrupted, nothing is left.

              chatstorage backup --store sqlite:chat.db /backups/monday.db

            A store with a write-ahead log, as this tool makes it, keeps nobody waiting. With a rollback journal \
            writers wait until the copy is made. A file that is there is not replaced without --replace.

            A backup has what the store has: protect it as you protect the store.

            With --json: {"pages"}.
            """)

    @OptionGroup var store: StoreLocation
    @OptionGroup var medium: MediumOptions
    @OptionGroup(visibility: .private) var all: AllTenants

    @Argument(help: "The file to write the copy to.")
    var file: String

    @Flag(help: "Replace an existing file, which no program may have open.")
    var replace = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let work = Task {
            try await store.withSQLiteFile(on: medium, advice: "for PostgreSQL use pg_dump") { backend in
                try await backend.backup(to: file, replacing: replace)
            }
        }
        let interruption = Interruption { work.cancel() }
        let result = await work.result
        interruption.end()
        do {
            let copy = try result.get()
            if json { return try await Output.confirm(.object([("pages", .integer(Int64(copy.pages)))])) }
            try await Output.confirm("Backed up to \(TerminalText.line(file)).\n")
        } catch is CancellationError where interruption.happened {
            throw Failure(nil, status: interruption.status)
        } catch let error as ChatStorageError where error.message.contains("the backup") {
            let sentence = Failure.sentence(about: error).replacing("replacing: true", with: "--replace")
            throw Failure("\(TerminalText.line(file)): \(sentence)")
        }
    }
}
