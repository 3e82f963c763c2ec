import ChatStorageConformance
import ChatStorageConformanceTesting
import ChatStorageCore
import Foundation
import Testing

/// What variables of the environment do to a run, and what is said about checks that take long.
@Suite struct EnvironmentTests {
    @Test(arguments: [
        (["CHATSTORAGE_TEST_CHECKS": "order.,no.such"], "CHATSTORAGE_TEST_CHECKS names no.such, which is not a check"),
        (["CHATSTORAGE_TEST_SEED": "-1"], "CHATSTORAGE_TEST_SEED is -1, which is not a number from 0 to \(UInt64.max)"),
        (
            ["CHATSTORAGE_TEST_RANDOM_CALLS": "0"],
            "CHATSTORAGE_TEST_RANDOM_CALLS is 0, which is not a whole number of 1 or more"
        ),
    ])
    func whatIsNotUnderstoodEndsTheRun(_ variables: [String: String], _ problem: String) async {
        let error = await #expect(throws: TestEnvironmentProblem.self) {
            try await ConformanceSuite.run(on: OddHarness(), environment: TestEnvironment(variables))
        }
        #expect(error?.description == problem)
    }

    @Test func aRunIsNarrowedAndHasItsSeed() async throws {
        let environment = TestEnvironment([
            "CHATSTORAGE_TEST_CHECKS": "tenants.isolated, errors.not-prepared", "CHATSTORAGE_TEST_SEED": "7",
        ])
        let report = try await ConformanceSuite.run(on: OddHarness(), environment: environment)
        #expect(Set(report.results.map(\.check.id)) == ["tenants.isolated", "errors.not-prepared"])
        #expect(report.seed == 7)
        #expect(!report.isFailure && !report.isFullPass)
    }

    @Test func aFailureNamesTheCommandThatRunsItAgain() async throws {
        let failing = Check("example.failing", .o1, why: "An example.") { $0.expect(false, "it holds") }
        let environment = TestEnvironment([
            "CHATSTORAGE_TEST_SEED": "7", "CHATSTORAGE_TEST_RANDOM_CALLS": "20",
        ])
        let report = try await ConformanceSuite.run(
            [failing], on: OddHarness(), program: "swift run conform", environment: environment)
        let command =
            "CHATSTORAGE_TEST_RANDOM_CALLS=20 CHATSTORAGE_TEST_SEED=7 CHATSTORAGE_TEST_CHECKS=example.failing "
            + "swift run conform"
        #expect(report.results.map(\.command) == [command])
    }

    @Test func reportsAreWrittenToAFolder() async throws {
        try await withFolder { folder in
            let environment = TestEnvironment([
                "CHATSTORAGE_TEST_REPORTS": "\(folder)/new", "CHATSTORAGE_TEST_CHECKS": "tenants.isolated",
            ])
            let report = try await ConformanceSuite.run(on: OddHarness(), environment: environment)
            #expect(try String(contentsOfFile: "\(folder)/new/a-harness-.json", encoding: .utf8) == report.json())
            #expect(try String(contentsOfFile: "\(folder)/new/a-harness-.xml", encoding: .utf8) == report.junitXML())
            let taken = TestEnvironment(["CHATSTORAGE_TEST_REPORTS": "\(folder)/new/a-harness-.json"])
            await #expect(throws: (any Error).self) {
                try await ConformanceSuite.run(on: OddHarness(), environment: taken)
            }
        }
    }

    @Test func aTestOfSomeChecksEndsWithTheLastOfThem() async throws {
        try await withFolder { folder in
            let environment = TestEnvironment(["CHATSTORAGE_TEST_REPORTS": folder])
            let checks = ConformanceSuite.checks(matching: ["tenants.isolated", "errors.not-prepared"])
            for check in checks {
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
                await expectConformance(check, of: OddHarness(), among: checks, environment: environment)
            }
            let json = try String(contentsOfFile: "\(folder)/a-harness-.json", encoding: .utf8)
            #expect(json.contains("\"passed\" : 2"))
            #expect(json.contains("\"filtered\" : true"))
        }
    }

    @Test func checksAreLeftOut() {
        let all = ConformanceSuite.checks.map(\.id)
        #expect(ConformanceSuite.checks(except: ["scale."]).map(\.id) == all.filter { !$0.hasPrefix("scale.") })
        #expect(ConformanceSuite.checks(except: []).map(\.id) == all)
    }

    @Test func whatRunsIsToldWhileItRuns() async {
        let (ticks, tick) = AsyncStream.makeStream(of: Duration.self)
        let waiting = Check("example.waiting", .t5, why: "An example.") { context in
            var told: [Duration] = []
            for await duration in ticks {
                told.append(duration)
                if told.count == 2 { break }
            }
            context.expect(told.first == .zero && told.last != .zero, "the beginning is told, and a time")
        }
        let report = await ConformanceSuite.run(
            [waiting], on: OddHarness(),
            underWay: { check, duration in if check.id == "example.waiting" { tick.yield(duration) } })
        expectNoFailure(of: report)
    }

    @Test func aCheckIsNamedAfterTenSecondsAndThenEveryMinute() {
        let check = Check("example.slow", .t5, timeLimit: .seconds(900), why: "An example.") { _ in }
        let notice = SlowCheckNotice(randomCalls: 1)
        let told = { (seconds: ClosedRange<Int>) in
            seconds.compactMap { notice.text(about: check, after: .seconds($0)) }
        }
        #expect(told(0...9) == [])
        #expect(told(10...140) == [10, 70, 130].map { "example.slow: running for \($0) s; it fails after 900 s" })
        #expect(told(0...10).count == 1)
    }

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("reports-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder.path)
    }
}

/// Stores in memory, of a harness that knows no command and whose name is no file's.
private struct OddHarness: ConformanceHarness {
    let name = "a/harness!"

    func makeStore() -> any ConformanceStore { InMemoryHarness().makeStore() }
}
