import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

@testable import chatstorage

@Suite("The import command")
struct ImportCommandTests {
    private let good = #"{"conversation_id": "good", "messages": [{"role": "user", "content": "hi"}]}"#
    private let bad = #"{"conversation_id": "bad", "messages": [{"role": "critic", "content": "secret"}]}"#

    @Test("bad lines are named with file, line and reason; the others go in; the status is 1")
    func badLines() async throws {
        let tool = try Tool()
        try tool.write("\n\(bad)\n\(good)\nx\n", to: "chats.jsonl")
        let result = try await tool.run("import", "chats.jsonl")
        #expect(result.status == 1)
        #expect(
            result.errors == """
                chats.jsonl:2: invalid: messages[0].role is "critic", not one of: assistant, developer, system, tool, user
                chats.jsonl:4: invalid: is not valid JSON, at byte 1

                """)
        #expect(result.output.hasPrefix("Imported 1 conversation with 1 message in "))
        #expect(result.output.hasSuffix("Invalid, not imported: 2.\n"))
        #expect(try await tool.run("list", "--json").output.contains("good"))
        #expect(try await !tool.run("list", "--json").output.contains("bad"))
    }

    @Test("--skip-invalid lists and counts bad lines and ends with status 0")
    func skipInvalid() async throws {
        let tool = try Tool()
        let text = """
            [{"id": "f", "conversations": [{"from": "human", "value": "a"}, {"from": "narrator", "value": "secret"}]},
            {"conversations": [{"from": "human", "value": "a"}]}]
            """
        try tool.write(text, to: "chats.json")
        for (arguments, status) in [(["import", "chats.json"], 1), (["import", "--skip-invalid", "chats.json"], 0)] {
            let result = try await tool.run(arguments, input: Data())
            #expect(result.status == status)
            let reason =
                #"conversations[1].from is "narrator", not one of: human, gpt, system, function_call, observation"#
            #expect(result.errors == "chats.json:1: element 1, id f, at byte 2: invalid: \(reason)\n")
            #expect(result.output.contains("Invalid, not imported: 1.\n"))
        }
    }

    @Test("a conversation that is there with other messages is different; the status is 1, with --skip-invalid too")
    func different() async throws {
        let tool = try Tool()
        _ = try await tool.run("add", "good", "user", "other")
        for flag in [[], ["--skip-invalid"]] {
            let result = try await tool.run(["import", "-"] + flag, input: Data(good.utf8))
            #expect(result.status == 1)
            #expect(
                result.errors == "standard input:1: different: conversation good is there with other messages\n")
            #expect(result.output.contains("Different, left as they are: 1.\n"))
        }
        #expect(try await tool.run("history", "good").output.contains("other"))
    }

    @Test("an import of nothing says so, without a rate")
    func nothing() async throws {
        let tool = try Tool()
        try tool.write(good, to: "one")
        try tool.write("\n", to: "blank")
        try tool.write(bad, to: "bad")
        #expect(try await tool.run("import", "blank").output == "No conversations in blank.\n")
        #expect(try await tool.run("import", "-", "blank").output == "No conversations in standard input, blank.\n")
        #expect(try await tool.run("import", "bad").output == "Imported nothing.\nInvalid, not imported: 1.\n")
        #expect(
            try await tool.run("import", "none").output == "Imported nothing.\nFiles that could not be read: 1.\n")
        _ = try await tool.run("import", "one")
        #expect(
            try await tool.run("import", "one", "bad").output
                == "Nothing new: 1 conversation is there already.\nInvalid, not imported: 1.\n")
    }

    @Test("what has no valid conversation makes no store, and the first one does")
    func noStore() async throws {
        let tool = try Tool()
        let path = tool.folder.path(of: "chat.db")
        try tool.write("", to: "empty")
        try tool.write(bad, to: "bad")
        try tool.write("id,text\n1,a\n2,b\n", to: "table.csv")
        try tool.write(#"{"resourceSpans": []}"#, to: "trace.json")
        for (file, status) in [("none", 1), ("empty", 0), ("bad", 1), ("table.csv", 1), ("trace.json", 1)] {
            let result = try await tool.run("import", file)
            #expect(result.status == status && result.errors.split(separator: "\n").count == status)
            #expect(!FileManager.default.fileExists(atPath: path), "\(file)")
        }
        try tool.write("\(bad)\n\(good)", to: "both")
        #expect(try await tool.run("import", "none", "both", "both").output.hasPrefix("Imported 1 conversation "))
        #expect(FileManager.default.fileExists(atPath: path))
        let unreachable = try await tool.run("import", "both", "--store", "no/chat.db")
        #expect(unreachable.status == 1 && unreachable.output.isEmpty)
        #expect(unreachable.errors == "chatstorage: no/chat.db: the folder of the database file does not exist\n")
    }

    @Test("the command that an error names can be pasted into a shell, whatever the file's name")
    func commands() async throws {
        let tool = try Tool()
        let wrapped = "[{\"conversations\": [\(good)]}]"
        for name in ["a b.json", "it's; exit 7 #", "-c", "$(false)*"] {
            try tool.write(wrapped, to: name)
            let result = try await tool.run("import", "--", name)
            let command = try #require(
                result.errors.firstMatch(of: /on its own line: (jq .+) \| chatstorage import -\n/))
            // What jq does, as far as it matters here.
            let jq = #"jq() { eval "last=\${$#}"; tr -d '\n' <"$last"; }"#
            #expect(try await tool.shell("\(jq); \(command.output.1)").output == wrapped)
        }
        let piped = try await tool.run("import", "-", input: wrapped)
        #expect(piped.errors.hasSuffix("on its own line: ... | jq -c '.[].conversations[]' | chatstorage import -\n"))
    }

    @Test("several files, some of them unreadable: each is named, the others go in")
    func files() async throws {
        let tool = try Tool()
        try tool.write(good, to: "one")
        try tool.write(Data([0x1f, 0x8b, 8, 0, 0]), to: "two.gz")
        try tool.write(good.replacing("good", with: "three"), to: "three")
        let result = try await tool.run("import", "one", "none", "two.gz", "three", "/")
        #expect(result.status == 1)
        #expect(
            result.errors == """
                none: cannot be read: no such file or directory
                two.gz: is compressed with gzip; decompress it first: gzip -dc two.gz | chatstorage import -
                /: cannot be read: is a directory

                """)
        #expect(result.output.hasPrefix("Imported 2 conversations with 2 messages in "))
        #expect(result.output.hasSuffix("Files that could not be read: 3.\n"))
    }

    @Test("named pipes and process substitutions are read like files")
    func pipes() async throws {
        let tool = try Tool()
        try tool.write(good, to: "one")
        let result = try await tool.shell("mkfifo pipe; cat one >pipe & $TOOL import pipe <(sed s/good/two/ one)")
        #expect(result.status == 0)
        #expect(result.output.hasPrefix("Imported 2 conversations with 2 messages in "))
        #expect(result.errors.isEmpty)
    }

    @Test("with nothing valid in a file the status is 1, with --skip-invalid too, whatever other files have")
    func nothingValid() async throws {
        let tool = try Tool()
        try tool.write(bad, to: "bad")
        try tool.write(good, to: "good")
        for files in [["bad"], ["good", "bad"], ["bad", "good"]] {
            #expect(try await tool.run(["import", "--skip-invalid"] + files, input: Data()).status == 1)
        }
        try tool.write("\(bad)\n\(good)", to: "both")
        #expect(try await tool.run("import", "--skip-invalid", "both").status == 0)
    }

    @Test("a store that import makes takes tools' messages; one that is there says how it would")
    func roles() async throws {
        guard try TestBackends.sqlite.isSelected() else { return }
        let tool = try Tool()
        let advice =
            #"messages[0].role is "tool", not one of: assistant, system, user; --roles with-tools makes the store take it"#
        try tool.write(bad.replacing("critic", with: "tool"), to: "chats.jsonl")
        for store in ["there.db", "new.db"] {
            if store == "there.db" {
                let added = try await tool.run("add", "--store", "sqlite:there.db", "c", "user", "x")
                #expect(added.status == 0)
            }
            let result = try await tool.run("import", "--store", "sqlite:\(store)", "chats.jsonl")
            #expect(result.errors.contains(advice) == (store == "there.db"), "\(result.errors)")
            #expect(result.status == (store == "there.db" ? 1 : 0))
        }
        let again = try await tool.run("import", "--store", "sqlite:new.db", "chats.jsonl")
        #expect(again.output == "Nothing new: 1 conversation is there already.\n")
    }

    @Test("ten problems of a kind are shown, and how many more there are")
    func kinds() async throws {
        let tool = try Tool()
        try tool.write(String(repeating: "\(bad)\n{}\n", count: 1_500) + good, to: "chats.jsonl")
        let result = try await tool.run("import", "--skip-invalid", "chats.jsonl")
        #expect(result.status == 0)
        // On a busy machine there is time for a line of progress.
        let lines = result.errors.split(separator: "\n").filter { !$0.hasSuffix(" a second") }
        #expect(lines.count == 22)
        #expect(lines[19] == "chats.jsonl:20: invalid: has neither messages nor conversations")
        #expect(
            lines[20]
                == #"chats.jsonl: 1,490 more: invalid: messages[N].role is "critic", not one of: assistant, "#
                + "developer, system, tool, user")
        #expect(lines[21] == "chats.jsonl: 1,490 more: invalid: has neither messages nor conversations")
        #expect(result.output.hasSuffix("Invalid, not imported: 3,000.\n"))
    }

    @Test("kinds of problems are no more than a hundred, whatever names a file has")
    func boundedKinds() {
        var kinds = ProblemKinds()
        let letters = Array("abcdefghijklmnopqrstuvwxyz")
        let shown = (0..<676).count { kinds.count("role \(letters[$0 / 26])\(letters[$0 % 26])") }
        #expect(shown == 110)
        #expect(kinds.rest == ["566 more: other problems"])
    }

    @Test("a damaged array whose rest is not read ends with 1, with --skip-invalid too; one that is read on does not")
    func damagedArray() async throws {
        let tool = try Tool()
        func element(_ id: String) -> String {
            #"{"id": "\#(id)", "conversations": [{"from": "human", "value": "a"}]}"#
        }
        let broken = #"{"id": "x", "conversations": ["a" pipe"]}"#
        try tool.write("[\(element("a")),\n\(broken),\n\(element("b"))]", to: "on.json")
        let on = try await tool.run("import", "--skip-invalid", "on.json")
        #expect(on.status == 0 && on.output.hasPrefix("Imported 2 conversations "))
        #expect(
            on.errors == """
                on.json:2: element 2 at byte 67: invalid: is not valid JSON, at byte 101 of the file; reading went on at \
                line 3, byte 110 of the file

                """)
        try tool.write("[\(element("c")),\n\(broken),\n{\"", to: "rest.json")
        let rest = try await tool.run("import", "--skip-invalid", "rest.json")
        #expect(rest.status == 1 && rest.output.hasPrefix("Imported 1 conversation "))
        #expect(
            rest.output.hasSuffix(
                "Invalid, not imported: 1.\nFiles that are damaged, or were not read to their end: 1.\n"))
        #expect(
            rest.errors == """
                rest.json:2: element 2 at byte 67: invalid: is not valid JSON, at byte 101 of the file; the rest of \
                the file, from line 2, byte 67, was not read

                """)
    }

    @Test("what is left out is named once, with the number of conversations")
    func leftOut() async throws {
        let tool = try Tool()
        try tool.write(
            """
            {"tools": 12345678901234567890, "messages": [{"role": "user", "content": "a", "name": "n", "big": 1e999}]}
            {"messages": [{"role": "user", "content": "b", "big": 1e999}, {"role": "user", "content": "b", "big": 1e999}]}
            {"messages": [{"role": "user", "content": "c", "big": null, "weight": 1}]}

            """, to: "chats.jsonl")
        let result = try await tool.run("import", "chats.jsonl")
        #expect(result.status == 0 && result.errors.isEmpty)
        #expect(
            result.output.hasSuffix(
                """

                Left out, since the store has no place for it:
                  messages[].big in 2 conversations
                  tools in 1 conversation

                """))
    }

    @Test("--lenient mends what can be mended, and counts each kind; without it the reason says what it would do")
    func lenient() async throws {
        let tool = try Tool()
        try tool.write(
            """
            {"id": 7, "messages": [{"role": "User", "content": "a", "created_at": 1700000000},
             {"role": "ai", "content": "b", "created_at": "2023-11-14T22:13:19"}]}
            """.replacing("\n", with: ""), to: "chats.jsonl")
        let strict = try await tool.run("import", "chats.jsonl")
        #expect(strict.status == 1)
        #expect(
            strict.errors == "chats.jsonl:1: invalid: id is a number, not a string; a lenient import takes its digits\n"
        )
        let result = try await tool.run("import", "--lenient", "--time-zone", "+00:00", "chats.jsonl")
        #expect(result.status == 0 && result.errors.isEmpty)
        #expect(
            result.output.hasSuffix(
                """

                Mended:
                  roles in another spelling, taken for the usual one: 2
                  numbers in place of texts, taken as their digits: 1
                  times earlier than the one before, raised to it: 1
                  times that are numbers, counted from 1970: 1
                  times without a zone, given one: 1

                """))
        #expect(try await tool.run("history", "7").output.contains("b"))
        let again = try await tool.run("import", "--lenient", "chats.jsonl")
        #expect(again.output.hasPrefix("Nothing new: 1 conversation is there already.\n"))
        for arguments in [["--time-zone", "Z"], ["--lenient", "--time-zone", "Vienna"]] {
            #expect(try await tool.run(["import", "chats.jsonl"] + arguments, input: Data()).status == 64)
        }
    }

    @Test("files that are something else say what they are in one line")
    func otherFiles() async throws {
        let tool = try Tool()
        try tool.write("[{\"conversations\": [\(good)]}]", to: "around.json")
        try tool.write(#"{"resourceSpans": [{"scopeSpans": []}]}"#, to: "trace.json")
        try tool.write(Data([0x50, 0x4b, 3, 4, 20, 0, 0, 0]), to: "export.zip")
        #if os(Linux)
        let isZIP = "is a ZIP archive that is damaged, or of a kind that cannot be read"
        #else
        let isZIP = "is a ZIP archive"
        #endif
        let result = try await tool.run("import", "--skip-invalid", "around.json", "trace.json", "export.zip")
        #expect(result.status == 1)
        #expect(
            result.errors == """
                around.json: is an object around conversations; put each conversation on its own line: \
                jq -c '.[].conversations[]' around.json | chatstorage import -
                trace.json: is an OpenTelemetry trace; not read yet
                export.zip: \(isZIP); unpack it and import the chats' file in it

                """)
        #expect(result.output == "Imported nothing.\nFiles that could not be read: 3.\n")
    }

    @Test("a conversation that the store refuses to take costs no other; it is counted and named, and the status is 1")
    func failedConversation() async throws {
        guard try TestBackends.sqlite.isSelected() else { return }
        let tool = try Tool()
        let lines = (1...50).map {
            good.replacing("good", with: "c\($0)").replacing("hi", with: $0 == 7 ? "odd" : "hi")
        }
        try tool.write(lines.joined(separator: "\n"), to: "chats.jsonl")
        _ = try await tool.run("add", "other", "user", "hi")
        try TestSQLiteConnection(path: tool.folder.path(of: "chat.db")).execute(
            """
            CREATE TRIGGER strict BEFORE INSERT ON chat_messages WHEN NEW.content = 'odd'
            BEGIN SELECT RAISE(ABORT, 'no'); END
            """)
        let result = try await tool.run("import", "--skip-invalid", "chats.jsonl")
        #expect(result.status == 1)
        #expect(result.errors.hasPrefix("chats.jsonl:7: failed: conversation c7: "))
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(result.output.hasPrefix("Imported 49 conversations with 49 messages in "))
        #expect(result.output.hasSuffix("Failed because of the store's own data: 1.\n"))
    }

    @Test("an interrupted import leaves only whole conversations and says what it did", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) async throws {
        let tool = try Tool()
        let run = try RunningTool(tool, "import", "-")
        let messages = Array(repeating: #"{"role": "user", "content": "hi"}"#, count: 50).joined(separator: ", ")
        let lines = (1...200).map { #"{"conversation_id": "c\#($0)", "messages": [\#(messages)]}"# }
        try await run.write(String(lines.joined(separator: "\n").dropLast(10)))

        let storage = try await SQLiteBackend(path: tool.folder.path(of: "chat.db"))
        while try await count(storage) < 10 { await Task.yield() }
        kill(run.processID, signal)
        let result = try await run.end()
        #expect(result.status == 128 + signal)
        #expect(result.output.hasPrefix("Interrupted: "))
        // On a busy machine there is time for a line of progress.
        #expect(result.errors.split(separator: "\n").allSatisfy { $0.hasSuffix(" a second") })
        let stored = try await count(storage)
        #expect(result.output.contains("Imported \(stored) conversations with \((stored * 50).grouped) messages in "))
        for try await conversation in storage.allConversations() {
            #expect(try await storage.messages(of: conversation.id, limit: 100).count == 50)
        }
        try await storage.close()
    }

    @Test(
        "a signal that the tool was started to ignore stays ignored",
        // A shell without job control starts what runs in its background so that it ignores SIGINT.
        arguments: [("trap '' HUP", "HUP"), ("true", "INT")])
    func ignoredSignals(preparation: String, signal: String) async throws {
        let tool = try Tool()
        try tool.write(good + "\n", to: "one")
        try tool.write(good.replacing("good", with: "two") + "\n", to: "two")
        // What is read from the pipe comes in pieces; the first is stored once the tool listens to signals.
        let result = try await tool.shell(
            """
            \(preparation); mkfifo pipe; $TOOL import pipe & tool=$!; exec 3>pipe
            cat one >&3; until $TOOL history good 2>/dev/null | grep -q role; do :; done
            kill -\(signal) $tool; cat two >&3; exec 3>&-; wait $tool; echo "status $?"
            """)
        #expect(result.output.hasPrefix("Imported 2 conversations with 2 messages in "))
        #expect(result.output.hasSuffix("status 0\n"))
    }

    private func count(_ storage: some ChatStorage) async throws -> Int {
        do {
            return try await storage.conversations(limit: .max).count
        } catch let error as ChatStorageError where error.code == .notPrepared {
            return 0
        }
    }
}
