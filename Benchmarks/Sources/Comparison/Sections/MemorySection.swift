import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite

/// How much memory messages take, and calls that wait.
///
/// It runs first, since what other measurements have freed would hide what is allocated.
struct MemorySection {
    private static let callsInFlight = 10_000
    /// What these calls may take: about ten kilobytes each, the tasks that make them included.
    private static let mebibytesInFlight = 100.0

    let bench: Bench

    func run() async throws -> [Finding] {
        let messages = bench.isQuick ? 100_000 : 1_000_000
        var findings = [
            try await bytesPerMessage(messages, bytes: 16, "messages of 16 bytes"),
            try await bytesPerMessage(messages, bytes: Load.contentBytes, "messages of 330 bytes"),
        ]
        let memory = InMemoryBackend()
        try await memory.prepare()
        findings.append(try await peak(memory, "memory"))

        let path = bench.newFile("in-flight")
        let sqlite = try await SQLiteBackend(path: path)
        try await sqlite.prepare()
        findings.append(try await peak(sqlite, "SQLite"))
        try await sqlite.close()
        Bench.remove(path)

        if let programs = bench.postgres {
            var configuration = PostgresBackend.Configuration(url: programs.url)
            configuration.schema = "in_flight"
            let postgres = try await PostgresBackend(configuration)
            try await postgres.prepare()
            findings.append(try await peak(postgres, "PostgreSQL"))
            try await postgres.close()
            try programs.sql("DROP SCHEMA in_flight CASCADE;")
        }
        return findings
    }

    /// What the in-memory backend allocates for messages that are appended one by one, beyond their text.
    private func bytesPerMessage(_ count: Int, bytes: Int, _ what: String) async throws -> Finding {
        let backend = InMemoryBackend()
        try await backend.prepare()
        // The conversations are there before, so only their messages count: all that these take, but for their texts.
        for id in Load.ids { try await backend.append(.user(Load.content(0, bytes: bytes)), to: id) }
        let before = try ProcessMemory.allocated()
        for number in 0..<count {
            let text = Load.content(100_000_000 + number, bytes: bytes)
            try await backend.append(.user(text), to: Load.ids[number % Load.ids.count])
        }
        let taken = try ProcessMemory.allocated() - before
        return Finding(
            what: "memory per message beyond its text, \(Figure.rate(Double(count))) \(what)", backend: "memory",
            value: Double(taken) / Double(count) - Double(bytes), unit: "bytes", atMost: 120)
    }

    /// How far ten thousand callers raise the resident size, tasks included.
    private func peak(_ backend: some ChatStorageBackend, _ name: String) async throws -> Finding {
        try await backend.append(.user("The first call opens what the others use."), to: Load.ids[0])
        ProcessMemory.resetPeak()
        let before = ProcessMemory.resident()
        let text = Load.content(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<Self.callsInFlight {
                group.addTask { try await backend.append(.user(text), to: Load.ids[caller % Load.ids.count]) }
            }
            try await group.waitForAll()
        }
        return Finding(
            what: "peak of \(Figure.rate(Double(Self.callsInFlight))) appends in flight", backend: name,
            value: Double(max(ProcessMemory.peak() - before, 0)) / Double(1 << 20), unit: "MiB",
            atMost: Self.mebibytesInFlight)
    }
}
