import ArgumentParser

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

struct ChatStorageTool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chatstorage",
        abstract: "Keep LLM chats in SQLite, PostgreSQL or memory.",
        discussion: """
            A store is one database. Name it with --store or in the environment variable CHATSTORAGE_URL:

              sqlite:PATH     a SQLite file, also as the bare path
                              (default: sqlite:chat.db)
              postgres://...  a PostgreSQL database, as for any libpq program;
                              --schema names the schema of its tables
              memory:         this process's memory, to try things out

            All users of the machine can see a program's arguments. Put a URL with a password in CHATSTORAGE_URL, or \
            the password alone in ~/.pgpass or PGPASSWORD, which libpq reads.

            The commands that bring chats in (import, add, exec, copy) create a missing store, and the PostgreSQL \
            schema that --schema names: copy when it begins, the others when they first write something. verify \
            makes them with --prepare. All other commands report that there is none.

            Tables are for people. For programs, --json prints JSON with exact texts and times, and `chatstorage exec` \
            offers every operation to any language. Colours are used on terminals only, and not when NO_COLOR is set.

            Exit status: 0 for success; 1 if something failed, was not found or was refused; 2 if verify found no \
            failure but did not run everything; 64 for a command line that is not understood; 128 plus the signal's \
            number after a signal, such as 130 for an interrupt; 141 if the reader of the output is gone.
            """,
        version: "0.1.0",
        subcommands: [
            ImportCommand.self, ExportCommand.self, CopyCommand.self, ListCommand.self, ShowCommand.self,
            HistoryCommand.self, AddCommand.self,
            ForksCommand.self, HeadCommand.self, RemoveCommand.self, TitleCommand.self, LabelCommand.self,
            MetaCommand.self, ClearCommand.self, DeleteCommand.self, TenantsCommand.self, UnfinishedCommand.self,
            PruneCommand.self, EraseCommand.self, StatsCommand.self, BackupCommand.self, CheckCommand.self,
            ExecCommand.self, VerifyCommand.self,
        ])

    // Given here too, so that they can stand before the command's name as well as after it.
    @OptionGroup var store: StoreOptions
    @OptionGroup var medium: MediumOptions

    static func main() async {
        // Makes a closed pipe an error of the write, so that the store is still closed.
        signal(SIGPIPE, SIG_IGN)
        do {
            let arguments = try CommandLineArguments.all()
            try checkCommand(of: arguments)
            var command = try parseAsRoot(CommandLineArguments.endingOptions(arguments))
            guard var command = command as? any AsyncParsableCommand else {
                // A command of ArgumentParser's own, such as help.
                try command.run()
                return
            }
            do {
                try await command.run()
            } catch let error where !(error is CleanExit) {
                throw await exitCode(after: error)
            }
        } catch let failure as Failure {
            exit(withError: await exitCode(after: failure))
        } catch let error as ExitCode {
            exit(withError: error)
        } catch {
            let code = exitCode(for: error)
            // Help and the version go to the standard output.
            guard !code.isSuccess else { exit(withError: error) }
            // ArgumentParser quotes words that it does not understand.
            await Output.error("\(TerminalText.text(withoutConnections(fullMessage(for: error))))\n")
            exit(withError: code)
        }
    }

    /// Refuses an unknown command, and suggests a similar one.
    private static func checkCommand(of arguments: [String]) throws {
        let names = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard let (written, meant) = CommandLineArguments.unknownCommand(in: arguments, of: names) else { return }
        let advice = meant.map { "did you mean \($0)?" } ?? "chatstorage --help lists them"
        let name = TerminalText.line(withoutConnections(written))
        throw Failure("there is no command \(name); \(advice)", status: Failure.usage)
    }

    /// A text without the PostgreSQL URLs in it, which may hold a password.
    private static func withoutConnections(_ text: String) -> String {
        text.replacing(/(postgres(ql)?:\/\/)[^\s']*/.ignoresCase()) { "\($0.1)..." }
    }

    /// Says what went wrong.
    private static func exitCode(after error: any Error) async -> ExitCode {
        if let message = Failure.message(about: error) { await Output.error("chatstorage: \(message)\n") }
        return ExitCode(Failure.status(after: error))
    }
}
