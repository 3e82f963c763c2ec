import ChatStorageConformance
import Testing

/// The suite's own test: it must notice what is broken, and name it.
@Suite struct MutantTests {
    @Test(arguments: Mutant.text + Mutant.order + Mutant.atomicity)
    func isCaughtByTheCheckThatNamesItsFault(_ mutant: Mutant) async throws {
        for id in mutant.caughtBy {
            let check = try #require(ConformanceSuite.checks.first { $0.id == id }, "\(id) is no check")
            let result = await ConformanceSuite.run(check, on: MutantHarness(mutant: mutant))
            #expect(result.isFailure, "\(id) must notice a backend that \(mutant)")
        }
    }

    @Test func throwingOnEveryCallPassesNothing() async {
        let report = await ConformanceSuite.run(on: MutantHarness(mutant: .throwsAlways))
        #expect(!report.isFullPass)
        for check in ConformanceSuite.checks {
            let result = await ConformanceSuite.run(check, on: MutantHarness(mutant: .throwsAlways))
            if case .passed = result.outcome { Issue.record("\(check) passed") }
        }
    }
}
