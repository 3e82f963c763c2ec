import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite

/// Two stores of one size on one backend.
struct SizedStore {
    static let longID: ConversationID = "long"

    let size: Int
    /// A store with one conversation of `size` messages.
    let long: any ChatStorage
    /// A store with `size` conversations.
    let wide: any ChatStorage
    let close: () async throws -> Void

    static func wideID(_ number: Int) -> ConversationID { ConversationID("\(firstWide + number)") }

    static let firstWide = 100_000_000
    static let firstTime: Int64 = 1_700_000_000_000_000

    /// Appends `size` messages to one conversation, as fast as the library takes them.
    static func fillLong(_ storage: some ChatStorage, _ size: Int) async throws {
        for start in stride(from: 0, to: size, by: Limits.appendMessages) {
            let numbers = start..<min(start + Limits.appendMessages, size)
            try await storage.append(numbers.map { .user(Load.content($0)) }, to: longID)
        }
    }
}

/// The stores of each backend.
///
/// Messages are appended by the library. Conversations are written into its documented tables with SQL, since the
/// library makes them one by one.
enum SizedStores {
    static func backends(of bench: Bench) -> [(name: String, make: (Int) async throws -> SizedStore)] {
        var backends: [(name: String, make: (Int) async throws -> SizedStore)] = [
            ("memory", memory), ("SQLite", { try await sqlite(bench, $0) }),
        ]
        if let programs = bench.postgres {
            backends.append(("PostgreSQL", { try await postgres(programs, $0) }))
        }
        return backends
    }

    private static func memory(_ size: Int) async throws -> SizedStore {
        let long = InMemoryBackend()
        try await long.prepare()
        try await SizedStore.fillLong(long, size)
        let snapshots = (0..<size).map { number in
            let time = Timestamp(microsecondsSinceEpoch: SizedStore.firstTime + Int64(number))
            return ConversationSnapshot(id: SizedStore.wideID(number), createdAt: time, updatedAt: time)
        }
        let wide = try InMemoryBackend(InMemoryBackend.Configuration(conversations: snapshots))
        try await wide.prepare()
        return SizedStore(size: size, long: long, wide: wide) {}
    }

    private static func sqlite(_ bench: Bench, _ size: Int) async throws -> SizedStore {
        let paths = [bench.newFile("long"), bench.newFile("wide")]
        let long = try await SQLiteBackend(path: paths[0])
        try await long.prepare()
        try await SizedStore.fillLong(long, size)
        let wide = try await SQLiteBackend(path: paths[1])
        try await wide.prepare()
        try SQLiteLimit(path: paths[1]).fillWide(size)
        return SizedStore(size: size, long: long, wide: wide) {
            try await long.close()
            try await wide.close()
            paths.forEach(Bench.remove)
        }
    }

    private static func postgres(_ programs: PostgresPrograms, _ size: Int) async throws -> SizedStore {
        let schemas = ["long_\(size)", "wide_\(size)"]
        func open(_ schema: String) async throws -> PostgresBackend {
            var configuration = PostgresBackend.Configuration(url: programs.url)
            configuration.schema = schema
            // One caller at a time uses it, and there are many such stores.
            configuration.connections = 1
            let backend = try await PostgresBackend(configuration)
            try await backend.prepare()
            return backend
        }
        let (long, wide) = (try await open(schemas[0]), try await open(schemas[1]))
        try await SizedStore.fillLong(long, size)
        let time = "to_timestamp(\(SizedStore.firstTime / 1_000_000)) + n * interval '1 microsecond'"
        try programs.sql(
            """
            INSERT INTO \(schemas[1]).conversations (tenant, conversation_id, created_at, updated_at, last_sequence)
            SELECT '', (\(SizedStore.firstWide) + n)::text, \(time), \(time), 0 FROM generate_series(0, \(size - 1)) n;
            VACUUM ANALYZE \(schemas[0]).chat_messages, \(schemas[0]).conversations, \(schemas[1]).conversations;
            CHECKPOINT;
            """)
        return SizedStore(size: size, long: long, wide: wide) {
            try await long.close()
            try await wide.close()
            try programs.sql(schemas.map { "DROP SCHEMA \($0) CASCADE;" }.joined(separator: "\n"))
        }
    }
}
