import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

@testable import chatstorage

@Suite("The tool's commands: branches, removal, answers under way")
struct BranchCommandTests {
    /// A question asked in two ways, the second answered twice; the path is 3, 5.
    private func branchedTool() async throws -> Tool {
        let tool = try Tool()
        try await change(tool) { chats in
            try await chats.append([.user("In May?"), .assistant("Yes.")], to: "trip")
            try await chats.append(.user("In March?"), to: "trip", .insteadOf(1))
            try await chats.append(.assistant("No."), to: "trip")
            try await chats.append(.assistant("Perhaps."), to: "trip", .insteadOf(4))
        }
        return tool
    }

    private func change(
        _ tool: Tool, _ body: (SQLiteBackend) async throws -> Void
    ) async throws {
        let backend = try await SQLiteBackend(path: tool.folder.path(of: "chat.db"))
        try await backend.prepare()
        try await body(backend)
        try await backend.close()
    }

    private func lines(_ result: Tool.Result) -> [String] { result.output.split(separator: "\n").map(String.init) }

    @Test("the current path is shown with its forks, and any other path")
    func show() async throws {
        let tool = try await branchedTool()
        let shown = lines(try await tool.run("show", "trip"))
        #expect(shown[1].hasSuffix(" · 5 unread · 2 forks"))
        #expect(shown.contains("  ‹2/2› other: #1") && shown.contains("  ‹2/2› other: #4"))
        #expect(
            shown.filter { $0.contains(" #") }.compactMap { $0.firstMatch(of: #/^\w+ #(\d)/#)?.output.1 } == ["3", "5"])
        let other = try await tool.run("show", "--through", "2", "trip").output
        #expect(other.contains("In May?") && other.contains("Yes.") && !other.contains("March"))
        #expect(other.contains("‹1/2› other: #3"))
        let cut = lines(try await tool.run("show", "--limit", "1", "trip"))
        #expect(cut[2] == "From message 5 on; --limit or --all shows more.")
        #expect(!lines(try await tool.run("show", "--limit", "2", "trip"))[2].hasPrefix("From"))
        let missing = try await tool.run("show", "--through", "9", "trip")
        #expect(missing.status == 1 && missing.errors == "chatstorage: trip has no message 9\n")
        #expect(try await tool.run("show", "--through", "0", "trip").status == 64)
        let json = try await tool.run("show", "--json", "trip").output
        #expect(json.contains(#""is_branched": true"#) && json.contains(#""predecessor": 0"#), "\(json)")
        #expect(json.matches(of: #/"id": /#).count == 2)
        #expect(try await tool.run("show", "--json", "--all", "trip").output.matches(of: #/"id": /#).count == 5)
        #expect(try await tool.run("history", "trip").output.contains("Perhaps."))
    }

    @Test("an archive brings every branch, answer and head to another store")
    func archive() async throws {
        let tool = try await branchedTool()
        try await change(tool) { chats in
            try await chats.append(NewMessages([.assistant("Hel")], to: "trip", .after(3), isStreaming: true))
            try await chats.updateConversation("trip", .head(4))
            try await chats.removeMessages([2], of: "trip")
        }
        let line = try await tool.run("show", "--json", "--all", "trip").output
        try tool.write(line, to: "one.jsonl")
        #expect(try await tool.run("import", "--store", "sqlite:copy.db", "one.jsonl").status == 0)
        #expect(try await tool.run("show", "--store", "sqlite:copy.db", "--json", "--all", "trip").output == line)
        let again = try await tool.run("import", "--store", "sqlite:copy.db", "one.jsonl")
        #expect(again.status == 0 && again.output.hasPrefix("Nothing new: "), "\(again)")
        #expect(
            try await tool.run("forks", "--store", "sqlite:copy.db", "--json", "trip").output
                == (try await tool.run("forks", "--json", "trip").output))
        try tool.write(try await tool.run("show", "--json", "trip").output, to: "part.jsonl")
        let part = try await tool.run("import", "--store", "sqlite:other.db", "part.jsonl")
        #expect(
            part.status == 1 && part.errors.contains("has 2 of 5 messages; show --all prints all"), "\(part.errors)")
    }

