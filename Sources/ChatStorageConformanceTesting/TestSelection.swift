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

    /// A name in the environment that is no check's; it must not pass for a run without failures.
    static let misspelt = patterns.first { ConformanceSuite.checks(matching: [$0]).isEmpty }

    private static let patterns = (environment[checksVariable] ?? "").split(separator: ",").map(String.init)

    /// The seed of all checks of the process.
    static let seed = environment[seedVariable].flatMap(UInt64.init) ?? .random(in: 0...(.max))

    /// How many calls the check of random calls makes.
    static let randomCalls = environment[randomCallsVariable].flatMap(Int.init) ?? 10_000

    /// What precedes a command that is to make as many; nothing where it is the default.
    static let randomCallsAssignment =
        environment[randomCallsVariable] == nil ? "" : "\(randomCallsVariable)=\(randomCalls) "

    private static let environment = ProcessInfo.processInfo.environment
}
