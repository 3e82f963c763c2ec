import ChatStorageCore
import Foundation
import TestSupport
import Testing

@testable import FailureWriter

extension PostgresAwayTests {
    /// Far more calls at once than there are connections.
    @Suite("a crowd") struct CrowdTests {
        private static let callers = 10_000

        @Test("10,000 callers at once are answered, or refused at once, in bounded memory", arguments: [16_384, 100])
        func crowd(waiting: Int) async throws {
            guard try TestBackends.postgres.isSelected() else { return }
            try await TestPostgres.withSchema { url, schema in
                let run = try await Executable.run(
                    [
                        TestedPackage.executable("FailureWriter").path, "crowd", url, schema, "\(Self.callers)",
                        "\(waiting)",
                    ],
                    in: TemporaryFolder())
                let crowd = try #require(
                    Crowd(line: run.output.trimmingCharacters(in: .newlines)), "\(run.output)")
                #expect(crowd.unavailable == 0 && crowd.answered + crowd.refused == Self.callers, "\(crowd)")
                #expect((crowd.refused > 0) == (waiting < Self.callers))
                // A task and a call of a debug build take some kilobytes.
                #expect((1..<(256 << 20)).contains(crowd.bytes))
                print(
                    "a crowd, PostgreSQL: \(crowd.refused) of \(Self.callers) calls refused, where \(waiting) may wait;",
                    "\(crowd.bytes >> 20) MiB of memory")

                var figures = Figures("crowd of calls, \(waiting) may wait, PostgreSQL")
                figures.faults = crowd.refused
                let stored = try #require(try await TestedStore.postgres(url: url, schema: schema).read())
                let contents = stored.values.flatMap { $0.map(\.content) }.filter { $0 != "first" }
                let distinct = Set(contents).count
                #expect(distinct <= crowd.answered)
                figures.add(
                    crowd.answered, lost: max(0, crowd.answered - distinct), doubled: contents.count - distinct)
                figures.report()
            }
        }
    }
}
