import ChatStorageConformance
import Foundation

/// Which checks a run of the tests is about, and with which seed, as the environment says.
enum TestSelection {
    static let checksVariable = "CHATSTORAGE_TEST_CHECKS"
    static let seedVariable = "CHATSTORAGE_TEST_SEED"
    static let randomCallsVariable = "CHATSTORAGE_TEST_RANDOM_CALLS"

    /// The ids of the checks that the environment names; nil if it names none, and all are run.
    static let ids: Set<String>? = {
        guard !patterns.isEmpty else { return nil }
        let ids = ConformanceSuite.checks(matching: patterns).map(\.id)
        print("\(checksVariable) narrows this run to: \(ids.joined(separator: ", "))")
        return Set(ids)
    }()

    private static let misspelt = patterns.first { ConformanceSuite.checks(matching: [$0]).isEmpty }

    private static let patterns = (environment[checksVariable] ?? "").split { $0 == "," || $0 == " " }.map(String.init)

    /// What is wrong with the environment, in words; the run must not pass for the one that was asked for.
    static let problem: String? = {
        if let misspelt { return "\(checksVariable) names \(misspelt), which is no check" }
        if let text = environment[seedVariable], UInt64(text) == nil {
            return "\(seedVariable) is \(text), which is no number from 0 to \(UInt64.max)"
        }
        if let text = environment[randomCallsVariable], Int(text).map({ $0 > 0 }) != true {
            return "\(randomCallsVariable) is \(text), which is no number from 1"
        }
        return nil
    }()

    /// The seed of all checks of the process.
    static let seed = environment[seedVariable].flatMap { UInt64($0) } ?? .random(in: 0...(.max))

    /// How many calls the check of random calls makes.
    static let randomCalls = environment[randomCallsVariable].flatMap { Int($0) } ?? 10_000

    /// What precedes a command that is to make as many; nothing where it is the default.
    static let randomCallsAssignment =
        environment[randomCallsVariable] == nil ? "" : "\(randomCallsVariable)=\(randomCalls) "

    private static let environment = ProcessInfo.processInfo.environment
}
