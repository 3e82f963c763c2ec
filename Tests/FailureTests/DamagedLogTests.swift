import ChatStorageConformance
import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

/// What lies beside a database file, damaged: commits are there up to some commit, whole, or the error is clear.
@Suite("SQLite: damaged logs and journals") struct DamagedLogTests {
    private static let appends = 40

    @Test("a write-ahead log: what it has before the damage is there, and nothing of a commit is half there")
    func writeAheadLog() async throws {
        guard try TestBackends.sqlite.isSelected() else { return }
        let folder = try TemporaryFolder()
        let (base, log) = try await makeStore(folder, journalMode: "wal")
        var generator = SplitMix64(seed: try SoakCount.seed)
        var figures = Figures("damaged SQLite write-ahead logs")
        var found: Set<Int> = []
        for _ in 0..<(try SoakCount.files.value) {
            let path = folder.path(of: "\(figures.faults).db")
            try base.write(to: URL(fileURLWithPath: path))
            try damage(log, &generator).write(to: URL(fileURLWithPath: path + "-wal"))
            figures.faults += 1
            let backend = try await SQLiteBackend(path: path)
            let commits = try await commits(in: backend)
            found.insert(commits)
            figures.add(commits)
            // It goes on behind the last whole commit.
            try await backend.append(.user("after"), to: "after")
            try await backend.close()
            let connection = try TestSQLiteConnection(path: path)
            #expect(try connection.execute("PRAGMA integrity_check") == [["ok"]])
        }
        #expect(found.count > 3, "the damage is always at the same place")
        figures.report()
    }

    @Test("a rollback journal: a clear error or what SQLite can restore") func rollbackJournal() async throws {
        guard try TestBackends.sqlite.isSelected() else { return }
        let folder = try TemporaryFolder()
        let (halfWritten, journal) = try await makeStore(folder, journalMode: "delete")
        var generator = SplitMix64(seed: try SoakCount.seed)
        var figures = Figures("damaged SQLite rollback journals")
        for _ in 0..<(try SoakCount.files.value) {
            let path = folder.path(of: "\(figures.faults).db")
            try halfWritten.write(to: URL(fileURLWithPath: path))
            try damage(journal, &generator).write(to: URL(fileURLWithPath: path + "-journal"))
            figures.faults += 1
            let backend = try await SQLiteBackend(path: path)
            for index in 0..<Self.appends {
                figures.add(
                    try await isDone { _ = try await backend.messages(of: Self.conversation(of: index), limit: 100) })
            }
            figures.add(try await isDone { try await backend.append(.user("after"), to: "after") })
            try await backend.close()
        }
        #expect(figures.acknowledged > figures.faults, "hardly any part of a damaged file is read")
        figures.report()
    }

