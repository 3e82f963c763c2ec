import ArgumentParser
import Foundation

/// Measures the library beside what it is built on, and prints what came out.
@main
struct Comparison: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures the library beside its engines' limits and a peer, in turn in the same run.")

    @Flag(help: "Short rounds and less data, in under two minutes.")
    var quick = false

    @Option(help: "The URL of a PostgreSQL server to measure on; psql and pgbench must be in the PATH.")
    var postgres: String?

    @Option(help: "An archive of chats, as JSON Lines, to import.")
    var archive: String?

    @Option(help: "A folder on the disk to measure, for files that are written.")
    var folder: String

    @Option(help: "A file to write the results to, as JSON.")
    var json: String?

    @Option(help: "Only rows with this text in their operation, backend and callers, such as \"PostgreSQL 64\".")
    var only = ""

    @Option(help: "How many rounds are measured.")
    var rounds: Int?

    @Option(help: "How long a round takes, in seconds.")
    var seconds: Double?

    func run() async throws {
        let folder = URL(fileURLWithPath: folder)
        let programs = postgres.map { PostgresPrograms(url: $0, folder: folder) }
        let bench = Bench(folder: folder, postgres: programs, archive: archive, isQuick: quick)
        let rounds = Rounds(count: rounds ?? (quick ? 5 : 7), seconds: seconds ?? (quick ? 0.3 : 1))
        var results = Results(
            machine: Machine(postgres: try programs?.version()), isQuick: quick, roundSeconds: rounds.seconds)
        try await TableSection(bench: bench, rounds: rounds, only: only).run(&results)
        if let json { try results.write(to: json) }
    }
}
