#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The settings of a run from environment variables: which checks, which random numbers, and where the reports go.
package struct TestEnvironment: Sendable {
    /// The environment of this process.
    package static let process = TestEnvironment(ProcessInfo.processInfo.environment)

    private static let checksVariable = "CHATSTORAGE_TEST_CHECKS"
    private static let seedVariable = "CHATSTORAGE_TEST_SEED"
    private static let randomCallsVariable = "CHATSTORAGE_TEST_RANDOM_CALLS"
    private static let reportsVariable = "CHATSTORAGE_TEST_REPORTS"

    /// What is wrong with the environment; a run with other settings than requested must not pass.
    package let problem: TestEnvironmentProblem?
    /// The ids of the named checks; nil if none is named, so all are run.
    package let ids: Set<String>?
    /// The seed of all checks.
    package let seed: UInt64
    /// How many calls the check of random calls makes.
    package let randomCalls: Int
    /// The folder for reports; nil if none are written.
    package let reportsFolder: String?
    /// The beginning of a command that makes the same number of random calls; empty for the default.
    private let randomCallsAssignment: String

    package init(_ variables: [String: String]) {
        var problem: String?
        let patterns = (variables[Self.checksVariable] ?? "").split { $0 == "," || $0 == " " }.map(String.init)
        if let misspelt = patterns.first(where: { ConformanceSuite.checks(matching: [$0]).isEmpty }) {
            problem = "\(Self.checksVariable) names \(misspelt), which is not a check"
        }
        ids = patterns.isEmpty ? nil : Set(ConformanceSuite.checks(matching: patterns).map(\.id))

        let seedText = variables[Self.seedVariable]
        let seed = seedText.flatMap { UInt64($0) }
        if let seedText, seed == nil {
            problem = "\(Self.seedVariable) is \(seedText), which is not a number from 0 to \(UInt64.max)"
        }
        self.seed = seed ?? .random(in: 0...(.max))

        let countText = variables[Self.randomCallsVariable]
        let count = countText.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        if let countText, count == nil {
            problem = "\(Self.randomCallsVariable) is \(countText), which is not a whole number of 1 or more"
        }
        randomCalls = count ?? 10_000
        randomCallsAssignment = countText == nil ? "" : "\(Self.randomCallsVariable)=\(randomCalls) "

        let folder = variables[Self.reportsVariable] ?? ""
        reportsFolder = folder.isEmpty ? nil : folder
        self.problem = problem.map(TestEnvironmentProblem.init)
    }

    /// A sentence that says which checks the run is limited to; nil if it is not limited.
    package var narrowing: String? {
        ids.map { "\(Self.checksVariable) narrows this run to: \($0.sorted().joined(separator: ", "))" }
    }

    /// The command that runs a check again.
    ///
    /// - Parameter program: The command that runs all checks and reads the environment.
    func command(toRun checkID: String, seed: UInt64, by program: String) -> String {
        "\(randomCallsAssignment)\(Self.seedVariable)=\(seed) \(Self.checksVariable)=\(checkID) \(program)"
    }

    /// A harness's own command with the number of random calls before it.
    func completing(_ command: String) -> String { randomCallsAssignment + command }
}

/// An environment variable with a value that is not understood.
public struct TestEnvironmentProblem: Error, Sendable, CustomStringConvertible {
    /// The variable, and what is wrong with it.
    public let description: String
}
