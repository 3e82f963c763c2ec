import ChatStorageCore
import ChatStoragePostgres
import Foundation

/// Very many calls at once, in a process of their own, whose memory is then theirs.
struct Crowd: Sendable {
    /// Calls that were answered.
    var answered = 0
    /// Calls that were refused because too many waited already.
    var refused = 0
    /// Calls that were `unavailable` and not applied for another reason.
    var unavailable = 0
    /// By how many bytes the process's largest size grew.
    var bytes = 0

    private enum Outcome {
        case answered, refused, unavailable
    }

    init() {}

    /// Reads a line without its newline.
    init?(line: some StringProtocol) {
        let fields = line.split(separator: " ").compactMap { Int($0) }
        guard fields.count == 4 else { return nil }
        (answered, refused, unavailable, bytes) = (fields[0], fields[1], fields[2], fields[3])
    }

    var line: String { "\(answered) \(refused) \(unavailable) \(bytes)" }

    /// Makes the calls: each appends one message, to one of 100 conversations.
    ///
    /// - Parameter waiting: How many may wait for a connection.
    static func call(_ url: String, _ schema: String, callers: Int, waiting: Int) async throws -> Crowd {
        var configuration = PostgresBackend.Configuration(url: url)
        configuration.schema = schema
        configuration.waitingCalls = waiting
        // However slow the machine is, none of those that wait is to end before it is answered.
        configuration.callTimeout = .seconds(900)
        let backend = try await PostgresBackend(configuration)
        try await backend.prepare()
        try await backend.append(.user("first"), to: "c0")
        let before = largestSize
        var crowd = try await withThrowingTaskGroup(of: Outcome.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    do {
                        try await backend.append(.user("\(caller)"), to: ConversationID("c\(caller % 100)"))
                        return .answered
                    } catch let error as ChatStorageError
                        where error.code == .unavailable && error.writeOutcome == .notApplied
                    {
                        return error.message.hasPrefix("\(waiting) calls are already waiting") ? .refused : .unavailable
                    }
                }
            }
            return try await group.reduce(into: Crowd()) { crowd, outcome in
                switch outcome {
                case .answered: crowd.answered += 1
                case .refused: crowd.refused += 1
                case .unavailable: crowd.unavailable += 1
                }
            }
        }
        crowd.bytes = largestSize - before
        try await backend.close()
        return crowd
    }

    private static var largestSize: Int {
        #if os(Linux)
        // What getrusage reports begins with the size of the process that started this one.
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropLast().last.flatMap { Int($0) } ?? 0) << 10
        #else
        var usage = rusage()
        getrusage(RUSAGE_SELF, &usage)
        return usage.ru_maxrss
        #endif
    }
}
