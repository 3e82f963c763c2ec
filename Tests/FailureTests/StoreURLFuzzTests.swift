import ChatStorageCore
import ChatStoragePostgres
import ChatStorageSQLite
import Testing

/// Store URLs that are nonsense: refused without being quoted, or read as what they say.
@Suite("Fuzzing: store URLs") struct StoreURLFuzzTests {
    private static let password = "hunter2"

    @Test("store URLs") func storeURLs() async throws {
        var mutator = Mutator(samples: Self.samples, tokens: Self.tokens, seed: try SoakCount.seed)
        var figures = Figures("mutated store URLs")
        for _ in 0..<(try SoakCount.inputs.value) {
            figures.faults += 1
            figures.add(try await isAccepted(String(decoding: mutator.next(), as: UTF8.self)) ? 1 : 0)
        }
        #expect(figures.acknowledged > figures.faults / 50, "hardly any input is nearly right")
        figures.report()
    }

    private func isAccepted(_ text: String) async throws -> Bool {
        do {
            let url = try StoreURL(text)
            #expect(!text.isEmpty && !text.utf8.contains(0), "\(text)")
            if let path = url.sqlitePath {
                #expect(!path.isEmpty && Array(text.utf8).suffix(path.utf8.count) == Array(path.utf8)[...], "\(text)")
                // Written out, the path is still the path.
                if !path.utf8.starts(with: "//".utf8) { #expect(try StoreURL("sqlite:\(path)") == url, "\(text)") }
                _ = try await SQLiteBackend(url: text)
            } else if let uri = url.postgresURI {
                #expect(uri.utf8.elementsEqual(text.utf8), "\(text)")
                #expect(!"\(try StoreURL(text))".contains(Self.password), "\(text)")
                try await PostgresBackend(url: uri).close()
            } else {
                #expect(url == .memory && text.lowercased() == "memory:", "\(text)")
            }
            return true
        } catch let error as ChatStorageError {
            #expect(error.code == .invalidArgument, "\(text): \(error)")
            #expect(!"\(error)".contains(Self.password), "\(text)")
            return false
        }
    }

    private static let samples = [
        "memory:", "sqlite:chat.db", "sqlite:/var/lib/chat é.db", "chat.db", "./a:b", "file:chat.db?mode=ro",
        "postgres://user:\(password)@localhost:5432/chats?sslmode=verify-full&connect_timeout=5",
        "postgresql://user:\(password)@[::1]:1,host2:2/chats?target_session_attrs=read-write",
        "postgres:///chats?host=/run/postgresql&password=\(password)&options=-c%20search_path%3Dx",
    ]

    private static let tokens = [
        ":", "//", "://", "/", "@", "?", "&", "=", "%00", "%", "%zz", "[", "]", ",", "#", "memory:", "SQLITE:",
        "sqlite://", "postgres:", "PostgreSQL://", ":memory:", "port=99999999999", "sslmode=", "service=none", " ",
    ]
}
