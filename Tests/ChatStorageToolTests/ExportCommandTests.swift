import Foundation
import TestSupport
import Testing

@Suite("The commands export and copy")
struct ExportCommandTests {
    /// A chat whose answer was written again.
    private let chats = """
        {"conversation_id": "a", "title": "Tea", "last_id": 3, "messages": [\
        {"id": 1, "role": "user", "content": "Green or black?", "created_at": "2026-11-01T08:00:00Z"}, \
        {"id": 2, "role": "assistant", "content": "Green", "created_at": "2026-11-01T08:00:01Z"}, \
        {"id": 3, "role": "assistant", "content": "Black", "created_at": "2026-11-01T08:00:02Z", "predecessor": 1}], \
        "created_at": "2026-11-01T08:00:00Z", "updated_at": "2026-11-01T08:00:02Z", "message_count": 3, \
        "read_through": 3, "labels": [], "metadata": {}}

        """

    private func filled(_ store: String = "chat.db") async throws -> Tool {
        let tool = try Tool()
        for tenant in [[], ["--tenant", "t"]] {
            let result = try await tool.run(["import", "-", "--store", store] + tenant, input: Data(chats.utf8))
            #expect(result.status == 0, "\(result.errors)")
        }
        return tool
    }

    private func text(of name: String, in tool: Tool) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: tool.folder.path(of: name))), as: UTF8.self)
    }

    @Test("an archive goes to a file or to standard output, and another store gets all of it from either")
    func archive() async throws {
        let tool = try await filled()
        let piped = try await tool.run("export", "--to", "-")
        #expect(piped.status == 0)
        #expect(piped.errors.hasPrefix("Exported 2 conversations with 6 messages.\nDigest: "))
        let filed = try await tool.run("export", "--to", "all.jsonl")
        #expect(filed.status == 0 && filed.output.isEmpty && filed.errors == piped.errors)
        #expect(try text(of: "all.jsonl", in: tool) == piped.output)

        let refused = try await tool.run("import", "all.jsonl", "--store", "other.db", "--tenant", "x")
        #expect(refused.status == 1 && refused.errors.contains("import it without a tenant"))
        let imported = try await tool.run("import", "all.jsonl", "--store", "other.db")
        #expect(imported.status == 0 && imported.output.hasPrefix("Imported 2 conversations with 6 messages in "))
        #expect(try await tool.run("export", "--store", "other.db").output == piped.output)
        let again = try await tool.run("import", "-", "--store", "other.db", input: piped.output)
        #expect(again.status == 0 && again.output == "Nothing new: 2 conversations are there already.\n")

        let one = try await tool.run("export", "a", "--tenant", "t")
        #expect(one.status == 0 && one.output.split(separator: "\n").count == 3 && !one.output.contains(#""tenant":"#))
        let none = try await tool.run("export", "nix", "--to", "nix.jsonl")
        #expect(none.status == 1 && none.errors == "chatstorage: there is no conversation nix\n")
        #expect(!FileManager.default.fileExists(atPath: tool.folder.path(of: "nix.jsonl")))
        #expect(try await tool.run("export", "nix").output.isEmpty)
    }

    @Test("a file that is there is replaced with --force only")
    func existingFile() async throws {
        let tool = try await filled()
        try tool.write("mine", to: "all.jsonl")
        let refused = try await tool.run("export", "--to", "all.jsonl")
        #expect(refused.status == 1)
        #expect(refused.errors == "chatstorage: all.jsonl is there already; --force replaces it\n")
        #expect(try text(of: "all.jsonl", in: tool) == "mine")
        #expect(try await tool.run("export", "--to", "all.jsonl", "--force").status == 0)
        #expect(try await text(of: "all.jsonl", in: tool) == tool.run("export").output)
        #expect(try await tool.run("export", "--force").status == 64)
        // What is no file of chats stays, whatever the command may do here: the store, its log, a pipe.
        #expect(try await tool.run("backup", "old.db").status == 0)
        try tool.write("log", to: "old.db-wal")
        #expect(mkfifo(tool.folder.path(of: "pipe"), 0o600) == 0)
        for name in ["chat.db", "old.db-wal", "pipe"] {
            let kept = try await tool.run("export", "--to", name, "--force")
            #expect(kept.status == 1 && kept.errors.contains("replace"), "\(kept.errors)")
        }
        #expect(try text(of: "old.db-wal", in: tool) == "log")
        let nowhere = try await tool.run("export", "--to", "no/all.jsonl")
        #expect(nowhere.status == 1)
        #expect(nowhere.errors == "chatstorage: no/all.jsonl cannot be written: no such file or directory\n")
    }

    @Test("OpenAI's lines and Markdown have the current path, and count what they leave out")
    func otherForms() async throws {
        let tool = try await filled()
        let lines = try await tool.run("export", "a", "--as", "openai")
        #expect(lines.status == 0 && lines.output.split(separator: "\n").count == 1)
        #expect(lines.output.contains("Black") && !lines.output.contains("Green\""))
        #expect(lines.errors.contains("Left out: messages of other branches (1)\n") && !lines.errors.contains("Digest"))
        let imported = try await tool.run("import", "-", "--store", "other.db", input: lines.output)
        #expect(imported.output.hasPrefix("Imported 1 conversation with 2 messages in "))

        let page = try await tool.run("export", "--as", "markdown", "--tenant", "t")
        #expect(page.status == 0 && page.output.hasPrefix("# Tea\n"))
        #expect(page.output.contains("> Green or black?\n") && page.output.contains("> Black\n"))
        #expect(try await tool.run("export", "--as", "yaml").status == 64)
    }

    @Test("an archive that is cut off at any line's end, or changed, is reported, and the status is 1")
    func damaged() async throws {
        let tool = try await filled()
        let archive = try await tool.run("export").output
        let lines = archive.split(separator: "\n")
        #expect(lines.count == 4)
        for count in 1..<lines.count {
            let cut = try await tool.run(
                "import", "-", "--store", "\(count).db", input: lines[..<count].joined(separator: "\n") + "\n")
            #expect(cut.status == 1 && cut.errors.contains("the archive is cut off"), "\(count): \(cut.errors)")
        }
        let changed = try await tool.run(
            "import", "-", "--store", "changed.db", input: archive.replacing("Black", with: "White"))
        #expect(changed.status == 1 && changed.errors.contains("the archive was changed or damaged"))
        let skipped = try await tool.run(
            "import", "-", "--skip-invalid", "--store", "changed.db", input: archive.replacing("Black", with: "White"))
        #expect(skipped.status == 1 && skipped.output.contains("Files that are damaged"), "\(skipped.output)")
    }

    @Test("a copy that is run again copies nothing; what differs is named, and left or replaced")
    func copies() async throws {
        let tool = try await filled()
        let words = ["copy", "--from", "chat.db", "--to", "sqlite:copy.db"]
        let first = try await tool.run(words, input: Data())
        #expect(first.status == 0 && first.errors.isEmpty)
        #expect(first.output.hasPrefix("Copied 2 conversations with 6 messages.\nBoth stores have the digest "))
        #expect(try await tool.run("export", "--store", "copy.db").output == tool.run("export").output)
        let again = try await tool.run(words, input: Data())
        #expect(again.status == 0)
        #expect(again.output.hasPrefix("Copied 0 conversations with 0 messages, 2 were there already.\nBoth stores "))

        _ = try await tool.run("add", "--store", "copy.db", "a", "user", "Thanks")
        let differing = try await tool.run(words, input: Data())
        #expect(differing.status == 1)
        #expect(
            differing.output.contains(
                "1 was there already, 1 is there with other content.\nThe stores differ. Source: "))
        #expect(differing.errors == "different: conversation a\n")
        #expect(try await tool.run("history", "a", "--store", "copy.db").output.contains("Thanks"))
        let replacing = try await tool.run(words + ["--replace"], input: Data())
        #expect(replacing.status == 0 && replacing.errors.isEmpty)
        #expect(
            replacing.output.hasPrefix(
                "Copied 1 conversation with 3 messages (1 replaced what was there), 1 was there already.\n"
            ))
        #expect(try await !tool.run("history", "a", "--store", "copy.db").output.contains("Thanks"))
        #expect(symlink("chat.db", tool.folder.path(of: "link.db")) == 0)
        for other in ["chat.db", "sqlite:./chat.db", "link.db"] {
            let itself = try await tool.run("copy", "--from", "chat.db", "--to", other)
            #expect(itself.status == 1 && itself.errors.contains("the same store"), "\(other): \(itself.errors)")
        }
        #expect(try await tool.run("tenants").output == tool.run("tenants", "--store", "copy.db").output)

        let none = try await tool.run("copy", "--from", "none.db", "--to", "new.db")
        #expect(none.status == 1 && none.errors.contains("there is no store at none.db"))
        #expect(!FileManager.default.fileExists(atPath: tool.folder.path(of: "new.db")))
        #expect(try await tool.run("copy", "--from", "chat.db", "--to", "x.db", "--tenant", "t").status == 64)

        let immutable = ["--immutable", "copy", "--from", "chat.db", "--to", "immutable.db"]
        #expect(try await tool.run(immutable, input: Data()).status == 0)
        // Only a file that is opened as immutable is refused for what lies beside it.
        try tool.write("x", to: "chat.db-wal")
        let refused = try await tool.run(immutable, input: Data())
        #expect(refused.status == 1 && refused.errors.contains("immutable"), "\(refused.errors)")
    }

    @Test("an export that is killed leaves no part of a file under its name")
    func killed() async throws {
        let tool = try Tool()
        let messages = Array(repeating: #"{"role": "user", "content": "hi"}"#, count: 100).joined(separator: ", ")
        let lines = (1...300).map { #"{"conversation_id": "c\#($0)", "messages": [\#(messages)]}"# }
        #expect(try await tool.run("import", "-", input: lines.joined(separator: "\n")).status == 0)
        let run = try RunningTool(tool, "export", "--to", "all.jsonl")
        func names() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: tool.folder.path).filter { $0.contains("all.jsonl") }
        }
        while try names().isEmpty { await Task.yield() }
        kill(run.processID, SIGKILL)
        _ = try await run.end()
        // On a quick machine the export may have ended before it was killed.
        if try names().contains("all.jsonl") {
            #expect(try await tool.run("import", "all.jsonl").status == 0)
        } else {
            #expect(try names().allSatisfy { $0.hasPrefix(".all.jsonl.") && $0.hasSuffix(".partial") })
        }
        #expect(try await tool.run("export", "--to", "all.jsonl", "--force").status == 0)
        #expect(try await tool.run("import", "all.jsonl", "--store", "other.db").status == 0)
    }
}
