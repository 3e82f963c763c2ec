import ChatStorageCore
import SlowSync

/// How late a process's timers are while several tasks read from a slow disk, in microseconds.
///
/// Where the reads block the threads that all tasks share, timers are as late as the reads are long.
struct SlowReads: Sendable {
    /// How late the latest was before the reads began.
    var greatestAlone = 0
    /// The same beside the reads.
    var greatest = 0
    /// How many reads the slow disk held up.
    var slowed = 0

    /// The conversations that a reader reads, one after the other.
    static let conversationsPerReader = 2

    static func conversation(ofReader reader: Int, _ number: Int) -> ConversationID {
        ConversationID("\(reader).\(number)")
    }

    private init() {}

    /// Reads a line as ``line`` has it.
    init?(line: some StringProtocol) {
        let fields = line.split(separator: " ").compactMap { Int($0) }
        guard fields.count == 3 else { return nil }
        (greatestAlone, greatest, slowed) = (fields[0], fields[1], fields[2])
    }

    var line: String { "\(greatestAlone) \(greatest) \(slowed)" }

    /// Reads all conversations.
    ///
    /// - Parameters:
    ///   - delay: How many milliseconds each read of a page takes, beyond what the disk takes anyway.
    ///   - quickReads: How many reads of one conversation come before.
    static func read(
        _ store: String, _ setting: String, readers: Int, delay: UInt32, after quickReads: Int
    ) async throws -> SlowReads {
        let alone = await Task { await greatestLateness(count: 100) }.value
        let backend = try await FailureWriter.open(store, setting: setting)
        // From what is in memory, so that the disk seems quick.
        for _ in 0..<quickReads {
            _ = try await backend.messages(of: conversation(ofReader: 0, 0), limit: 20)
        }
        set_read_delay(delay)
        let timers = Task { await greatestLateness() }
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
        (result.greatestAlone, result.greatest) = (alone, await timers.value)
        result.slowed = Int(slow_reads())
        try await backend.close()
        return result
    }

    /// How late the latest of several timers of 5 milliseconds is, one after the other.
    ///
    /// The sleep is what is measured; the test compares it with the same measure taken without readers.
    ///
    /// - Parameter count: How many timers, unless the task is cancelled before.
    private static func greatestLateness(count: Int = .max) async -> Int {
        var greatest = Duration.zero
        var timers = 0
        while timers < count, !Task.isCancelled {
            let due = ContinuousClock.now + .milliseconds(5)
            try? await Task.sleep(until: due, clock: .continuous)
            greatest = max(greatest, ContinuousClock.now - due)
            timers += 1
        }
        return Int(greatest / .microseconds(1))
    }
}
