import ChatStorageConformance
import Foundation

/// Which checks a run of the tests is about, and with which seed, as the environment says.
enum TestSelection {
    static let checksVariable = "CHATSTORAGE_TEST_CHECKS"
    static let seedVariable = "CHATSTORAGE_TEST_SEED"

    /// The ids of the checks that the environment names; nil if it names none, and all are run.
    static let ids: Set<String>? = {
        let patterns = (environment[checksVariable] ?? "").split(separator: ",").map(String.init)
        guard !patterns.isEmpty else { return nil }
        let ids = ConformanceSuite.checks(matching: patterns).map(\.id)
        print("\(checksVariable) narrows this run to: \(ids.joined(separator: ", "))")
        return Set(ids)
    }()

    /// The seed of all checks of the process.
    static let seed = environment[seedVariable].flatMap(UInt64.init) ?? .random(in: 0...(.max))

    /// How many calls the check of random calls makes.
    static let randomCalls = environment["CHATSTORAGE_TEST_RANDOM_CALLS"].flatMap(Int.init) ?? 10_000

    private static let environment = ProcessInfo.processInfo.environment
}
