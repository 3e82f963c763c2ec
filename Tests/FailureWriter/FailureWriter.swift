import ChatStorageConformance
import ChatStorageCore
import ChatStoragePostgres
import ChatStorageSQLite
import ChatStorageTransfer

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Appends to a store until it is killed or its standard input ends.
///
///     FailureWriter STORE SETTING RUN SEED
///     FailureWriter cycles STORE SETTING COUNT
///
/// The second form opens, uses and closes a store over and over, and says what the process then holds of the system.
///
/// The setting is the journal mode of a new SQLite file or a PostgreSQL schema. Each append that was acknowledged is a
/// line on standard output; a line that begins with `!` says what failed.
@main struct FailureWriter {
    private static let callers = 4

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let seed = UInt64(arguments[4]) else {
            try await FileDescriptor.standardError.write(Array("FailureWriter STORE SETTING RUN SEED\n".utf8))
            exit(2)
        }
        // Whoever started it may have died.
        let watch = Task {
            while let bytes = try? await FileDescriptor.standardInput.read(), !bytes.isEmpty {}
            exit(0)
        }
        defer { watch.cancel() }
        do {
            if arguments[1] == "cycles" {
                return try await runCycles(arguments[2], setting: arguments[3], count: Int(clamping: seed))
            }
            let backend = try await open(arguments[1], setting: arguments[2])
            try await backend.prepare()
            await withTaskGroup(of: Void.self) { group in
                for caller in 0..<callers {
                    group.addTask {
                        await append(to: backend, as: "\(arguments[3]).\(caller)", seed: seed &+ UInt64(caller))
                    }
                }
            }
        } catch {
            await say("! \(error)")
        }
    }

    static func open(_ store: String, setting: String) async throws -> any ChatStorageBackend {
        switch try StoreURL(store) {
        case .sqlite(let path):
            var configuration = SQLiteBackend.Configuration(path: path)
            configuration.journalMode = .init(rawValue: setting) ?? .wal
            return try await SQLiteBackend(configuration)
        case .postgres(let url):
            var configuration = PostgresBackend.Configuration(url: url)
            configuration.schema = setting
            return try await PostgresBackend(configuration)
        case .memory:
            throw ChatStorageError(.invalidArgument, "what is in memory goes with the process")
        }
    }

    private static func append(to backend: any ChatStorageBackend, as name: String, seed: UInt64) async {
        var generator = SplitMix64(seed: seed)
        var number = 0
        while true {
            number += 1
            let batch = WrittenBatch(name: "\(name).\(number)", count: .random(in: 1...5, using: &generator))
            let conversation = "c\(Int.random(in: 0..<3, using: &generator))"
            let messages = (0..<batch.count).map { index in
                // Now and then more than a page of the file.
                let longest = Int.random(in: 0..<20, using: &generator) == 0 ? 20_000 : 200
                return ChatMessage.user(
                    batch.content(index, padding: .random(in: 0...longest, using: &generator)))
            }
            do {
                let stored = try await backend.append(messages, to: ConversationID(conversation))
                guard let first = stored.first else { return await say("! an append returned nothing") }
                await say(
                    Acknowledgement(conversation: conversation, firstSequence: first.sequence, batch: batch).line)
            } catch let error as ChatStorageError where error.code == .unavailable && error.writeOutcome == .notApplied
            {
                // Writers of a file with a rollback journal take turns, and a turn can come after the busy timeout.
                continue
            } catch {
                return await say("! \(error)")
            }
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
