import ChatStorageCore
import Testing

/// Which store a text names.
@Suite struct StoreURLTests {
    @Test(
        arguments: [
            ("memory:", .memory), ("MEMORY:", .memory), ("sqlite:chat.db", .sqlite(path: "chat.db")),
            ("sqlite:/var/chat.db", .sqlite(path: "/var/chat.db")), ("SQLite:a b.db", .sqlite(path: "a b.db")),
            ("chat.db", .sqlite(path: "chat.db")), ("/var/chat.db", .sqlite(path: "/var/chat.db")),
            ("./memory", .sqlite(path: "./memory")), ("memory", .sqlite(path: "memory")),
            ("C:\\chat.db", .sqlite(path: "C:\\chat.db")), ("caf\u{e9}.db", .sqlite(path: "caf\u{e9}.db")),
            ("sqlite:\u{301}.db", .sqlite(path: "\u{301}.db")),
            ("sqlite::memory:", .sqlite(path: ":memory:")), ("sqlite", .sqlite(path: "sqlite")),
            ("postgres://", .postgres("postgres://")), ("postgres://a:b@h/d?x=y", .postgres("postgres://a:b@h/d?x=y")),
            ("postgresql://h1,h2/d", .postgres("postgresql://h1,h2/d")), ("Postgres://h", .postgres("Postgres://h")),
        ] as [(String, StoreURL)])
    func reads(_ text: String, _ expected: StoreURL) throws {
        #expect(try StoreURL(text) == expected)
    }

    @Test(arguments: [
        "", "memory:x", "memory://", "sqlite:", "sqlite://chat.db", "sqlite:///chat.db", "mysql://h/d", "http://h",
        "postgres:h", "postgresql:", "a\0b", "sqlite:a\0b", "postgres://u:secret\0@h",
        "memory:\u{301}", "sqlite://\u{301}", "postgres:\u{301}//h",
        "host=h user=me password=secret", "dbname=chats", "service=chats",
    ])
    func refuses(_ text: String) {
        let error = #expect(throws: ChatStorageError.self) { try StoreURL(text) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func nothingTellsAPassword() throws {
        #expect("\(try StoreURL("postgres://me:secret@h/d"))" == "postgres://...")
        for text in [
            "mysql://me:secret@h/d", "postgres:me:secret@h", "postgres://me:secret\0@h", "postgres:\u{301}//a:secret@h",
            "host=h user=me password=secret",
        ] {
            let error = #expect(throws: ChatStorageError.self) { try StoreURL(text) }
            #expect(error.map { "\($0)".contains("secret") } == false)
        }
    }

    @Test func describesWhatIsNoSecret() throws {
        #expect("\(try StoreURL("memory:"))" == "memory:")
        #expect("\(try StoreURL("chat.db"))" == "sqlite:chat.db")
    }
}
