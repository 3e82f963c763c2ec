import Foundation
import TestSupport
import Testing

@testable import chatstorage

@Suite("The tool on pipes and terminals")
struct TerminalTests {
    @Test(
        "output broken off by a closed pipe ends quietly",
        arguments: [
            "list --json", "list", "show c", "history c --limit 100000", "exec <requests", "stats", "--help",
            "import again.jsonl",
        ])
    func closedPipe(command: String) async throws {
        let tool = try Tool()
        try await fill(tool)
        try tool.write(#"{"conversation_id": "d", "messages": []}"#, to: "again.jsonl")
        let result = try await tool.shell("{ $TOOL \(command); echo $? >status; } | true; cat status")
        #expect(result.errors.isEmpty)
        #expect(["0\n", "141\n"].contains(result.output))
        try expectClosedStore(tool)
    }

    @Test("output broken off by a reader that has read some of it ends quietly, with status 141")
    func brokenOff() async throws {
        let tool = try Tool()
        try await fill(tool)
        let long = try await tool.shell("{ $TOOL exec <requests; echo $? >status; } | head -c 1; cat status")
        #expect(long.output == "{141\n")
        #expect(long.errors.isEmpty)
        try expectClosedStore(tool)
    }

    /// Makes a store, and requests whose answers are more than a pipe holds: writing goes on after the reader has left.
    private func fill(_ tool: Tool) async throws {
        let text = String(repeating: "x", count: 200_000)
        try tool.write(
            #"{"conversation_id": "c", "messages": [{"role": "user", "content": "\#(text)"}]}"#, to: "c.jsonl")
        try tool.write(
            String(repeating: #"{"op": "get_messages", "conversation_id": "c"}"# + "\n", count: 10), to: "requests")
        #expect(try await tool.run("import", "c.jsonl").status == 0)
    }

    /// The store was closed in good order.
    private func expectClosedStore(_ tool: Tool) throws {
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: tool.folder.path).allSatisfy { !$0.hasSuffix("-wal") })
    }

    @Test("with standard output closed, commands that store do so; those that must answer fail")
    func closedOutput() async throws {
        let tool = try Tool()
        try tool.write(#"{"conversation_id": "imported", "messages": []}"#, to: "new.jsonl")
        for command in ["add c user one", "add --json c user two", "title c t", "import new.jsonl"] {
            let result = try await tool.shell("$TOOL \(command) >&-")
            #expect(result.status == 0 && result.errors.isEmpty, "\(command): \(result.errors)")
        }
        #expect(try await tool.shell("$TOOL add c user three <&- >&- 2>&-").status == 0)
        let history = try await tool.run("history", "c").output
        #expect(["one", "two", "three"].allSatisfy { history.contains(#""content": "\#($0)""#) })
        let request = #"{"op": "delete_conversation", "conversation_id": "c"}"#
        for command in ["list", "list --json", "show c", "history c", "stats", "exec"] {
            let result = try await tool.shell("echo '\(request)' | $TOOL \(command) >&-")
            #expect(result.status == 1 && result.errors == "chatstorage: standard output is closed\n", "\(command)")
        }
        #expect(try await tool.run("history", "c").output == history, "exec runs nothing whose answer nobody gets")
        #expect(try await tool.shell("$TOOL clear c >&-").status == 0)
        #expect(try await tool.shell("$TOOL delete c >&-").status == 0)
    }

    @Test(
        "a command whose result cannot be printed says that it did its work",
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func fullOutput() async throws {
        let tool = try Tool()
        let result = try await tool.shell("$TOOL add c user hi >/dev/full")
        #expect(result.status == 1)
        #expect(
            result.errors
                == "chatstorage: it is done, but standard output cannot be written: no space left on device\n")
        #expect(try await tool.run("history", "c").output.contains("hi"))
    }

    @Test("colours are for terminals, and not when NO_COLOR is set")
    func colours() async throws {
        let tool = try Tool()
        #expect(try await tool.run("import", Tool.sample).status == 0)
        for command in [["list"], ["show", "kyoto-weekend"]] {
            #expect(try await onTerminal(tool, command).contains("\u{1B}[1m"))
            #expect(try await onTerminal(tool, command, ["NO_COLOR": ""]).contains("\u{1B}[1m"))
            #expect(try await !onTerminal(tool, command, ["NO_COLOR": "1"]).contains("\u{1B}"))
            #expect(try await !onTerminal(tool, command, ["TERM": "dumb"]).contains("\u{1B}"))
            #expect(try await !onTerminal(tool, command + ["--json"]).contains("\u{1B}"))
        }
    }

    @Test("tables fit the terminal's width; wide characters count twice", arguments: [40, 50, 60, 200], [false, true])
    func width(columns: Int, hasMore: Bool) async throws {
        let tool = try Tool()
        try tool.write(
            """
            {"conversation_id": "kanji", "title": "東京と京都と大阪と名古屋と札幌と福岡と仙台と広島の旅", "messages": []}
            {"conversation_id": "emoji", "title": "👩‍👩‍👧‍👦🇩🇪❤️👋🏽 e\\u0301 family holidays with everybody", "messages": []}
            """, to: "c.jsonl")
        #expect(try await tool.run("import", "c.jsonl").status == 0)
        let long = String(repeating: "東京 long ", count: 50)
        if hasMore {
            #expect(try await tool.run("add", "emoji", "user", long).status == 0)
            #expect(try await tool.run("label", "kanji", "+folder:with a long name", "+pinned").status == 0)
        }
        let lines = try await onTerminal(tool, ["list"], ["NO_COLOR": "1"], columns: columns).split(separator: "\r\n")
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { String($0).displayWidth <= columns })
        #expect(hasMore || lines.dropFirst().allSatisfy { $0.contains("…") == (columns < 100) })
        #expect(
            !hasMore || lines[0].contains("PREVIEW") == (columns > 60) && lines[0].contains("LABELS") == (columns > 50))
        let starts = lines.compactMap { line in
            line.range(of: "UPDATED").map { $0.lowerBound }
                ?? line.range(of: "20[0-9][0-9]-", options: .regularExpression)?.lowerBound
        }
        #expect(Set(zip(lines, starts).map { String($0[..<$1]).displayWidth }).count == 1)
    }

    /// What a run writes to a terminal, which `script` provides.
    private func onTerminal(
        _ tool: Tool, _ arguments: [String], _ environment: [String: String] = [:], columns: Int = 80
    ) async throws -> String {
        let variables = environment.map { "\($0)=\($1)" }.joined(separator: " ")
        let command = "stty cols \(columns); env \(variables) $TOOL \(arguments.joined(separator: " "))"
        #if canImport(Darwin)
        let result = try await tool.shell("script -q /dev/null /bin/sh -c '\(command)'")
        #else
        let result = try await tool.shell("script -qec '\(command)' /dev/null")
        #endif
        #expect(result.status == 0)
        return result.output
    }
}
