import Foundation

/// How often a test injects its fault: some times by default, and as often as a variable says in the long form.
enum SoakCount: String {
    /// Processes that are killed, on each store.
    case kills = "CHATSTORAGE_SOAK_KILLS"
    /// Mutated inputs of each reader.
    case inputs = "CHATSTORAGE_SOAK_INPUTS"
    /// Damaged database files.
    case files = "CHATSTORAGE_SOAK_FILES"
    /// Damaged rows, in each store.
    case rows = "CHATSTORAGE_SOAK_ROWS"
    /// Stores that are opened, used and closed, of each kind.
    case cycles = "CHATSTORAGE_SOAK_CYCLES"
    /// Times that sessions are ended under 64 callers.
    case ends = "CHATSTORAGE_SOAK_ENDS"
    /// Restarts of a server under 64 callers, in each mode.
    case restarts = "CHATSTORAGE_SOAK_RESTARTS"
    /// Pairs of servers of which one is killed and the other promoted.
    case failovers = "CHATSTORAGE_SOAK_FAILOVERS"
    /// Times that a server is stopped in the middle of its answers.
    case pauses = "CHATSTORAGE_SOAK_PAUSES"
    /// Calls that are cancelled.
    case cancels = "CHATSTORAGE_SOAK_CANCELS"
    /// Times that a store stands still under an answer.
    case holds = "CHATSTORAGE_SOAK_HOLDS"

    /// A variable's value is no number that can be used.
    struct NotUnderstood: Error, CustomStringConvertible {
        let variable: String
        var description: String { "\(variable) is not a whole number of 1 or more" }
    }

    private var standard: UInt64 {
        switch self {
        case .kills: 5
        case .inputs: 2_000
        case .files: 40
        case .rows: 80
        case .cycles: 300
        case .ends: 30
        case .restarts: 2
        case .failovers, .pauses: 1
        case .cancels: 300
        case .holds: 10
        }
    }

    /// The number.
    ///
    /// - Throws: ``NotUnderstood``, so that a misspelt number fails the tests instead of shortening them.
    var value: Int {
        get throws { Int(clamping: try Self.number(rawValue, default: standard)) }
    }

    /// What all random choices of a run follow from.
    static var seed: UInt64 {
        get throws { try number("CHATSTORAGE_TEST_SEED", default: 1) }
    }

    private static func number(_ variable: String, default standard: UInt64) throws -> UInt64 {
        guard let text = ProcessInfo.processInfo.environment[variable], !text.isEmpty else { return standard }
        guard let number = UInt64(text), number >= 1 else { throw NotUnderstood(variable: variable) }
        return number
    }
}
