import ArgumentParser
import ChatStorageConformance
import ChatStorageCore

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that the store keeps the storage contract.",
        discussion: """
            Runs the checks of the library ChatStorageConformance on the store as it is, even while it is in use. They \
            work in tenants of their own, whose names begin with a random text that is printed first, and remove them \
            afterwards, even if checks fail or the run is interrupted. No other data is read or changed.

            A run takes one or two minutes, and longer on a slow store. It writes up to 100,000 conversations at a \
            time, so the store grows by about 70 MB. These stay in it as free space for later writes; VACUUM in \
            SQLite's shell, or PostgreSQL's VACUUM FULL, returns them to the disk.

            Tenants stay only after a run that was killed, by SIGKILL or by a second interrupt during the removal, or \
            that could not remove them. To remove what all such runs have left, wait until no run is under way and \
            use this statement (in SQLite's shell, after PRAGMA foreign_keys = ON):

              DELETE FROM conversations
              WHERE tenant LIKE 'chatstorage-conformance-%'

            Checks that need a store of their own, such as those of schemas that are not the library's, do not apply \
            to a store in use; the summary names them. A store in memory is made anew for each check.

            The JSON report has the keys backend, seed, filtered, fullPass, counts, unknownWaivers and checks.

            Exit status: 0 for a full pass: every check that can apply to the store ran and passed; 1 if a check \
            failed, or if what the run wrote could not be removed, which reports show as the failed check \
            harness.removal; 2 if nothing failed but it is no full pass, as with --only; 128 plus the signal's number \
            after a signal, such as 130 for an interrupt.
            """)

    @OptionGroup var store: StoreLocation
    @OptionGroup(visibility: .private) var writable: WritableMedium
    @OptionGroup(visibility: .private) var noTenant: NoTenant

    @Flag(help: "List the checks: their ids, the contract's rules that they prove, and why they matter.")
    var list = false

    @Option(
        help: ArgumentHelp(
            "Only these checks: ids, beginnings of ids, or patterns with * and ?, separated by commas.",
            valueName: "patterns"))
    var only: [String] = []

    // Unconditional, so that a negative number is refused as a number and not taken for an option.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The seed of the random numbers, to repeat a run.", valueName: "number"))
    var seed: UInt64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many calls the check of random calls makes.", valueName: "count"))
    var randomCalls = 1_000

    @Flag(help: "Make the store's tables first if they are not there.")
    var prepare = false

    @Option(help: ArgumentHelp("Write a report as JSON.", valueName: "file"))
    var reportJSON: String?

    @Option(name: .customLong("report-junit"), help: ArgumentHelp("Write a report as JUnit XML.", valueName: "file"))
    var reportJUnit: String?

    func validate() throws {
        guard randomCalls >= 1 else { throw ValidationError("--random-calls takes 1 or more") }
        guard reportJSON != "-", reportJUnit != "-" else {
            throw ValidationError("a report goes to a file, such as /dev/stderr, not to -")
        }
        for pattern in patterns where ConformanceSuite.checks(matching: [pattern]).isEmpty {
            throw ValidationError("no check matches \(TerminalText.line(pattern)); --list shows their ids")
        }
    }

    private var patterns: [String] { only.flatMap { $0.split(separator: ",").map(String.init) } }

    private var checks: [Check] {
        only.isEmpty ? ConformanceSuite.checks : ConformanceSuite.checks(matching: patterns)
    }

    func run() async throws {
        guard !list else {
            try await writeList()
            return
        }
        let reports = try await VerifyReports(json: reportJSON, junit: reportJUnit)
        let command = RepeatCommand(
            program: CommandLine.arguments.first ?? "chatstorage", store: try store.text, schema: store.schema,
            pooler: store.pooler,
            randomCalls: randomCalls)
        let verified = try VerifiedStore(store) { command.text(checkID: $0, seed: $1) }
        try await requireUsableStore(verified)

        let seed = seed ?? .random(in: 0...(.max))
        let name = TerminalText.line(verified.harness.name)
        try await Output.write("\(checks.count.counted("check")) on \(name), seed \(seed).\n")
        if let prefix = verified.tenantPrefix { try await Output.write("Tenants that are used: \(prefix)...\n") }

        let display = VerifyDisplay(total: checks.count, randomCalls: randomCalls)
        let run = CancellableRun()
        // Listens from before the first write until the removal has ended; a second signal ends the process at once.
        let interruption = Interruption { run.cancel() }
        var report = await run.value(of: { [checks, randomCalls] in
            await ConformanceSuite.run(checks, on: verified.harness, seed: seed, randomCalls: randomCalls) {
                await display.show($0)
            } underWay: {
                await display.show($0, runningFor: $1)
            }
        })
        await display.end()
        if interruption.happened, let prefix = verified.tenantPrefix {
            await Output.error(
                """
                Removing what the checks wrote. A second interrupt leaves it in the tenants \(prefix)...; --help says \
                how to remove it then.\n
                """)
        }
        let removal = await result(of: verified.end)
        interruption.end()

        if case .failure(let error) = removal {
            report.add(.failedRemoval(from: verified.harness.name, seed: seed, Self.sentence(about: error)))
        }
        try await reports.write(report)
        try await Output.write("\(TerminalText.text("\(report)"))\n\n\(Self.verdict(on: report))\n")
        // If the variable named the store, it is set already.
        if report.isFailure, store.store != nil, let hint = command.hint { try await Output.write("\(hint)\n") }
        if case .failure(let error) = removal {
            throw Failure("the run's tenants could not be removed: \(Self.sentence(about: error))")
        }
        guard !interruption.happened else { throw Failure(nil, status: interruption.status) }
        guard !report.isFailure else { throw Failure(nil) }
        guard report.isFullPass else { throw Failure(nil, status: Failure.incomplete) }
    }

    /// Refuses a store that cannot be written, and one that is not prepared: nobody expects a check to change a store.
    private func requireUsableStore(_ verified: VerifiedStore) async throws {
        do {
            try await store.withBackend(for: prepare ? .filling : .reading) { backend in
                _ = try await backend.conversations(limit: 0)
                guard let prefix = verified.tenantPrefix else { return }
                do {
                    // This deletes nothing, but needs the right to delete.
                    _ = try await backend.tenant(prefix).deleteConversation("none")
                } catch let error as ChatStorageError where [.accessDenied, .readOnly].contains(error.code) {
                    throw Failure("the checks need to write, but the store refuses: \(Failure.sentence(about: error))")
                }
            }
        } catch let error as ChatStorageError where error.code == .notPrepared {
            throw Failure("\(Failure.lack(toldBy: error)); --prepare makes it ready")
        } catch let error as MissingStore {
            throw Failure("\(error); --prepare makes one")
        }
    }

    private func writeList() async throws {
        var table = Table([.init(title: "ID"), .init(title: "RULES"), .init(title: "WHY", minimumWidth: 20)])
        for check in checks {
            table.add([check.id, check.rules.map(\.rawValue).joined(separator: " "), check.reason])
        }
        try await Output.write(table.text(width: Output.columns, style: Output.style))
    }

    private func result(of body: () async throws -> Void) async -> Result<Void, any Error> {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    private static func sentence(about error: any Error) -> String {
        if let leftover = error as? LiveStoreHarness.Leftover { return TerminalText.line("\(leftover)") }
        return Failure.sentence(about: error)
    }

    private static func verdict(on report: ConformanceReport) -> String {
        let counts = report.counts
        var reasons: [String] = []
        if report.isFiltered { reasons.append("only part of the suite ran") }
        if counts.failed > 0 { reasons.append("\(counts.failed.counted("check")) failed") }
        if counts.skipped > 0 { reasons.append("\(counts.skipped.counted("check")) did not run") }
        guard report.isFullPass else { return "This is not a full pass: \(reasons.joined(separator: ", "))." }
        guard counts.notApplicable > 0 else { return "This is a full pass." }
        return "This is a full pass: every check that can apply to this store has passed."
    }
}
