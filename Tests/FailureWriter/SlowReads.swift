import ChatStorageCore
import SlowSync

/// How late a process's timers are while several tasks read from a slow disk, in microseconds.
///
/// Where the reads block the threads that all tasks share, timers are as late as the reads are long.
struct SlowReads: Sendable {
    /// How late most were at most, and the one that was latest, before the reads began.
    var usualAlone = 0
    var greatestAlone = 0
    /// The same beside the reads.
    var usual = 0
    var greatest = 0
    /// How many timers there were beside the reads.
    var timers = 0

    /// The conversations that a reader reads, one after the other.
    static let conversationsPerReader = 2

    static func conversation(ofReader reader: Int, _ number: Int) -> ConversationID {
        ConversationID("\(reader).\(number)")
    }

    private init() {}

    /// Reads a line as ``line`` has it.
    init?(line: some StringProtocol) {
        let fields = line.split(separator: " ").compactMap { Int($0) }
        guard fields.count == 5 else { return nil }
        (usualAlone, greatestAlone, usual, greatest, timers) = (fields[0], fields[1], fields[2], fields[3], fields[4])
    }

    var line: String { "\(usualAlone) \(greatestAlone) \(usual) \(greatest) \(timers)" }

    /// Reads all conversations.
    ///
    /// - Parameter delay: How many milliseconds each read of a page takes, beyond what the disk takes anyway.
    static func read(_ store: String, _ setting: String, readers: Int, delay: UInt32) async throws -> SlowReads {
        let alone = await Task { await lateness(count: 100) }.value
        set_read_delay(delay)
        let backend = try await FailureWriter.open(store, setting: setting)
        let timers = Task { await lateness() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for reader in 0..<readers {
                group.addTask {
                    for number in 0..<conversationsPerReader {
                        _ = try await backend.messages(of: conversation(ofReader: reader, number), limit: 20)
                    }
                }
            }
            try await group.waitForAll()
        }
        timers.cancel()
        var result = SlowReads()
        (result.usualAlone, result.greatestAlone) = (alone.usual, alone.greatest)
        (result.usual, result.greatest, result.timers) = await timers.value
        try await backend.close()
        return result
    }

    /// How late timers of 5 milliseconds are, one after the other: so many, or until the task is cancelled.
    private static func lateness(count: Int = .max) async -> (usual: Int, greatest: Int, timers: Int) {
        var lateness: [Int] = []
        while lateness.count < count, !Task.isCancelled {
            let due = ContinuousClock.now + .milliseconds(5)
            try? await Task.sleep(until: due, clock: .continuous)
            lateness.append(Int((ContinuousClock.now - due) / .microseconds(1)))
        }
        lateness.sort()
        return (lateness.isEmpty ? 0 : lateness[lateness.count / 2], lateness.last ?? 0, lateness.count)
    }
}
