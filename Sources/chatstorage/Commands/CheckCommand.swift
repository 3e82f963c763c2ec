import ArgumentParser
import ChatStorageCore
import ChatStorageJSON
import ChatStorageSQLite

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a SQLite store's file for damage.",
        discussion: """
            Reads the whole file and changes nothing; others can use it meanwhile. Runs SQLite's own check of the \
            file's structure, and checks the schema's version, rows without the row that they belong to, and each \
            conversation's counts, sequences, times, JSON, branches, head and labels.

              chatstorage check --store sqlite:chat.db

            Each problem is a line that names the tenant, the conversation and the message, if it concerns one, and \
            shows no text of a chat. At most 1,000 are listed.

            With --json: {"schema_version", "tenants", "conversations", "messages", "complete", "problem_count", \
            "problems": [{"kind", "tenant", "conversation_id", "id", "problem"}]}, with null where there is none.

            Exit status: 0 if there is no problem, 1 otherwise.
            """)

    @OptionGroup var store: StoreLocation
    @OptionGroup var medium: MediumOptions
    @OptionGroup(visibility: .private) var all: AllTenants

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let work = Task {
            try await store.withSQLiteFile(on: medium, advice: "for PostgreSQL use pg_amcheck") {
                try await $0.check()
            }
        }
        let interruption = Interruption { work.cancel() }
        let result = await work.result
        interruption.end()
        let report: SQLiteBackend.CheckReport
        do {
            report = try result.get()
        } catch is CancellationError where interruption.happened {
            throw Failure(nil, status: interruption.status)
        }
        if json {
            try await Output.write(report.json)
        } else {
            try await Output.write(report.text)
        }
        guard report.problemCount == 0 else { throw Failure(nil) }
    }
}

extension SQLiteBackend.CheckReport {
    fileprivate var json: JSONOutput {
        .object([
            ("schema_version", schemaVersion.map { .integer(Int64($0)) } ?? .null),
            ("tenants", .integer(Int64(tenants))), ("conversations", .integer(Int64(conversations))),
            ("messages", .integer(Int64(messages))), ("complete", .boolean(isComplete)),
            ("problem_count", .integer(Int64(problemCount))), ("problems", .array(problems.map(\.json))),
        ])
    }

    fileprivate var text: String {
        var text = problems.map { "\($0.line)\n" }.joined()
        if problemCount > problems.count { text += "... and \((problemCount - problems.count).grouped) more\n" }
        let counts = [
            tenants.counted("tenant"), conversations.counted("conversation"), messages.counted("message"),
        ].joined(separator: ", ")
        text += "\(counts): \(problemCount == 0 ? "no problem" : problemCount.counted("problem"))"
        return text + (isComplete ? ".\n" : "; the rest could not be checked.\n")
    }
}

extension SQLiteBackend.CheckProblem {
    fileprivate var json: JSONOutput {
        .object([
            ("kind", .string(kind.description)), ("tenant", .string(orNull: tenant)),
            ("conversation_id", .string(orNull: conversationID?.rawValue)),
            ("id", sequence.map { .integer($0) } ?? .null), ("problem", .string(message)),
        ])
    }

    fileprivate var line: String {
        let place = [tenant.map { "tenant \($0)" }, conversationID?.rawValue, sequence.map { "message \($0)" }]
        let words = place.compactMap(\.self)
        return TerminalText.line(words.isEmpty ? message : "\(words.joined(separator: ", ")): \(message)")
    }
}
