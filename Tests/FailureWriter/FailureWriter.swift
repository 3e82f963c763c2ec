import ChatStorageConformance
import ChatStorageCore
import ChatStoragePostgres
import ChatStorageSQLite
import ChatStorageSupport
import SlowSync

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Appends to a store until it is killed or its standard input ends.
///
///     FailureWriter STORE SETTING RUN SEED [ANNOUNCEMENT]...
///
/// The setting is the journal mode of a new SQLite file or a PostgreSQL schema. Each append that was acknowledged is a
/// line on standard output; a line that begins with `!` says what failed. Half of the appends have keys: these are
/// announced before by a line that begins with `?`. The announcements among the arguments come from earlier writers,
/// whose appends are made again first.
///
///     FailureWriter crowd STORE SETTING CALLERS WAITING
///     FailureWriter cycles STORE SETTING COUNT
///     FailureWriter reads STORE SETTING READERS DELAY QUICKREADS
///     FailureWriter answer STORE SETTING CONVERSATION AFTER NAME [PIECES]
///     FailureWriter answers STORE SETTING RUN SEED [NAME]...
///     FailureWriter endless STORE SETTING NAME...
///     FailureWriter held STORE SETTING NAME HOLDS
///
/// The second form makes many calls at once, as ``Crowd`` says. The third opens, uses and closes a store over and over,
/// and says what the process then holds of the system. The fourth reads from a slow disk, as ``SlowReads`` says. The
/// fifth writes an answer piece by piece, as ``Answering`` says, until it is ended or has all its pieces. The others
/// write answers with the library's writer, as ``AnswerWriters`` says; all that happens to one is a line, an
/// ``AnswerNote``.
///
/// A number in the environment's CHATSTORAGE_SYNC_DELAY is how many milliseconds longer each sync of a file takes.
@main struct FailureWriter {
    /// The environment's variable for the time that a sync takes.
    static let syncDelay = "CHATSTORAGE_SYNC_DELAY"
    private static let callers = 4

    static func main() async throws {
        // Whoever started it may have died.
        let watch = Task {
            while let bytes = try? await FileDescriptor.standardInput.read(), !bytes.isEmpty {}
            exit(0)
        }
        defer { watch.cancel() }
        if let delay = getenv(syncDelay).flatMap({ UInt32(String(cString: $0)) }) { set_sync_delay(delay) }
        let arguments = CommandLine.arguments
        do {
            switch arguments.dropFirst().first {
            case "crowd" where arguments.count == 6:
                let (callers, waiting) = (Int(arguments[4]) ?? 0, Int(arguments[5]) ?? 0)
                await say(try await Crowd.call(arguments[2], arguments[3], callers: callers, waiting: waiting).line)
            case "cycles" where arguments.count == 5:
                try await runCycles(arguments[2], setting: arguments[3], count: Int(arguments[4]) ?? 0)
            case "reads" where arguments.count == 7:
                let (readers, quickReads) = (Int(arguments[4]) ?? 0, Int(arguments[6]) ?? 0)
                await say(
                    try await SlowReads.read(
                        arguments[2], arguments[3], readers: readers, delay: UInt32(arguments[5]) ?? 0,
                        after: quickReads
                    ).line)
            case "answer" where (7...8).contains(arguments.count):
                let backend = try await open(arguments[2], setting: arguments[3])
                try await Answering.write(
                    arguments[6], to: ConversationID(arguments[4]), after: Int64(arguments[5]) ?? 0,
                    pieces: arguments.dropFirst(7).first.flatMap { Int64($0) }, in: backend
                ) { await say($0.line) }
            case "answers" where arguments.count >= 6:
                try await AnswerWriters.write(
                    arguments[2], arguments[3], run: arguments[4], seed: UInt64(arguments[5]) ?? 0,
                    repeating: Array(arguments.dropFirst(6)))
            case "endless" where arguments.count >= 5:
                try await AnswerWriters.writeEndless(arguments[2], arguments[3], Array(arguments.dropFirst(4)))
            case "held" where arguments.count == 6:
                try await AnswerWriters.writeHeld(
                    arguments[2], arguments[3], arguments[4], holds: Int(arguments[5]) ?? 0)
            default:
                try await write(arguments)
            }
        } catch {
            await say("! \(error)")
        }
    }

    /// Appends until the process is ended.
    private static func write(_ arguments: [String]) async throws {
        let announcements = arguments.dropFirst(5).compactMap(Announcement.init(line:))
        guard arguments.count == 5 + announcements.count, let seed = UInt64(arguments[4]) else {
            let usage = "FailureWriter STORE SETTING RUN SEED [ANNOUNCEMENT]...\n"
            try await FileDescriptor.standardError.write(Array(usage.utf8))
            exit(2)
        }
        let backend = try await open(arguments[1], setting: arguments[2])
        try await backend.prepare()
        for announcement in announcements { await append(announcement, keyed: true, to: backend) }
        await withTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    await append(
                        to: backend, as: "\(arguments[3]).\(caller)", keyed: caller.isMultiple(of: 2),
                        seed: seed &+ UInt64(caller))
                }
            }
        }
    }

    static func open(_ store: String, setting: String) async throws -> any ChatStorageBackend {
        let url = try StoreURL(store)
        if let path = url.sqlitePath {
            var configuration = SQLiteBackend.Configuration(path: path)
            configuration.journalMode = .init(rawValue: setting) ?? .wal
            return try await SQLiteBackend(configuration)
        }
        if let connection = url.postgresURI {
            var configuration = PostgresBackend.Configuration(url: connection)
            configuration.schema = setting
            return try await PostgresBackend(configuration)
        }
        throw ChatStorageError(.invalidArgument, "what is in memory goes with the process")
    }

    private static func append(
        to backend: any ChatStorageBackend, as name: String, keyed: Bool, seed: UInt64
    ) async {
        var generator = SplitMix64(seed: seed)
        var number = 0
        while true {
            number += 1
            let batch = WrittenBatch(name: "\(name).\(number)", count: .random(in: 1...5, using: &generator))
            let conversation = "c\(Int.random(in: 0..<3, using: &generator))"
            await append(Announcement(conversation: conversation, batch: batch), keyed: keyed, to: backend)
        }
    }

    /// Appends, and reports it.
    private static func append(
        _ announcement: Announcement, keyed: Bool, to backend: any ChatStorageBackend
    ) async {
        if keyed { await say(announcement.line) }
        let batch = announcement.batch
        do {
            let stored = try await backend.append(
                batch.messages(keyed: keyed), to: ConversationID(announcement.conversation))
            guard let first = stored.first else { return await say("! an append returned nothing") }
            await say(
                Acknowledgement(
                    conversation: announcement.conversation, firstSequence: first.sequence, batch: batch
                ).line)
        } catch {
            await say("! \(error)")
        }
    }

    /// A line is shorter than a pipe's atomic write, so that it comes whole or not at all.
    static func say(_ line: String) async {
        do {
            try await FileDescriptor.standardOutput.write(Array("\(line)\n".utf8))
        } catch {
            exit(1)
        }
    }
}
