import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

@testable import chatstorage

@Suite("The tool's commands: labels, metadata, lists, tenants")
struct SidebarCommandTests {
    @Test("labels are added, removed and shown, and lists are filtered by them")
    func labels() async throws {
        let tool = try Tool()
        for id in ["a", "b", "-c"] { #expect(try await tool.run("add", "--", id, "user", "hi").status == 0) }
        #expect(
            try await tool.run("label", "a", "+pinned", "+folder:work").output
                == "a has the labels folder:work, pinned.\n")
        #expect(
            try await tool.run("label", "--remove", "pinned", "--add", "x", "a", "+y").output
                == "a has the labels folder:work, x, y.\n")
        #expect(try await tool.run("label", "a", "-x", "-y", "-never").output == "a has the labels folder:work.\n")
        #expect(try await tool.run("label", "b", "+folder:work", "+archived").status == 0)
        let written = try await tool.run("label", "--json", "--", "-c", "+-z")
        #expect(written.output.contains(#""labels": ["-z"]"#))
        #expect(try await tool.run("label", "--json", "--", "-c", "--z").status == 64)
        #expect(try await tool.run("label", "--remove=-z", "--", "-c").output == "-c has no labels.\n")

        #expect(try await ids(tool.run("list", "--json", "--with", "folder:work")) == ["b", "a"])
        #expect(try await ids(tool.run("list", "--json", "--with", "folder:work", "--with", "archived")) == ["b"])
        #expect(try await ids(tool.run("list", "--json", "--without", "archived", "--without", "z")) == ["-c", "a"])
        #expect(try await tool.run("list", "--with", "nothing").output == "There are no such conversations.\n")
        let lines = try await tool.run("list").output.split(separator: "\n")
        #expect(lines[0] == "ID  TITLE  LABELS                 LAST  UNREAD  UPDATED           PREVIEW")
        #expect(lines[2].hasPrefix("b          archived, folder:work     1       1  20"))
        #expect(lines[2].hasSuffix("  hi"))
        #expect(try await tool.run("show", "b").output.contains(" · 1 unread · labels archived, folder:work\n"))
    }

    @Test("a list has as many as its limit, however many others lie between")
    func filteredList() async throws {
        let tool = try Tool()
        let backend = try await SQLiteBackend(path: tool.folder.path(of: "chat.db"))
        try await backend.prepare()
        let created = Timestamp(microsecondsSinceEpoch: 1_000_000)
        for number in 0..<1_103 {
            let time = Timestamp(microsecondsSinceEpoch: created.microsecondsSinceEpoch - Int64(number))
            let labels: Set<Label> = (1..<1_102).contains(number) ? ["archived"] : []
            try await backend.restoreConversation(
                ConversationSnapshot(id: ConversationID("c\(number)"), createdAt: time, updatedAt: time, labels: labels)
            )
        }
        try await backend.close()
        let list = try await tool.run("list", "--json", "--without", "archived", "--limit", "2")
        #expect(try ids(list) == ["c0", "c1102"])
        let one = try await tool.run("list", "--without", "archived", "--limit", "1")
        #expect(one.output.hasSuffix("There are more; --limit shows them.\n"))
    }

    @Test("metadata is shown and changed, of a conversation and of a message")
    func metadata() async throws {
        let tool = try Tool()
        #expect(try await tool.run("add", "c", "user", "hi").status == 0)
        #expect(try await tool.run("meta", "c").output == "There is no metadata.\n")
        #expect(
            try await tool.run("meta", "c", #"b="x\u001b=y""#, "a=[1, 2.50, null]").output
                == "a = [1,2.5,null]\nb = \"x\\u001b=y\"\n")
        #expect(
            try await tool.run("meta", "c", "n=-1", "--remove", "b", "--remove", "never", "--json").output
                == #"{"a": [1, 2.5, null], "n": -1}"# + "\n")
        #expect(try await tool.run("meta", "c", "--json").output == #"{"a": [1, 2.5, null], "n": -1}"# + "\n")
        #expect(try await tool.run("meta", "c", "--message", "1", "rating=1").output == "rating = 1\n")
        #expect(try await tool.run("meta", "c", "--message", "1").output == "rating = 1\n")
        #expect(
            try await tool.run("meta", "c", "--message", "1", "--remove", "rating").output
                == "There is no metadata any more.\n")
        for change in [[], ["a=1"]] {
            let missing = try await tool.run(["meta", "c", "--message", "2"] + change, input: Data())
            #expect(missing.status == 1 && missing.errors.contains("message"))
        }
        let large = try await tool.run("meta", "c", "big=\"\(String(repeating: "x", count: 65_000))\"", "n=1")
        #expect(large.status == 0)
        let larger = try await tool.run("meta", "c", "more=\"\(String(repeating: "secret", count: 200))\"")
        #expect(larger.status == 1 && larger.errors.contains("at most 65536") && !larger.errors.contains("secret"))
        #expect(try await tool.run("show", "c").output.contains("\nmetadata\n  {\"a\":[1,2.5,null],\"big\":\"xxx"))
    }

    @Test("tenants are listed and counted, and one is erased only if it is named")
    func erase() async throws {
        let tool = try Tool()
        for (tenant, id) in [("ada", "a"), ("ada", "b"), ("", "c"), ("bob", "d")] {
            let owner = tenant.isEmpty ? [] : ["--tenant", tenant]
            #expect(try await tool.run(["add"] + owner + [id, "user", "hi"], input: Data()).status == 0)
        }
        #expect(
            try await tool.run("tenants").output == """
                TENANT     CONVERSATIONS  MESSAGES
                (default)              1         1
                ada                    2         2
                bob                    1         1

                """)
        let two = try await tool.run("tenants", "--json", "--limit", "2")
        #expect(
            two.output == #"[{"tenant": null, "conversations": 1, "messages": 1}, "#
                + #"{"tenant": "ada", "conversations": 2, "messages": 2}]"# + "\n")
        #expect(try await tool.run("tenants", "--limit", "1").output.hasSuffix("There are more; --limit shows them.\n"))
        #expect(try await tool.run("erase").errors.contains("Name the tenant: either --tenant or"))
        let dry = try await tool.run("erase", "--tenant", "ada", "--dry-run")
        #expect(dry.output == "Would have erased 2 conversations with 2 messages of the tenant ada.\n")
        #expect(try await tool.run("list", "--tenant", "ada", "--json").output.contains(#""a""#))
        let erased = try await tool.run("--tenant", "ada", "erase")
        #expect(erased.output == "Erased 2 conversations with 2 messages of the tenant ada.\n")
        #expect(try await tool.run("list", "--tenant", "ada", "--json").output == "[]\n")
        #expect(
            try await tool.run("erase", "--default-tenant", "--json").output
                == #"{"conversations": 1, "messages": 1, "changed_meanwhile": 0, "dry_run": false}"# + "\n")
        #expect(
            try await tool.run("tenants", "--json").output == #"[{"tenant": "bob", "conversations": 1, "messages": 1}]"#
                + "\n")
        #expect(try await tool.run("erase", "--store", "none.db", "--default-tenant").status == 1)
        #expect(!FileManager.default.fileExists(atPath: tool.folder.path(of: "none.db")))
    }

    @Test("a list that its limit cuts says so, as JSON on standard error", arguments: ["list", "tenants"])
    func cutList(command: String) async throws {
        let tool = try Tool()
        for (tenant, id) in [("ada", "a"), ("ada", "b"), ("bob", "c")] {
            #expect(try await tool.run("add", "--tenant", tenant, id, "user", "hi").status == 0)
        }
        let owner = command == "list" ? ["--tenant", "ada"] : []
        let more = "There are more; --limit shows them.\n"
        for (limit, isCut) in [("1", true), ("2", false)] {
            let json = try await tool.run([command, "--json", "--limit", limit] + owner, input: Data())
            #expect(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) is [Any])
            #expect(json.errors == (isCut ? more : "") && json.status == 0)
            let plain = try await tool.run([command, "--limit", limit] + owner, input: Data())
            #expect(plain.output.hasSuffix(more) == isCut && plain.errors.isEmpty)
        }
    }

    @Test("an empty list says where there are conversations")
    func otherTenants() async throws {
        let tool = try Tool()
        let none = "There are no conversations yet.\n"
        let hint = "Other tenants have some: `chatstorage tenants` lists them, --tenant names one.\n"
        #expect(try await tool.run("add", "mine", "user", "hi").status == 0)
        #expect(try await tool.run("delete", "mine").status == 0)
        let empty = try await tool.run("list")
        #expect((empty.output, empty.errors) == (none, ""))
        #expect(try await tool.run("add", "--tenant", "ada", "a", "user", "hi").status == 0)
        let plain = try await tool.run("list")
        #expect((plain.output, plain.errors) == (none, hint))
        for other in [["--json"], ["--tenant", "bob"], ["--with", "x"], ["--limit", "0"]] {
            #expect(try await tool.run(["list"] + other, input: Data()).errors.isEmpty, "\(other)")
        }
    }

    @Test("what was deleted is counted, and what others did meanwhile is said")
    func deletionSentences() {
        let count = DeletionCount(conversations: 1, messages: 1_000, changedMeanwhile: 2)
        #expect(count.sentence("erased", isDryRun: false) == "Erased 1 conversation with 1,000 messages")
        #expect(count.changesSentence == " Meanwhile, others created, changed or deleted 2 conversations.")
        #expect(DeletionCount(conversations: 3).changesSentence.isEmpty)
    }

    @Test("old conversations are deleted, those with a label spared, those of others left alone")
    func prune() async throws {
        let tool = try Tool()
        func line(_ id: String, _ time: String, _ labels: String = "") -> String {
            #"{"id": "\#(id)", "labels": [\#(labels)], "created_at": "\#(time)", "messages": [{"role": "user", "content": "x"}]}"#
        }
        try tool.write(
            [
                line("old", "2026-01-01T00:00:00Z"), line("pinned", "2026-01-01T00:00:00Z", #""pinned""#),
                line("at", "2026-02-01T00:00:00Z"), line("new", "2026-03-01T00:00:00Z"),
            ].joined(separator: "\n"), to: "chats")
        #expect(try await tool.run("import", "chats").status == 0)
        #expect(try await tool.run("import", "--tenant", "ada", "chats").status == 0)
        let before = ["prune", "--updated-before", "2026-02-01T01:00:00+01:00"]
        let spared = before + ["--without", "pinned", "--without", "never"]
        let dry = try await tool.run(spared + ["--dry-run"], input: Data())
        #expect(dry.output == "Would have deleted 1 conversation with 1 message.\n")
        let json = try await tool.run(before + ["--dry-run", "--json"], input: Data())
        #expect(json.output == #"{"conversations": 2, "messages": 2, "changed_meanwhile": 0, "dry_run": true}"# + "\n")
        #expect(try await ids(tool.run("list", "--json")) == ["new", "at", "old", "pinned"])
        #expect(try await tool.run(spared, input: Data()).output == "Deleted 1 conversation with 1 message.\n")
        #expect(try await ids(tool.run("list", "--json")) == ["new", "at", "pinned"])
        #expect(try await ids(tool.run("list", "--json", "--tenant", "ada")) == ["new", "at", "old", "pinned"])
        let wrong = try await tool.run("prune", "--updated-before", "2026-02-01T00:00:00")
        #expect(wrong.status == 64 && wrong.errors.contains("--updated-before is a time without a zone"))
    }

    @Test("a store takes tools' roles once it was told to, and the error of a refused one says how")
    func roles() async throws {
        let tool = try Tool()
        #expect(try await tool.run("add", "c", "user", "hi").status == 0)
        let request = #"{"op": "save_message", "conversation_id": "c", "role": "tool", "content": "18"}"#
        let refused = try await tool.run("add", "c", "tool", "18")
        #expect(refused.status == 1)
        #expect(refused.errors.hasSuffix("(assistant, system, user); --roles with-tools makes the store take it\n"))
        let answer = try await tool.run("exec", input: request).output
        #expect(answer.contains(#""invalid_role""#) && answer.contains("; --roles with-tools makes the store take it"))
        // What only reads does not change the store, and what is read before anything is written is there.
        let history = #"{"op": "get_history", "conversation_id": "c"}"#
        #expect(
            try await tool.run("exec", "--roles", "with-tools", input: "\(history)\n\(request)").output
                .hasPrefix(#"{"ok": [{"role": "user", "content": "hi"}]}"# + "\n" + #"{"ok": {"id": 2"#))
        // From now on it takes them without the option.
        #expect(try await tool.run("exec", input: request).output.hasPrefix(#"{"ok": {"id": 3"#))
        #expect(try await tool.run("add", "c", "developer", "x").output == "Added message 4 to c.\n")
        #expect(try await tool.run("clear", "c").status == 0)
        #expect(try await tool.run("add", "c", "tool", "x").output == "Added message 5 to c.\n")
        // A role that no store takes is refused without such advice.
        let other = try await tool.run("add", "c", "Tool", "18")
        #expect(other.status == 1 && !other.errors.contains("--roles"))
    }

    @Test(
        "a PostgreSQL store takes the roles of tools after --roles with-tools",
        .enabled("postgres is not among the backends to test") { try TestBackends.postgres.isSelected() })
    func rolesOnPostgres() async throws {
        let tool = try Tool()
        try await TestPostgres.withSchema { url, schema in
            let environment = ["CHATSTORAGE_URL": adding("options=-csearch_path%3D\(schema)", to: url)]
            try await TestPostgres.execute("CREATE SCHEMA \(schema)")
            #expect(try await tool.run("add", "c", "user", "hi", environment: environment).status == 0)
            #expect(try await tool.run("add", "c", "tool", "x", environment: environment).status == 1)
            let wide = try await tool.run("add", "--roles", "with-tools", "c", "tool", "x", environment: environment)
            #expect(wide.output == "Added message 2 to c.\n", "\(wide.errors)")
            #expect(try await tool.run("add", "c", "tool", "x", environment: environment).status == 0)
            #expect(try await tool.run("label", "c", "+a", environment: environment).status == 0)
        }
    }

    private func ids(_ result: Tool.Result) throws -> [String] {
        #expect(result.status == 0, "\(result.errors)")
        let conversations = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]]
        return try #require(conversations).compactMap { $0["conversation_id"] as? String }
    }
}
