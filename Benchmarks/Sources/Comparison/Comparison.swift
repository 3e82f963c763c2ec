import ArgumentParser
import Foundation

/// Measures the library beside what it is built on, and prints what came out.
@main
struct Comparison: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures the library beside its engines' limits and a peer, in turn in the same run.")

    /// What `.scripts/with-bench-stores` has made.
    private static func environment(_ name: String) -> String? {
        ProcessInfo.processInfo.environment["CHATSTORAGE_BENCH_\(name)"]
    }

    @Flag(help: "Short rounds and less data, in under two minutes.")
    var quick = false

    @Option(help: "The URL of a PostgreSQL server to measure on; psql and pgbench must be in the PATH.")
    var postgres: String?

    @Option(help: "The URL of the same server through a pooler in transaction mode.")
    var pooledPostgres: String?

    @Option(help: "An archive of chats, as JSON Lines, to import.")
    var archive: String?

    @Option(help: "A folder that contains provider_responses; prints how large these answers are in a store.")
    var samples: String?

    @Option(help: "A folder on the disk to measure, for files that are written.")
    var folder: String?

    @Option(help: "A file to write the results to, as JSON.")
    var json: String?

    @Option(help: "Only rows with this text in their operation, backend and callers, such as \"PostgreSQL 64\".")
    var only = ""

    @Option(help: "How many rounds are measured.")
    var rounds: Int?

    @Option(help: "How long a round takes, in seconds.")
    var seconds: Double?

    @Option(help: "How many messages or conversations the largest stores of the section growth have.")
    var largest: Int?

    @Flag(help: "Ends with status 1 when a goal is missed.")
    var strict = false

    @Option(parsing: .upToNextOption, help: "What is measured; by default all, in a quick run all but callers.")
    var sections: [Section] = []

    enum Section: String, CaseIterable, ExpressibleByArgument {
        case memory, table, callers, growth, size, fairness, model
    }

    func run() async throws {
        let folder = URL(fileURLWithPath: folder ?? Self.environment("FOLDER") ?? ".")
        let pooled = pooledPostgres ?? (postgres == nil ? Self.environment("POOLED_POSTGRES") : nil)
        let programs = (postgres ?? Self.environment("POSTGRES")).map {
            PostgresPrograms(url: $0, pooledURL: pooled, folder: folder)
        }
        let archive = archive ?? Self.environment("ARCHIVE")
        let bench = Bench(
            folder: folder, postgres: programs, archive: archive, samples: samples ?? Self.environment("SAMPLES"),
            isQuick: quick)
        let rounds = Rounds(count: rounds ?? (quick ? 5 : 7), seconds: seconds ?? (quick ? 0.25 : 1))
        var results = Results(
            machine: Machine(postgres: try programs?.version()), isQuick: quick, roundSeconds: rounds.seconds)
        if programs == nil { Bench.log("Nothing is measured on PostgreSQL: no server is named.") }
        if pooled == nil { Bench.log("Nothing is measured behind a pooler: none is named.") }
        if archive == nil { Bench.log("No import is measured: no archive is named.") }
        let wanted = sections.isEmpty ? Section.allCases.filter { !quick || $0 != .callers } : sections
        for section in Section.allCases where wanted.contains(section) {
            try await measure(section, bench, rounds, &results)
            // What comes later may fail, and this took minutes.
            if let json { try results.write(to: json) }
        }
        print(results.text)
        if strict, !results.isMet { throw ExitCode.failure }
    }

    private func measure(_ section: Section, _ bench: Bench, _ rounds: Rounds, _ results: inout Results) async throws {
        let table = TableSection(bench: bench, rounds: rounds, only: only)
        switch section {
        case .memory: results.memory = try await MemorySection(bench: bench).run()
        case .table: try await table.run(&results)
        case .callers: try await table.run(callers: [1, 4, 16, 64, 256], &results)
        case .growth:
            let largest = largest ?? (quick ? 10_000 : 1_000_000)
            let rounds = Rounds(count: rounds.count, seconds: min(rounds.seconds, quick ? 0.05 : 0.3))
            let sizes = [1_000, 10_000, 100_000, 1_000_000].filter { $0 <= largest }
            results.growth = try await GrowthSection(bench: bench, rounds: rounds, sizes: sizes).run()
        case .size: results.size = try await SizeSection(bench: bench).run()
        case .fairness: results.fairness = try await FairnessSection(bench: bench).run()
        case .model:
            let rounds = Rounds(count: rounds.count, seconds: min(rounds.seconds, 0.3))
            results.model = try await ModelSection(bench: bench, rounds: rounds).run()
        }
    }
}
