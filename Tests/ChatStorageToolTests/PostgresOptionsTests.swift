import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import chatstorage

/// `--schema` and `--pooler`, which say what a URL cannot say through a pooler.
@Suite("PostgreSQL's options", .timeLimit(.minutes(5))) struct PostgresOptionsTests {
    /// Every command that opens one store of any kind, in an order in which each finds what it needs.
    private static let commands = [
        ["import", Tool.sample], ["add", "c", "user", "x"], ["title", "c", "x"], ["list"], ["show", "c"],
        ["history", "c"], ["stats"], ["exec"], ["export"], ["label", "c", "+a"], ["meta", "c"], ["forks", "c"],
        ["head", "c", "1"], ["unfinished"], ["tenants"], ["prune", "--updated-before", "1970-01-01T00:00:00Z"],
        ["erase", "--tenant", "nobody"], ["remove", "c", "1"], ["clear", "c"], ["delete", "c"],
        ["verify", "--only", "order.sequence.consecutive"],
    ]

    @Test("the commands below are all but copy, which opens two stores, and those for a SQLite file")
    func list() {
        let names = ChatStorageTool.configuration.subcommands.compactMap { $0.configuration.commandName }
        #expect(Set(Self.commands.map { $0[0] }) == Set(names).subtracting(["copy", "backup", "check"]))
    }

    @Test(
        "every command finds the tables of a schema, behind a pooler that is declared or not", arguments: [false, true])
    func schema(isDeclared: Bool) async throws {
        guard let server = try await PostgresServer.ifInstalled() else { return }
        // Only the option shows the pooler if the pooler says which process serves a connection.
        let pooler = try TestPooler(before: server, tellsProcess: isDeclared)
        let tool = try Tool()
        let options = ["--schema", "odd name"] + (isDeclared ? ["--pooler"] : [])
        for (number, command) in Self.commands.enumerated() {
            let words =
                number % 2 == 0
                ? options + command : [command[0]] + options + command[1...]
            let result = try await tool.run(words, input: Data(), environment: ["CHATSTORAGE_URL": pooler.url])
            #expect(result.status == (command[0] == "verify" ? 2 : 0), "\(words): \(result.errors)")
            #expect(pooler.sent.namedStatements == 0, "\(words)")
        }
        #expect(pooler.sent.namedStatements == 0 && pooler.sent.syncsAtOnce == 1)
        let rows = try await server.execute("SELECT count(*) FROM \"odd name\".conversations WHERE tenant = ''")
        #expect(rows == [["6"]])
        #expect(try await server.execute("SELECT to_regclass('public.conversations')") == [[nil]])
    }

    @Test("copy takes a schema beside a SQLite store, and knows a store by another spelling of its URL")
    func copies() async throws {
        guard let server = try await PostgresServer.ifInstalled() else { return }
        let tool = try Tool()
        #expect(try await tool.run(["add", "c", "user", "x"], input: Data()).status == 0)
        for (from, to) in [("chat.db", server.url), (server.url, "copy.db")] {
            let copied = try await tool.run("copy", "--from", from, "--to", to, "--schema", "mm")
            #expect(copied.status == 0 && copied.output.hasPrefix("Copied 1 conversation"), "\(copied.errors)")
        }
        #expect(try await server.execute("SELECT count(*) FROM mm.conversations") == [["1"]])
        let spelling = "\(server.url)&application_name=x"
        #expect(server.url.contains("?"))
        let itself = try await tool.run(
            "copy", "--from", server.url, "--to", spelling, "--schema", "mm", "--replace")
        #expect(itself.status == 1 && itself.errors.contains("the same store"), "\(itself.errors)")
        #expect(try await server.execute("SELECT count(*) FROM mm.conversations") == [["1"]])
        let none = try await tool.run("copy", "--from", "chat.db", "--to", "copy.db", "--schema", "mm")
        #expect(none.status == 64 && none.errors.contains("--schema is for a PostgreSQL store only"))
    }

    @Test("without --pooler a server's statements have names")
    func direct() async throws {
        guard let server = try await PostgresServer.ifInstalled() else { return }
        let pooler = try TestPooler(before: server, tellsProcess: true)
        let words = ["add", "--store", pooler.url, "--schema", "chat", "c", "user", "x"]
        #expect(try await Tool().run(words, input: Data()).status == 0)
        #expect(pooler.sent.namedStatements > 0)
    }

    @Test(
        "an option of a service file that libpq does not take is named", arguments: ["target_session_attrs", "sslmode"])
    func serviceFile(option: String) async throws {
        let tool = try Tool()
        try tool.write("[chat]\nhost=127.0.0.1\nport=1\n\(option)=word4711\n", to: "services")
        let result = try await tool.run(
            "list", "--store", "postgres://?service=chat",
            environment: ["PGSERVICEFILE": tool.folder.path(of: "services")])
        #expect(result.status != 0 && result.output.isEmpty && !result.errors.contains("4711"))
        #expect(result.errors.contains("libpq refuses \(option), which"), "\(result.errors)")
    }

    @Test("other stores take neither", arguments: commands)
    func otherStores(command: [String]) async throws {
        let tool = try Tool()
        for store in ["sqlite:chat.db", "memory:"] {
            for (options, name) in [(["--schema", "s"], "--schema"), (["--pooler"], "--pooler")] {
                let words = [command[0], "--store", store] + options + command[1...]
                let result = try await tool.run(words, input: Data())
                #expect(result.status == 64 && result.output.isEmpty, "\(words)")
                #expect(result.errors == "chatstorage: \(name) is for a PostgreSQL store only\n", "\(words)")
            }
        }
        #expect(!FileManager.default.fileExists(atPath: tool.folder.path(of: "chat.db")))
    }
}
