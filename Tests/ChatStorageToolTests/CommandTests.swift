import Foundation
import TestSupport
import Testing

@Suite("The tool's commands")
struct CommandTests {
    @Test("the sample goes in once; list, show and history give it back")
    func sample() async throws {
        let tool = try Tool()
        let first = try await tool.run("import", Tool.sample)
        #expect(first.status == 0)
        #expect(first.errors.isEmpty)
        #expect(first.output.hasPrefix("Imported 6 conversations with 28 messages in "))
        let second = try await tool.run("import", Tool.sample)
        #expect(second.status == 0)
        #expect(second.output.contains("Imported 0 conversations with 0 messages"))
        #expect(second.output.contains("Unchanged, there already: 6.\n"))

        let list = try await tool.run("list")
        #expect(list.status == 0)
        let lines = list.output.split(separator: "\n")
        #expect(lines.count == 7)
        #expect(lines[0] == "ID                TITLE                            LAST  UPDATED")
        #expect(lines[6] == "kyoto-weekend     A weekend in Kyoto 🍁               7  2026-10-03 08:16")
        #expect(!list.output.contains("\u{1B}"))

        let ids = try #require(try await json(tool.run("list", "--json", "--limit", "2")) as? [[String: Any]])
        #expect(ids.map { $0["conversation_id"] as? String } == ["naming-the-cat", "swift-json-dates"])
        #expect(ids[0]["updated_at"] as? String == "2026-11-15T12:21:33.000000Z")
        let show = try #require(
            try await json(tool.run("show", "haiku-workshop", "--json", "--limit", "1")) as? [String: Any])
        #expect(show["title"] is NSNull)
        let message = try #require((show["messages"] as? [[String: Any]])?.first)
        #expect(message["id"] as? Int == 4)
        #expect(message["content"] as? String == "PC LOAD LETTER.\nI have loaded the letter.\nI have loaded two.")
        let text = try await tool.run("show", "haiku-workshop", "--limit", "1").output
        #expect(text.contains("From message 4 on; --limit shows more."))
        #expect(text.contains("assistant #4 · 2026-10-19 21:04\n  PC LOAD LETTER.\n  I have loaded the letter.\n"))
        let history = try #require(
            try await json(tool.run("history", "kyoto-weekend", "--limit", "2")) as? [[String: String]])
        #expect(history[0] == ["role": "user", "content": "ありがとう!"])
        #expect(history.count == 2)
    }

    @Test("messages are added, titles set, conversations cleared and deleted")
    func writing() async throws {
        let tool = try Tool()
        #expect(try await tool.run("add", "c", "user", "hi").output == "Added message 1 to c.\n")
        #expect(try await tool.run("add", "c", "assistant", "-", input: "two\nlines\n").status == 0)
        #expect(try await tool.run("add", "c", "system", "--", "- dash").status == 0)
        let history = try #require(try await json(tool.run("history", "c")) as? [[String: String]])
        #expect(history.map { $0["content"] } == ["hi", "two\nlines\n", "- dash"])
        #expect(try await tool.run("title", "c", "Über").status == 0)
        #expect(try await tool.run("show", "c").output.hasPrefix("Über\nc · created "))
        #expect(try await tool.run("title", "c", "--none").status == 0)
        #expect(try await tool.run("show", "c").output.hasPrefix("c\ncreated "))
        let statistics = try #require(try await json(tool.run("stats", "--json")) as? [String: Any])
        #expect(statistics["messages"] as? Int == 3)
        #expect(statistics["roles"] as? [String: Int] == ["assistant": 1, "system": 1, "user": 1])
        #expect(try await tool.run("clear", "c").output == "Removed 3 messages.\n")
        #expect(try await tool.run("clear", "c").status == 0)
        #expect(try await tool.run("delete", "c").status == 0)
        #expect(try await tool.run("list").output == "There are no conversations yet.\n")
        #expect(try await tool.run("list", "--json").output == "[]\n")
    }

    @Test(
        "what is not there is said in one sentence, with status 1",
        arguments: [["show", "nix"], ["title", "nix", "t"], ["clear", "nix"], ["delete", "nix"]])
    func missingConversation(arguments: [String]) async throws {
        let tool = try Tool()
        let store = try await tool.run(arguments, input: Data())
        #expect(store.status == 1)
        #expect(store.errors == "chatstorage: there is no store at chat.db; import or add makes one\n")
        #expect(!FileManager.default.fileExists(atPath: tool.folder.path(of: "chat.db")))
        try tool.write("", to: "empty.db")
        let empty = try await tool.run("list", "--store", "empty.db")
        #expect(empty.status == 1)
        #expect(empty.errors == "chatstorage: the store has never held any chats; import or add makes it ready\n")
        _ = try await tool.run("add", "c", "user", "hi")
        let conversation = try await tool.run(arguments, input: Data())
        #expect(conversation.status == 1)
        #expect(conversation.errors == "chatstorage: there is no conversation nix\n")
        #expect(try await tool.run("history", "nix").output == "[]\n")
    }

    @Test(
        "the library's refusals are one sentence without the text, with status 1",
        arguments: [
            ["add", "c", "tool", "secret"], ["add", "", "user", "secret"],
            ["--tenant", "", "add", "c", "User", "secret"],
            ["add", "c", "user", "secret", "--tenant", String(repeating: "t", count: 101)],
            ["add", "c", "user", "secret", "--store", "postgres://me:secret@127.0.0.1:1/x"],
            ["add", "c", "user", "secret", "--store", "mysql://me:secret@127.0.0.1:1/x"],
            ["add", "c", "user", "secret", "--store", "sqlite:no/such/folder/chat.db"],
            ["list", "--store", "."],
        ])
    func refusals(arguments: [String]) async throws {
        let result = try await Tool().run(arguments, input: Data())
        #expect(result.status == 1)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("chatstorage: "))
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(!result.errors.contains("secret") && !result.errors.contains("Error("))
    }

    @Test(
        "a wrong command line is status 64",
        arguments: [
            ["lst"], ["list", "--limit", "-1"], ["list", "--limit=-1"], ["show"], ["title", "c"],
            ["title", "c", "t", "--none"], ["import"], ["list", "--limit", "x"], ["history", "c", "--limit=-1"],
        ])
    func usage(arguments: [String]) async throws {
        #expect(try await Tool().run(arguments, input: Data()).status == 64)
    }

    @Test("text from standard input must be UTF-8")
    func invalidInput() async throws {
        let result = try await Tool().run(["add", "c", "user", "-"], input: Data([0xff, 0xfe]))
        #expect(result.status == 1)
        #expect(result.errors == "chatstorage: the text is not valid UTF-8\n")
    }

    @Test("the store and the tenant are given before or after the command, or by the environment")
    func options() async throws {
        let tool = try Tool()
        #expect(try await tool.run("--store", "a.db", "--tenant", "t", "add", "c", "user", "1").status == 0)
        #expect(try await tool.run("add", "c", "user", "2", "--store", "sqlite:a.db", "--tenant=t").status == 0)
        let environment = ["CHATSTORAGE_URL": "sqlite:a.db"]
        #expect(
            try await tool.run("history", "c", "--tenant", "t", environment: environment).output
                == "[{\"role\": \"user\", \"content\": \"1\"}, {\"role\": \"user\", \"content\": \"2\"}]\n")
        #expect(try await tool.run("history", "c", environment: environment).output == "[]\n")
        #expect(try await tool.run("list", "--store", "memory:", environment: environment).status == 0)
        #expect(try await tool.run("list").status == 1)
    }

    @Test(
        "the tool works on PostgreSQL as on a file",
        .enabled("postgres is not among the backends to test") { try TestBackends.postgres.isSelected() })
    func postgres() async throws {
        let tool = try Tool()
        let tenant = "tool-\(tool.folder.path.suffix(36))"
        try await TestPostgres.withSchema { url, schema in
            // The tool has no option for the schema, so the connection's search path says it.
            let environment = ["CHATSTORAGE_URL": url, "PGOPTIONS": "-c search_path=\(schema)"]
            try await TestPostgres.execute("CREATE SCHEMA \(schema)")
            let early = try await tool.run("list", environment: environment)
            #expect(early.status == 1)
            #expect(early.errors.hasPrefix("chatstorage: the store has never held any chats; "))
            let first = try await tool.run("import", Tool.sample, "--tenant", tenant, environment: environment)
            #expect(first.status == 0)
            #expect(first.output.hasPrefix("Imported 6 conversations with 28 messages in "))
            let again = try await tool.run("import", Tool.sample, "--tenant", tenant, environment: environment)
            #expect(again.output.contains("Unchanged, there already: 6.\n"))
            let list = try await tool.run("list", "--tenant", tenant, environment: environment)
            #expect(list.output.contains("kyoto-weekend     A weekend in Kyoto 🍁               7  2026-10-03 08:16\n"))
            #expect(try await tool.run("list", "--json", environment: environment).output == "[]\n")
        }
    }

    @Test("no stored text reaches a terminal with its control characters")
    func controlCharacters() async throws {
        let tool = try Tool()
        let evil = "a\u{1B}[31mb\rc\u{7}\u{9B}d\u{202E}e"
        _ = try await tool.run("add", evil, "user", "\(evil)\ttab\nnext")
        _ = try await tool.run("title", evil, evil)
        for output in [
            try await tool.run("list").output, try await tool.run("show", evil).output,
            try await tool.run("stats").output, try await tool.run("show", "x\u{1B}").errors,
            try await tool.run("delete", evil).output,
        ] {
            #expect(output.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && $0.value != 0x9b) })
            #expect(!output.unicodeScalars.contains("\u{202E}"))
            #expect(output.contains("␛"))
        }
    }

    @Test("the help names every command and every operation")
    func help() async throws {
        let tool = try Tool()
        let help = try await tool.run("--help")
        #expect(help.status == 0)
        for command in ["import", "list", "show", "history", "add", "title", "clear", "delete", "stats", "exec"] {
            #expect(help.output.contains("\n  \(command) "))
            #expect(try await tool.run(command, "--help").status == 0)
        }
    }

    private func json(_ result: Tool.Result) throws -> Any {
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        return try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    }
}
