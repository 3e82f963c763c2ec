import ChatStorageCore
import ChatStoragePostgres
import Foundation
import TestSupport
import Testing

/// Marked text in every call and a marked password in every URL: nothing that is thrown or that the server shows of its
/// sessions has a mark.
@Suite struct SecretTests {
    private static let mark = "marked4711"
    private static let password = "word4711"

    @Test func noErrorOfTheServerBringsTextBack() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(adding("password=\(Self.password)", to: url), schema))
            try await backend.prepare()
            try await backend.createConversation("titled")
            let new = NewMessages([.assistant("")], to: "titled", isStreaming: true)
            let answer = try await backend.append(new).messages[0]
            try await TestPostgres.execute(Self.indiscreetTriggers(schema))
            for state in Self.states {
                let text = "\(Self.mark) \(state)"
                let calls: [@Sendable () async throws -> Void] = [
                    { try await backend.append(.user(text), to: "c") },
                    { try await backend.append([.user(text, key: "k"), .user("x", key: "x")], to: "c") },
                    { try await backend.append(.user(text), to: "titled", if: .exists) },
                    { try await backend.createConversation("made", title: text) },
                    { try await backend.getOrCreateConversation("got", title: text) },
                    { try await backend.updateTitle(of: "titled", to: text) },
                    { try await Self.restore(text, to: backend) },
                    { try await backend.append(.assistant([.reasoning(text), .text(text)]), to: "c") },
                    {
                        try await backend.append(
                            NewMessages([.assistant(text)], to: "titled", .after(0), isStreaming: true))
                    },
                    { try await backend.reviseMessage(MessageRevision(of: answer, body: .assistant(text))) },
                    { try await backend.updateMetadata(of: 1, .setting(text, to: .string(text)), in: "titled") },
                    { try await backend.createConversation(NewConversation("made", labels: [Label(text)])) },
                    { try await backend.updateConversation("titled", .adding(label: Label(text))) },
                    {
                        try await backend.updateConversation(
                            "titled", .metadata(.setting(text, to: .string(text))))
                    },
                ]
                for call in calls { await Self.expectDiscreetError(call) }
            }
            // Of what was refused nothing is there.
            #expect(try await backend.messages(MessageQuery(of: "titled", on: .all)).items == [answer])
            #expect(try await TestPostgres.execute("SELECT count(*) FROM \(schema).chat_messages") == [["1"]])
            try await backend.close()
        }
    }

    /// Refused alone or with others of its statement.
    @Test func noErrorOfAppendsThatGoTogetherBringsTextBack() async throws {
        try await withBackend({ $0.connections = 1 }) { backend, schema in
            try await TestPostgres.execute(Self.indiscreetTriggers(schema))
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        await Self.expectDiscreetError {
                            try await backend.append(.user("\(Self.mark) 23514"), to: ConversationID("\(number)"))
                        }
                    }
                }
            }
        }
    }

    @Test func noErrorOfAnArgumentQuotesIt() async throws {
        try await withBackend { backend in
            let long = String(repeating: Self.mark, count: 50)
            let calls: [@Sendable () async throws -> Void] = [
                { try await backend.createConversation("c", title: long) },
                { try await backend.updateTitle(of: "c", to: "\(Self.mark)\0") },
                { try await backend.append(.user("\(Self.mark)\0"), to: "c") },
                { try await backend.append(ChatMessage(role: Role(rawValue: "x"), content: Self.mark), to: "c") },
                { try await backend.append(.user(Self.mark, key: long), to: "c") },
                { try await backend.append([.user(Self.mark, key: "k"), .user(Self.mark, key: "k")], to: "c") },
                { try await backend.append(.user(Self.mark), to: "nowhere", if: .exists) },
                { try await backend.append(.user(String(repeating: Self.mark, count: 2 << 20)), to: "c") },
                { try await backend.updateConversation("c", .adding(label: Label(long))) },
                {
                    try await backend.updateConversation(
                        "c", .metadata(.setting(Self.mark, to: .string("\(Self.mark)\0"))))
                },
                { try await backend.updateMetadata(of: 1, .setting("\(Self.mark)\0", to: 1), in: "c") },
                { _ = try await backend.conversations(after: ConversationCursor(Self.mark), limit: 1) },
            ]
            for call in calls { await Self.expectDiscreetError(call) }
        }
    }

    @Test func theServerShowsStatementsAndNoValues() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(adding("password=\(Self.password)", to: url), schema) { $0.lockTimeout = .zero })
            try await backend.prepare()
            let new = NewMessages([.assistant("")], to: "c", isStreaming: true)
            let answer = try await backend.append(new).messages[0]
            let other = try TestPostgresConnection(url: url)
            let lock = "BEGIN; LOCK TABLE \(schema).conversations, \(schema).chat_messages IN EXCLUSIVE MODE"
            try other.execute(lock)
            let calls: [@Sendable () async throws -> Void] = [
                { try await backend.append(.user(Self.mark), to: "c") },
                { try await backend.append(.user(Self.mark, key: "k"), to: "c") },
                { try await backend.updateTitle(of: "c", to: Self.mark) },
                { try await backend.createConversation("d", title: Self.mark) },
                { try await Self.restore(Self.mark, to: backend) },
                { try await backend.reviseMessage(MessageRevision(of: answer, body: .assistant(Self.mark))) },
                { try await backend.append(NewMessages([.user(Self.mark)], to: "c", .after(0))) },
                {
                    try await backend.updateConversation(
                        "c", .adding(label: Label(Self.mark)).metadata(.setting(Self.mark, to: .string(Self.mark))))
                },
            ]
            var seen = 0
            for call in calls {
                async let called: Void = call()
                try await waitUntil { try await lockWaits(schema) == 1 }
                let sessions = try await TestPostgres.execute(
                    """
                    SELECT pid, application_name, query FROM pg_stat_activity WHERE query LIKE '%\(schema)%'
                    AND pid <> pg_backend_pid()
                    """)
                for session in sessions {
                    #expect(!"\(session)".contains("4711"))
                    // Where the server runs on this machine: what `ps` shows of the session.
                    if let title = session[0].flatMap({ FileManager.default.contents(atPath: "/proc/\($0)/cmdline") }) {
                        #expect(!String(decoding: title, as: UTF8.self).contains("4711"))
                    }
                }
                #expect(sessions.contains { $0[1] == "chatstorage" && $0[2]?.contains("$1") == true })
                seen += sessions.count
                try other.execute("COMMIT")
                try await called
                try other.execute(lock)
            }
            #expect(seen >= calls.count)
            try other.execute("COMMIT")
            try await backend.close()
        }
    }

    /// libpq ends the password of a URI at the first `/` or `@` and takes the rest for other things, which it quotes.
    @Test(
        "a password that is taken for a host or port is refused unquoted",
        arguments: [
            "postgres://user:\(password)/rest@db.example.com/chats",
            "postgres://user:x@\(password)@db.example.com/chats",
            "postgres://user:x@\(password)/w@db.example.com/chats",
            "postgres://user:\(password)/@db.example.com,other/chats",
            "postgresql://user:x@a,\(password)@b:5432/chats",
        ])
    func aPasswordThatIsTakenForAHost(url: String) async {
        let error = await #expect(throws: ChatStorageError.self) { try await PostgresBackend(url: url) }
        #expect(error?.code == .invalidArgument)
        #expect(error.map(Self.everyForm)?.contains(Self.password) == false)
    }

    @Test(arguments: [
        "postgres://user:\(password)@127.0.0.1:1/db?sslmode=\(mark)",
        "postgres://user:\(password)@127.0.0.1:1/db?target_session_attrs=\(mark)",
        "postgres://user:\(password)@127.0.0.1:65536/db", "postgres://user:\(password)@127.0.0.1:1/db?service=\(mark)",
    ])
    func anOptionThatLibpqDoesNotTakeIsRefusedUnquoted(url: String) async {
        let error = await #expect(throws: ChatStorageError.self) { try await PostgresBackend(url: url) }
        #expect(error?.code == .invalidArgument)
        #expect(error.map(Self.everyForm)?.contains("4711") == false)
    }

    @Test func oddHostsAndPortsAreTaken() async throws {
        for url in [
            "postgres://u@%40abstract/db", "postgres://u@%2Ftmp%2Fx%40y/db", "postgres://h1:1,h2:/db",
            "host=a,b port=1", "postgres:///db", "postgres://[::1]:5432/db", "port=' 5432 '",
        ] {
            try await PostgresBackend(url: url).close()
        }
    }

    @Test func noFailedConnectionNamesItsPassword() async throws {
        let folder = try TemporaryFolder()
        // No name has a part of over 63 bytes, so no name server is asked.
        let noName = String(repeating: "a", count: 64)
        let urls = [
            "postgres://user:\(Self.password)@/db?host=\(folder.path.replacing("/", with: "%2F"))",
            "postgres://user:\(Self.password)@127.0.0.1:1/db", "postgres://user:\(Self.password)@\(noName)/db",
            adding("user=none&password=\(Self.password)", to: try await TestPostgres.url()),
            adding("dbname=none&password=\(Self.password)", to: try await TestPostgres.url()),
        ]
        for url in urls {
            let backend = try await PostgresBackend(url: url)
            for call in [{ try await backend.prepare() }, { try await backend.append(.user(Self.mark), to: "c") }]
                as [@Sendable () async throws -> Void]
            {
                let error = await #expect(throws: ChatStorageError.self) { try await call() }
                #expect(error.map(Self.everyForm)?.contains(Self.password) == false)
            }
            var dumped = ""
            dump(backend, to: &dumped)
            dump(try StoreURL(url), to: &dumped)
            #expect(!dumped.contains(Self.password))
            try await backend.close()
        }
    }

    /// States of every class that the library distinguishes, as a server's error or as a trigger's; not those on which
    /// a call is repeated for a while.
    private static let states = [
        "08006", "22003", "22021", "23502", "23503", "23505", "23514", "25006", "28P01", "3D000", "42501", "42P01",
        "42703", "53100", "53300", "55P03", "57014", "57P01", "58030", "P0001", "XX000", "XX001",
    ]

    /// Every error of the server has the text in its message, detail, hint and context; every row is also a notice.
    private static func indiscreetTriggers(_ schema: String) -> String {
        func trigger(_ table: String, _ column: String) -> String {
            """
            CREATE FUNCTION \(schema).tell_\(table)_\(column)() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE NOTICE 'this is %', NEW.\(column);
                IF NEW.\(column) LIKE '%4711%' THEN
                    RAISE EXCEPTION 'no %', NEW.\(column)
                        USING ERRCODE = substring(NEW.\(column) from '4711 (.{5})'), DETAIL = NEW.\(column),
                            HINT = NEW.\(column);
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER tell_\(column) BEFORE INSERT OR UPDATE ON \(schema).\(table)
            FOR EACH ROW EXECUTE FUNCTION \(schema).tell_\(table)_\(column)();
            """
        }
        let columns = [
            ("chat_messages", "content"), ("chat_messages", "parts"), ("chat_messages", "metadata"),
            ("conversations", "title"), ("conversations", "metadata"), ("conversation_labels", "label"),
        ]
        return columns.map { trigger($0, $1) }.joined()
    }

    private static func restore(_ text: String, to backend: PostgresBackend) async throws {
        let time = Timestamp(microsecondsSinceEpoch: 0)
        try await backend.restoreConversation(
            ConversationSnapshot(
                id: "restored", title: nil, createdAt: time, updatedAt: time, lastSequence: 1,
                messages: [.init(sequence: 1, role: .user, content: text, createdAt: time)]))
    }

    private static func expectDiscreetError(
        sourceLocation: SourceLocation = #_sourceLocation, _ call: @Sendable () async throws -> Void
    ) async {
        let error = await #expect(throws: ChatStorageError.self, sourceLocation: sourceLocation) { try await call() }
        #expect(error.map(everyForm)?.contains("4711") == false, sourceLocation: sourceLocation)
    }

    /// All that an app or a framework may print of an error.
    private static func everyForm(_ error: ChatStorageError) -> String {
        var text = ""
        dump(error, to: &text)
        text += "\(error) \(String(reflecting: error)) \(error.localizedDescription)"
        return "\(text) \(error as NSError) \((error as NSError).userInfo)"
    }
}
