extension ConformanceSuite {
    /// Runs checks as environment variables say: for XCTest, and for programs that are run by hand.
    ///
    /// The variables are the same as with Swift Testing:
    ///
    /// - `CHATSTORAGE_TEST_CHECKS` names checks, separated by commas, as ``checks(matching:)`` takes them. The run is
    ///   then limited to these checks and says so.
    /// - `CHATSTORAGE_TEST_SEED` sets the seed.
    /// - `CHATSTORAGE_TEST_RANDOM_CALLS` says how many calls the check of random calls makes, by default 10,000.
    /// - `CHATSTORAGE_TEST_REPORTS` names a folder, made if it is not there, for two files: the report as JSON and as
    ///   JUnit XML, named after the backend.
    ///
    /// A failure names the command that runs its check again, with these variables. A slow check is named on standard
    /// error, after ten seconds and then every minute.
    ///
    /// - Parameters:
    ///   - checks: The checks to run; a run of fewer than all is never a full pass.
    ///   - harness: Makes the stores.
    ///   - waivers: Declared exceptions.
    ///   - program: The command that makes this run; reports use it in commands that run a check again.
    /// - Returns: The report.
    /// - Throws: ``TestEnvironmentProblem`` before the run if a variable has a wrong value; an error of the file system
    ///   if a report cannot be written.
    public static func runAsEnvironmentSays(
        _ checks: [Check] = checks, on harness: any ConformanceHarness, waivers: [Waiver] = [],
        program: String = "swift test"
    ) async throws -> ConformanceReport {
        try await run(checks, on: harness, waivers: waivers, program: program, environment: .process)
    }

    package static func run(
        _ checks: [Check] = checks, on harness: any ConformanceHarness, waivers: [Waiver] = [],
        program: String = "swift test", environment: TestEnvironment
    ) async throws -> ConformanceReport {
        if let problem = environment.problem { throw problem }
        if let narrowing = environment.narrowing { Notices.print(narrowing) }
        // A folder that cannot be made is reported before the run, which takes a while.
        let folder = try environment.reportsFolder.map(ReportsFolder.init)
        let selected = checks.filter { environment.ids?.contains($0.id) != false }
        let report = await run(
            selected, on: RepeatableHarness(harness, environment: environment, program: program), waivers: waivers,
            seed: environment.seed, randomCalls: environment.randomCalls,
            underWay: Notices.slowChecks(randomCalls: environment.randomCalls))
        try folder?.write(report)
        return report
    }
}