    @Test("the file in the middle of reads", arguments: ["wal", "delete"])
    func inTheMiddleOfReads(journalMode: String) async throws {
        guard try TestBackends.sqlite.isSelected() else { return }
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chat.db")
        let backend = try await open(path, journalMode: journalMode)
        try await backend.prepare()
        for index in 0..<Self.appends { try await backend.append(messages(of: index), to: "c") }
        try await backend.close()
        let intact = try Data(contentsOf: URL(fileURLWithPath: path))
        var generator = SplitMix64(seed: try SoakCount.seed)
        var figures = Figures("damaged in the middle of reads, SQLite, \(journalMode)")
        for _ in 0..<max(1, try SoakCount.files.value / 10) {
            let reader = try await SQLiteBackend(path: path)
            var last: Int64 = 0
            for _ in 0..<Self.appends {
                let page = last
                let isRead = try await isDone {
                    last = try await reader.messages(of: "c", .after(page), limit: 5).last?.sequence ?? last
                }
                figures.add(isRead)
                if isRead == 0 { last += 5 }
                // In place, as a disk that fails would do it: the connection goes on reading the same file.
                let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
                try file.seek(toOffset: UInt64.random(in: 100..<UInt64(intact.count - 64), using: &generator))
                try file.write(contentsOf: (0..<64).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
                try file.close()
                figures.faults += 1
            }
            try await reader.close()
            for end in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
            try intact.write(to: URL(fileURLWithPath: path))
            let healed = try await SQLiteBackend(path: path)
            let expected = (0..<Self.appends).flatMap { messages(of: $0) }
            #expect(try await healed.messages(of: "c", limit: 1000).map(\.chatMessage) == expected)
            try await healed.close()
        }
        #expect(figures.acknowledged > 0)
        figures.report()
    }

    @Test("another program's file and its log stay as they are", arguments: [false, true])
    func anotherProgramsLog(isDamaged: Bool) async throws {
        let folder = try TemporaryFolder()
        let (source, path) = (folder.path(of: "source.db"), folder.path(of: "app.db"))
        let app = try TestSQLiteConnection(path: source)
        try app.execute("PRAGMA journal_mode = WAL; CREATE TABLE conversations (text TEXT)")
        try app.execute("INSERT INTO conversations VALUES ('kept')")
        var generator = SplitMix64(seed: try SoakCount.seed)
        for end in ["", "-wal"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: source + end))
            let copy = isDamaged && end == "-wal" ? damage(bytes, &generator) : bytes
            try copy.write(to: URL(fileURLWithPath: path + end))
        }
        let before = try ["", "-wal"].map { try Data(contentsOf: URL(fileURLWithPath: path + $0)) }
        let backend = try await SQLiteBackend(path: path)
        if !isDamaged {
            let error = await #expect(throws: ChatStorageError.self) { try await backend.prepare() }
            #expect(error?.code == .schemaMismatch)
        }
        await #expect(throws: ChatStorageError.self) { try await backend.conversations(limit: 1) }
        try await backend.close()
        #expect(try ["", "-wal"].map { try Data(contentsOf: URL(fileURLWithPath: path + $0)) } == before)
    }

    /// Makes a store with something beside its file: appends in its log, or the journal of a half-written transaction.
    private func makeStore(_ folder: TemporaryFolder, journalMode: String) async throws -> (file: Data, beside: Data) {
        let path = folder.path(of: "intact.db")
        let old = try await open(path, journalMode: journalMode)
        try await old.prepare()
        for index in 0..<(Self.appends / 2) {
            try await old.append(messages(of: index), to: Self.conversation(of: index))
        }
        try await old.close()
        let backend = try await open(path, journalMode: journalMode)
        let writer = try TestSQLiteConnection(path: path)
        if journalMode == "wal" {
            for index in (Self.appends / 2)..<Self.appends {
                try await backend.append(messages(of: index), to: Self.conversation(of: index))
            }
        } else {
            // A transaction that does not fit its cache has changed the file before it ends.
            try writer.execute("PRAGMA cache_size = 1; BEGIN; UPDATE chat_messages SET content = hex(zeroblob(900))")
        }
        let suffix = journalMode == "wal" ? "-wal" : "-journal"
        let copies = try ["", suffix].map { try Data(contentsOf: URL(fileURLWithPath: path + $0)) }
        try await backend.close()
        return (copies[0], copies[1])
    }

    private func open(_ path: String, journalMode: String) async throws -> SQLiteBackend {
        var configuration = SQLiteBackend.Configuration(path: path)
        configuration.journalMode = .init(rawValue: journalMode) ?? .wal
        return try await SQLiteBackend(configuration)
    }

    private static func conversation(of append: Int) -> ConversationID { ConversationID("c\(append % 4)") }

    private func messages(of append: Int) -> [ChatMessage] {
        (0..<5).map { .user("\(append) \($0) " + String(repeating: "é", count: 40 * (append % 7))) }
    }

    /// How many of the appends a store has: the first ones, whole, and nothing else.
    private func commits(in backend: SQLiteBackend) async throws -> Int {
        var stored: [ConversationID: [ChatMessage]] = [:]
        for conversation in try await backend.conversations(limit: 100) {
            stored[conversation.id] = try await backend.history(of: conversation.id, limit: 10_000)
        }
        let commits = stored.values.reduce(0) { $0 + $1.count } / 5
        var expected: [ConversationID: [ChatMessage]] = [:]
        for index in 0..<commits { expected[Self.conversation(of: index), default: []] += messages(of: index) }
        #expect(stored == expected, "not the first \(commits) commits")
        #expect(commits >= Self.appends / 2, "what is in the file itself is lost")
        return commits
    }

    private func damage(_ intact: Data, _ generator: inout SplitMix64) -> Data {
        var bytes = [UInt8](intact)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
        case 1:
            let start = Int.random(in: 0..<bytes.count, using: &generator)
            for index in start..<min(bytes.count, start + 4096) {
                bytes[index] = .random(in: 0...255, using: &generator)
            }
        case 2: bytes[Int.random(in: 0..<min(bytes.count, 64), using: &generator)] ^= 0x41
        default: bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1
        }
        return Data(bytes)
    }

    /// 1 if a call returns; 0 if it fails, which must be with an error that damage can cause.
    private func isDone(_ call: () async throws -> Void) async throws -> Int {
        do {
            try await call()
            return 1
        } catch let error as ChatStorageError {
            let codes: Set<ChatStorageError.Code> = [
                .damaged, .schemaMismatch, .schemaTooNew, .notPrepared, .unavailable, .accessDenied,
            ]
            #expect(codes.contains(error.code), "\(error)")
            return 0
        }
    }
}