    @Test("forks are listed, with the branch that is shown")
    func forks() async throws {
        let tool = try await branchedTool()
        #expect(
            try await tool.run("forks", "trip").output == """
                AFTER  BRANCH     NEWEST  BEGINNING
                    0       1          2  user: In May?
                    0       3  *       5  user: In March?
                    3       4          4  assistant: No.
                    3       5  *       5  assistant: Perhaps.

                """)
        #expect(
            try await tool.run("forks", "--json", "trip").output
                == #"[{"after": 0, "successors": [{"id": 1, "newest_end": 2}, {"id": 3, "newest_end": 5}]}, "#
                + #"{"after": 3, "successors": [{"id": 4, "newest_end": 4}, {"id": 5, "newest_end": 5}]}]"# + "\n")
        let cut = try await tool.run("forks", "--limit", "1", "trip")
        #expect(lines(cut).count == 4 && cut.output.hasSuffix("There are more; --limit shows them.\n"))
        let cutJSON = try await tool.run("forks", "--json", "--limit", "1", "trip")
        #expect(cutJSON.errors == "There are more; --limit shows them.\n")
        #expect(try await tool.run("head", "--branch", "1", "trip").status == 0)
        #expect(
            lines(try await tool.run("forks", "trip")).filter { $0.contains("*") } == [
                "    0       1  *       2  user: In May?"
            ])
        #expect(try await tool.run("add", "plain", "user", "hi").status == 0)
        #expect(try await tool.run("forks", "plain").output == "There are no forks.\n")
        #expect(try await tool.run("forks", "--json", "plain").output == "[]\n")
        let missing = try await tool.run("forks", "none")
        #expect(missing.status == 1 && missing.errors == "chatstorage: there is no conversation none\n")
    }

    @Test("the head is chosen by a message, by a branch, or is none")
    func head() async throws {
        let tool = try await branchedTool()
        let list = try await tool.run("list", "--json").output
        let updated = try #require(list.firstMatch(of: #/"updated_at": "[^"]+"/#)).output
        #expect(try await tool.run("head", "trip", "1").output == "The path of trip ends with message 1.\n")
        #expect(try await tool.run("show", "trip").output.contains(" · head #1\n"))
        #expect(try await tool.run("head", "--branch", "1", "trip").output == "The path of trip ends with message 2.\n")
        #expect(
            try await tool.run("head", "trip", "--branch", "3").output
                == "The path of trip ends with its newest message.\n")
        #expect(
            try await tool.run("head", "trip", "0").output
                == "The path of trip ends with no message: the next one is a new beginning.\n")
        #expect(try await tool.run("show", "trip").output.hasSuffix("\nNo messages on this path.\n"))
        let json = try await tool.run("head", "--json", "trip", "4").output
        #expect(json.hasSuffix(#""head": 4, "is_branched": true}"# + "\n"))
        #expect(json.firstMatch(of: #/"updated_at": "[^"]+"/#)?.output == updated)
        for arguments in [["trip", "9"], ["trip", "--branch", "9"]] {
            let missing = try await tool.run(["head"] + arguments, input: Data())
            #expect(missing.status == 1 && missing.errors == "chatstorage: trip has no message 9\n")
        }
        let none = try await tool.run("head", "none", "1")
        #expect(none.status == 1 && none.errors == "chatstorage: there is no conversation none\n")
        for arguments in [["trip"], ["trip", "1", "--branch", "1"], ["trip", "--branch", "0"], ["trip", "x"]] {
            #expect(try await tool.run(["head"] + arguments, input: Data()).status == 64, "\(arguments)")
        }
    }

    @Test("messages are removed, alone or with what follows")
    func remove() async throws {
        let tool = try await branchedTool()
        #expect(try await tool.run("remove", "trip", "2", "9", "2").output == "Removed 1 message. 1 was not there.\n")
        #expect(try await tool.run("remove", "--from", "3", "trip").output == "Removed 3 messages.\n")
        #expect(try await tool.run("show", "--json", "--all", "trip").output.contains(#""messages": [{"id": 1, "#))
        #expect(try await tool.run("remove", "--json", "trip", "1").output == "1\n")
        for (arguments, sentence) in [
            (["trip", "1"], "trip has no message 1"), (["trip", "--from", "3"], "trip has no message 3"),
            (["trip", "1", "2"], "trip has none of these messages"), (["none", "1"], "there is no conversation none"),
        ] {
            let refused = try await tool.run(["remove"] + arguments, input: Data())
            #expect(refused.status == 1 && refused.errors == "chatstorage: \(sentence)\n")
        }
        for arguments in [["trip"], ["trip", "0"], ["trip", "1", "--from", "1"], ["trip", "--from", "-1"]] {
            #expect(try await tool.run(["remove"] + arguments, input: Data()).status == 64, "\(arguments)")
        }
        // The numbers are not used again.
        #expect(try await tool.run("add", "trip", "user", "hi").output == "Added message 6 to trip.\n")
    }

    @Test("answers that nobody writes any more are listed over all tenants, and ended")
    func unfinished() async throws {
        let tool = try Tool()
        #expect(try await tool.run("add", "c", "user", "hi").status == 0)
        #expect(try await tool.run("unfinished").output == "There are no such answers.\n")
        try await change(tool) { backend in
            for tenant in [nil, "ada"] {
                let chats = backend.storage(of: tenant)
                try await chats.append(NewMessages([.assistant("Hel\u{1b}")], to: "c", isStreaming: true))
            }
        }
        #expect(try await tool.run("show", "c").output.contains(" · streaming\n"))
        #expect(!(try await tool.run("history", "c").output.contains("Hel")))
        #expect(try await tool.run("unfinished").output == "There are no such answers.\n", "they are young")
        let listed = lines(try await tool.run("unfinished", "--not-revised-for", "0"))
        #expect(listed[0] == "TENANT     CONVERSATION  MESSAGE  WRITTEN           BEGINNING")
        #expect(listed[1].hasPrefix("(default)  c                   2  20") && listed[1].hasSuffix("  Hel␛"))
        #expect(listed[2].hasPrefix("ada        c                   1  20"))
        let json = try await tool.run("unfinished", "--not-revised-for", "0", "--json", "--limit", "1")
        #expect(json.output.hasPrefix(#"[{"tenant": null, "id": 2, "conversation_id": "c", "role": "assistant", "#))
        #expect(json.output.hasSuffix(#""state": "streaming", "revision": 1}]"# + "\n"))
        #expect(json.errors == "There are more; --limit shows them.\n")
        #expect(try await tool.run("unfinished", "--end", "failed").output == "Ended 0 answers as failed.\n")
        #expect(
            try await tool.run("unfinished", "--not-revised-for", "0", "--end", "stopped").output
                == "Ended 2 answers as stopped.\n")
        #expect(try await tool.run("show", "--tenant", "ada", "c").output.contains(" · stopped\n"))
        #expect(try await tool.run("history", "c").output.contains("Hel"))
        #expect(try await tool.run("unfinished", "--end", "failed", "--json").output == "0\n")
        for arguments in [
            ["--end", "complete"], ["--not-revised-for", "-1"], ["--not-revised-for", "9999999999"], ["--limit", "-1"],
            ["--limit", "1", "--end", "failed"], ["--tenant", "ada"],
        ] {
            #expect(try await tool.run(["unfinished"] + arguments, input: Data()).status == 64, "\(arguments)")
        }
    }
}
