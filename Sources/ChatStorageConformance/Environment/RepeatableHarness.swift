/// A harness whose checks can always be run again, by its own command or by variables of the environment.
package struct RepeatableHarness: ConformanceHarness {
    private let base: any ConformanceHarness
    private let environment: TestEnvironment
    private let program: String

    package init(_ base: any ConformanceHarness, environment: TestEnvironment, program: String = "swift test") {
        self.base = base
        self.environment = environment
        self.program = program
    }

    package var name: String { base.name }

    package func makeStore() async throws -> any ConformanceStore { try await base.makeStore() }

    package func command(toRun checkID: String, seed: UInt64) -> String? {
        base.command(toRun: checkID, seed: seed).map(environment.completing)
            ?? environment.command(toRun: checkID, seed: seed, by: program)
    }
}
