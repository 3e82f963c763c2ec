import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import chatstorage

/// Commands that are refused.
extension CommandTests {
    @Test(
        "what is not there is said in one sentence, with status 1",
        arguments: [
            ["show", "nix"], ["title", "nix", "t"], ["clear", "nix"], ["delete", "nix"], ["label", "nix", "+a"],
            ["meta", "nix"], ["meta", "nix", "a=1"],
        ])
    func missingConversation(arguments: [String]) async throws {
        let tool = try Tool()
        let store = try await tool.run(arguments, input: Data())
        #expect(store.status == 1)
        #expect(store.errors == "chatstorage: there is no store at chat.db; import or add makes one\n")
        #expect(!FileManager.default.fileExists(atPath: tool.folder.path(of: "chat.db")))
        try tool.write("", to: "empty.db")
        let empty = try await tool.run("list", "--store", "empty.db")
        #expect(empty.status == 1)
        #expect(
            empty.errors == "chatstorage: the database has none of the library's tables; import or add makes it ready\n"
        )
        _ = try await tool.run("add", "c", "user", "hi")
        let conversation = try await tool.run(arguments, input: Data())
        #expect(conversation.status == 1)
        #expect(conversation.errors == "chatstorage: there is no conversation nix\n")
        #expect(try await tool.run("history", "nix").output == "[]\n")
    }

    @Test("an error of the store's file names it; one that cannot be reached is not said to be missing")
    func unreachableFiles() async throws {
        let tool = try Tool()
        try FileManager.default.createSymbolicLink(
            atPath: tool.folder.path(of: "loop.db"), withDestinationPath: "loop.db")
        try FileManager.default.createSymbolicLink(
            atPath: tool.folder.path(of: "dangling.db"), withDestinationPath: "missing.db")
        #expect(mkfifo(tool.folder.path(of: "pipe.db"), 0o600) == 0)
        try tool.write(String(repeating: "no database ", count: 100), to: "text.db")
        for (arguments, sentence) in [
            (["list", "--store", "loop.db"], "loop.db: cannot be reached: too many levels of symbolic links"),
            (["list", "--store", "text.db/x"], "there is no store at text.db/x; import or add makes one"),
            (["list", "--store", "no/chat.db"], "no/chat.db: the folder of the database file does not exist"),
            (["list", "--store", "pipe.db"], "pipe.db is a device or a pipe and not a database file"),
            (["list", "--store", "dangling.db"], "there is no store at dangling.db; import or add makes one"),
            (["add", "--store", "dangling.db", "c", "user", "x"], "dangling.db: the path is that of a symbolic link"),
            (["list", "--store", "file:chat.db?mode=ro"], "file:chat.db?mode=ro: the path begins with file:"),
            (["list", "--store", "."], ". is a folder and not a database file"),
            (["add", "--store", ".", "c", "user", "x"], ". is a folder and not a database file"),
            (["stats", "--store", "text.db"], "text.db: the file is not a SQLite database (SQLite 26)"),
            (
                ["add", "--store", "no/chat.db", "c", "user", "x"],
                "no/chat.db: the folder of the database file does not exist"
            ),
        ] {
            let result = try await tool.run(arguments, input: Data())
            #expect(result.status == 1)
            #expect(result.errors.hasPrefix("chatstorage: \(sentence)"))
            #expect(result.errors.split(separator: "\n").count == 1)
        }
    }

    @Test("a limit below 0 is understood, and refused", arguments: [["list"], ["show", "c"], ["history", "c"]])
    func negativeLimit(command: [String]) async throws {
        let tool = try Tool()
        _ = try await tool.run("add", "c", "user", "x")
        for limit in [["--limit", "-1"], ["--limit=-1"]] {
            let result = try await tool.run(command + limit, input: Data())
            #expect(result.status == 64)
            #expect(result.errors.contains("--limit must be 0 or more."))
        }
        #expect(try await tool.run(command + ["--limit", "0"], input: Data()).status == 0)
    }

    @Test(
        "an empty tenant is refused before a store is made",
        arguments: [
            "--tenant '' list", "stats --tenant=", "add --tenant '' c user x", "--tenant= exec", "exec --tenant=",
        ])
    func emptyTenant(command: String) async throws {
        let tool = try Tool()
        let result = try await tool.shell("$TOOL \(command) </dev/null")
        #expect(result.status == 1)
        #expect(result.errors == "chatstorage: --tenant is empty\n")
        #expect(!FileManager.default.fileExists(atPath: tool.folder.path(of: "chat.db")))
    }

    @Test("an empty schema is said to be empty", arguments: ["--schema '' list", "verify --schema=", "exec --schema="])
    func emptySchema(command: String) async throws {
        let result = try await Tool().shell("CHATSTORAGE_URL=postgres://127.0.0.1:1/x $TOOL \(command) </dev/null")
        #expect(result.status == 1)
        #expect(result.errors == "chatstorage: --schema is empty\n")
    }

    @Test(
        "a refusal is one sentence without the text; the status is 1, or 64 for a URL of an unknown kind",
        arguments: [
            ["add", "c", "tool", "secret"], ["add", "", "user", "secret"],
            ["--tenant", "", "add", "c", "User", "secret"],
            ["add", "--tenant", String(repeating: "t", count: 101), "c", "user", "secret"],
            ["add", "--store", "postgres://me:secret@127.0.0.1:1/x", "c", "user", "secret"],
            ["add", "--store", "mysql://me:secret@127.0.0.1:1/x", "c", "user", "secret"],
            ["add", "--store", "sqlite:no/such/folder/chat.db", "c", "user", "secret"],
            ["list", "--store", "."],
        ])
    func refusals(arguments: [String]) async throws {
        let result = try await Tool().run(arguments, input: Data())
        #expect(result.status == (arguments.contains { $0.hasPrefix("mysql:") } ? 64 : 1))
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("chatstorage: "))
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(!result.errors.contains("secret") && !result.errors.contains("Error("))
    }

    /// The commands that always write.
    static let writers = [
        ["import", "chats.jsonl"], ["add", "c", "user", "x"], ["title", "c", "x"], ["clear", "c"], ["delete", "c"],
        ["label", "c", "+x"], ["prune", "--updated-before", "2026-01-01T00:00:00Z"], ["erase", "--default-tenant"],
        ["verify"], ["head", "c", "1"], ["remove", "c", "1"],
    ]

    @Test("commands that always write refuse --immutable, even before the command's name", arguments: writers)
    func writesNothingImmutable(arguments: [String]) async throws {
        let tool = try Tool()
        let command = arguments[0]
        for words in [["--immutable"] + arguments, [command, "--immutable"] + arguments.dropFirst()] {
            let result = try await tool.run(words, input: Data())
            #expect(result.status == 64 && result.output.isEmpty)
            #expect(
                result.errors.hasPrefix("Error: --immutable is for reading a file, and this command writes.\nUsage: "))
        }
        #expect(try await !tool.run(command, "--help").output.contains("--immutable"))
        #expect(!FileManager.default.fileExists(atPath: tool.folder.path(of: "chat.db")))
    }

    @Test(
        "a wrong command line is status 64",
        arguments: [
            ["label", "c"], ["label", "c", "a"], ["label", "c", "--json", "+a"], ["label", "c", "+a", "-a"],
            ["label", "c", "+"],
            ["meta", "c", "a"], ["meta", "c", "a=b"], ["meta", "c", "a=1", "--remove", "a"], ["erase"],
            ["erase", "--tenant", "a", "--default-tenant"], ["prune"], ["prune", "--updated-before", "2026-01-01"],
            ["tenants", "--limit", "-1"], ["--tenant", "a", "tenants"], ["show", "c", "--all", "--limit", "1"],
            ["add", "--roles", "all", "c", "user", "x"],
            ["lst"], ["show"], ["title", "c"], ["title", "--none", "c", "t"], ["import"], ["list", "--limit", "x"],
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

    @Test("arguments that are not UTF-8 are refused, not mended")
    func invalidArguments() async throws {
        let tool = try Tool()
        let text = try await tool.shell(#"$TOOL add c user $'a\xffb'"#)
        #expect(text.status == 64)
        #expect(text.errors == "chatstorage: argument 4 is not valid UTF-8\n")
        let url = try await tool.shell(#"CHATSTORAGE_URL=$'a\xff.db' $TOOL add c user x"#)
        #expect(url.status == 64)
        #expect(url.errors == "chatstorage: CHATSTORAGE_URL is not valid UTF-8\n")
        #expect(
            try await tool.shell(#"ls | grep db; $TOOL add c user $'\xc3\xa9'; $TOOL history c | grep -c é"#).output
                == "Added message 1 to c.\n1\n")
    }
}
