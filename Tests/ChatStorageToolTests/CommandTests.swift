import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import chatstorage

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
        #expect(second.output == "Nothing new: 6 conversations are there already.\n")

        let list = try await tool.run("list")
        #expect(list.status == 0)
        let lines = list.output.split(separator: "\n")
        #expect(lines.count == 7)
        #expect(lines[0] == "ID                TITLE                            LAST  UPDATED           PREVIEW")
        let kyoto = "kyoto-weekend     A weekend in Kyoto 🍁               7  2026-10-03 08:16  どういたしまして"
        #expect(lines[6].hasPrefix(kyoto), "\(lines[6])")
        #expect(!list.output.contains("\u{1B}"))

        let two = try await tool.run("list", "--json", "--limit", "2")
        #expect(two.status == 0 && two.errors == "There are more; --limit shows them.\n")
        let ids = try #require(try JSONSerialization.jsonObject(with: Data(two.output.utf8)) as? [[String: Any]])
        #expect(ids.map { $0["conversation_id"] as? String } == ["naming-the-cat", "swift-json-dates"])
        #expect(ids[0]["updated_at"] as? String == "2026-11-15T12:21:33.000000Z")
        let show = try #require(
            try await json(tool.run("show", "haiku-workshop", "--json", "--limit", "1")) as? [String: Any])
        #expect(show["title"] is NSNull)
        let message = try #require((show["messages"] as? [[String: Any]])?.first)
        #expect(message["id"] as? Int == 4)
        #expect(message["content"] as? String == "PC LOAD LETTER.\nI have loaded the letter.\nI have loaded two.")
        let text = try await tool.run("show", "haiku-workshop", "--limit", "1").output
        #expect(text.contains("From message 4 on; --limit or --all shows more."))
        #expect(text.contains("assistant #4 · 2026-10-19 21:04\n  PC LOAD LETTER.\n  I have loaded the letter.\n"))
        let history = try #require(
            try await json(tool.run("history", "kyoto-weekend", "--limit", "2")) as? [[String: String]])
        #expect(history[0] == ["role": "user", "content": "ありがとう!"])
        #expect(history.count == 2)
    }

    @Test("an unknown command is answered with the one that was probably meant")
    func unknownCommands() async throws {
        let tool = try Tool()
        for (written, meant) in [("histroy", "history"), ("lst", "list"), ("import-chats", nil), ("IMPORT", nil)] {
            let result = try await tool.run("--tenant", "t", written, "c")
            let advice = meant.map { "did you mean \($0)?" } ?? "chatstorage --help lists them"
            #expect(result.status == 64 && result.output.isEmpty)
            #expect(result.errors == "chatstorage: there is no command \(written); \(advice)\n")
        }
        #expect(try await tool.run("help", "list").status == 0)
        #expect(try await tool.run("--generate-completion-script", "bash").status == 0)
        #expect(try await tool.run("--help").status == 0)
        #expect(!(try await tool.run("postgres://ada:secret@localhost/x").errors.contains("secret")))
    }

    @Test("messages are added, titles set, conversations cleared and deleted")
    func writing() async throws {
        let tool = try Tool()
        #expect(try await tool.run("add", "c", "user", "hi").output == "Added message 1 to c.\n")
        #expect(try await tool.run("add", "c", "assistant", "-", input: "two\nlines\n").status == 0)
        #expect(try await tool.run("add", "c", "system", "- dash").status == 0)
        let history = try #require(try await json(tool.run("history", "c")) as? [[String: String]])
        #expect(history.map { $0["content"] } == ["hi", "two\nlines\n", "- dash"])
        #expect(try await tool.run("title", "c", "Über").status == 0)
        #expect(try await tool.run("show", "c").output.hasPrefix("Über\nc · created "))
        #expect(try await tool.run("title", "--none", "c").status == 0)
        #expect(try await tool.run("show", "c").output.hasPrefix("c\ncreated "))
        let statistics = try #require(try await json(tool.run("stats", "--json")) as? [String: Any])
        #expect(statistics["messages"] as? Int == 3)
        #expect(statistics["roles"] as? [String: Int] == ["assistant": 1, "system": 1, "user": 1])
        #expect(statistics["other_tenants"] as? Int == 0)
        _ = try await tool.run("add", "--tenant", "ada", "c", "user", "hi")
        #expect(try await tool.run("stats").output.contains("other tenants  1\n"))
        #expect(try await tool.run("clear", "c").output == "Removed 3 messages.\n")
        #expect(try await tool.run("clear", "c").status == 0)
        #expect(try await tool.run("delete", "c").status == 0)
        #expect(try await tool.run("list").output == "There are no conversations yet.\n")
        #expect(try await tool.run("list", "--json").output == "[]\n")
    }

    @Test("the commands that write print with --json, on one line, what exec answers")
    func writtenJSON() async throws {
        let tool = try Tool()
        let time = #/"[-0-9]{10}T[:0-9]{8}\.[0-9]{6}Z"/#
        for (arguments, output) in [
            (
                ["add", "--json", "c", "user", "a\nb"],
                #"{"id": 1, "conversation_id": "c", "role": "user", "content": "a\nb", "created_at": T}"#
            ),
            (
                ["title", "--json", "c", "é"],
                #"{"conversation_id": "c", "title": "é", "created_at": T, "updated_at": T, "last_id": 1, "#
                    + #""message_count": 1, "read_through": 0, "cleared_through": 0, "labels": [], "metadata": {}}"#
            ),
            (
                ["title", "--json", "--none", "c"],
                #"{"conversation_id": "c", "title": null, "created_at": T, "updated_at": T, "last_id": 1, "#
                    + #""message_count": 1, "read_through": 0, "cleared_through": 0, "labels": [], "metadata": {}}"#
            ),
            (["clear", "c", "--json"], "1"), (["clear", "c", "--json"], "0"), (["delete", "c", "--json"], "true"),
        ] {
            let result = try await tool.run(arguments, input: Data())
            #expect(result.status == 0)
            #expect(result.output.replacing(time, with: "T") == output + "\n")
        }
        for arguments in [["title", "--json", "c", "t"], ["clear", "--json", "c"], ["delete", "--json", "c"]] {
            let result = try await tool.run(arguments, input: Data())
            #expect(result.status == 1)
            #expect(result.output.isEmpty)
            #expect(result.errors == "chatstorage: there is no conversation c\n")
        }
    }

    @Test("a text is taken as it is, whatever it begins with")
    func dashes() async throws {
        let tool = try Tool()
        let texts = [
            "- hello", "-h", "--help", "--version", "--", "---", "---\ntitle: x\n---", "-=", "--=", "-x=1", "--json",
            "--store", "--tenant=t", "--generate-completion-script", "add", "help", "",
        ]
        for text in texts {
            #expect(try await tool.run("--tenant", "t", "add", "--store=chat.db", "c", "user", text).status == 0)
            #expect(try await tool.run("title", "--tenant", "t", "c", text).output == "Gave c a title.\n")
            let shown = try #require(try await json(tool.run("show", "c", "--json", "--tenant=t")) as? [String: Any])
            #expect(shown["title"] as? String == text)
        }
        let history = try await json(tool.run("history", "c", "--tenant", "t", "--limit", "100"))
        #expect((history as? [[String: String]])?.map { $0["content"] } == texts)

        #expect(try await tool.run("add", "--", "-id", "user", "-").status == 0)
        #expect(try await tool.run("history", "--", "-id").output == #"[{"role": "user", "content": ""}]"# + "\n")
        for arguments in [["add", "c", "user", "two", "words"], ["title", "c", "t", "--tenant", "x"]] {
            let result = try await tool.run(arguments, input: Data())
            #expect(result.status == 64)
            #expect(result.errors.contains("TEXT is one argument (quote it); options go before ID"))
        }
        for command in ["add", "title"] {
            #expect(
                try await tool.run(command, "--help", "c", "user", "x").output.contains(
                    "USAGE: chatstorage \(command) "))
        }
    }

    @Test("each command's usage has the options that it takes")
    func usageLines() async throws {
        let tool = try Tool()
        // copy names its stores by --from and --to.
        for command in Self.commands where command != "copy" {
            let isOfTenant = !["verify", "tenants", "unfinished", "backup", "check"].contains(command)
            let help = try await tool.run(command, "--help").output
            let usage = try #require(help.firstMatch(of: /USAGE: (.+(\n +chatstorage .+)*)/)).output.1
            for line in usage.split(separator: "\n") {
                for option in ["[--store <url>]", "[--schema <name>]", "[--pooler]"] {
                    #expect(line.contains(option), "\(command)")
                }
                #expect(line.contains("[--tenant <name>]") == isOfTenant, "\(command)")
            }
            #expect(help.contains("\n  --tenant <name> ") == isOfTenant, "\(command)")
        }
        for words in [["verify", "--tenant", "x"], ["--tenant", "x", "verify"]] {
            let result = try await tool.run(words, input: Data())
            #expect(
                result.status == 64 && result.errors.contains("verify works in tenants of its own, not in --tenant"))
        }
    }

    /// The names of all commands.
    static let commands = ChatStorageTool.configuration.subcommands.compactMap { $0.configuration.commandName }

    /// The commands that can work without writing, but for copy, whose tests are in a file of its own.
    static let readers = [
        "list", "show", "history", "forks", "export", "stats", "tenants", "unfinished", "meta", "backup", "check",
        "exec",
    ]

    @Test("each command can work without writing, or always writes")
    func readersAndWriters() {
        let all = Self.readers + Self.writers.map { $0[0] } + ["copy"]
        #expect(all.sorted() == Self.commands.sorted())
    }

    @Test("commands that can work without writing take --immutable", arguments: readers)
    func readsImmutable(command: String) async throws {
        let tool = try Tool()
        #expect(try await tool.run("add", "c", "user", "hi").status == 0)
        let help = try await tool.run(command, "--help").output
        #expect(help.contains("[--immutable]") && help.contains("  --immutable  "))
        func operands() -> [String] {
            if command == "backup" { return ["copy-\(UUID().uuidString).db"] }
            return ["show", "history", "forks", "meta"].contains(command) ? ["c"] : []
        }
        let request = #"{"op": "get_history", "conversation_id": "c"}"#
        func runs() async throws -> [Tool.Result] {
            var results: [Tool.Result] = []
            for words in [[command, "--immutable"], ["--immutable", command]] {
                results.append(try await tool.run(words + operands(), input: Data(request.utf8)))
            }
            return results
        }
        for result in try await runs() {
            #expect(result.status == 0 && !result.output.isEmpty)
            #expect(result.errors.isEmpty != (command == "export"), "\(result.errors)")
        }
        // Only a file that is opened as immutable is refused for what lies beside it.
        try tool.write("x", to: "chat.db-wal")
        for result in try await runs() {
            #expect(result.status == 1 && result.errors.contains("immutable"))
        }
    }

    @Test("the store and the tenant are given before or after the command, or by the environment")
    func options() async throws {
        let tool = try Tool()
        #expect(try await tool.run("--store", "a.db", "--tenant", "t", "add", "c", "user", "1").status == 0)
        #expect(try await tool.run("add", "--store", "sqlite:a.db", "--tenant=t", "c", "user", "2").status == 0)
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
            let environment = ["CHATSTORAGE_URL": adding("options=-csearch_path%3D\(schema)", to: url)]
            try await TestPostgres.execute("CREATE SCHEMA \(schema)")
            let early = try await tool.run("list", environment: environment)
            #expect(early.status == 1)
            #expect(
                early.errors == """
                    chatstorage: no PostgreSQL schema of the connection's search_path ("\(schema)") has the library's \
                    tables; import or add makes it ready

                    """)
            let first = try await tool.run("import", Tool.sample, "--tenant", tenant, environment: environment)
            #expect(first.status == 0)
            #expect(first.output.hasPrefix("Imported 6 conversations with 28 messages in "))
            let again = try await tool.run("import", Tool.sample, "--tenant", tenant, environment: environment)
            #expect(again.output == "Nothing new: 6 conversations are there already.\n")
            let list = try await tool.run("list", "--tenant", tenant, environment: environment)
            #expect(list.output.contains("kyoto-weekend     A weekend in Kyoto 🍁               7  2026-10-03 08:16  "))
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

    @Test("the help names every command, and each has a help of its own")
    func help() async throws {
        let tool = try Tool()
        let help = try await tool.run("--help")
        #expect(help.status == 0)
        #expect(Self.commands.count >= 24)
        for command in Self.commands {
            #expect(help.output.contains("\n  \(command) "), "\(command)")
            let own = try await tool.run(command, "--help")
            #expect(own.status == 0 && own.output.contains("USAGE: chatstorage \(command) "), "\(command)")
        }
    }

    @Test("the examples in the help are printed as they are written, so that they can be copied")
    func examples() {
        let configurations =
            [(ChatStorageTool.configuration, ChatStorageTool.helpMessage(columns: 80))]
            + ChatStorageTool.configuration.subcommands.map { command in
                (command.configuration, ChatStorageTool.helpMessage(for: command, columns: 80))
            }
        for (configuration, help) in configurations {
            for line in configuration.discussion.split(separator: "\n") where line.hasPrefix("  ") {
                #expect(help.contains("\n\(line)\n"), "\(line)")
            }
        }
    }

    private func json(_ result: Tool.Result) throws -> Any {
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        return try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    }
}
