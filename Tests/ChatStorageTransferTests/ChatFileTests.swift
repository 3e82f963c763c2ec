import ChatStorageCore
import ChatStorageSupport
import ChatStorageTransfer
import Foundation
import Testing
import TestSupport

@Suite("Chat files")
struct ChatFileTests {
    @Test("an archive line is read with its id, title, roles, texts and times")
    func archive() async throws {
        let messages = [
            #"{"role": "system", "content": "", "created_at": "2026-11-22T08:17:51.5+01:00", "name": 3}"#,
            #"{"created_at": null, "content": "a\u00e9\n😀", "role": "user"}"#,
            #"{"role": "assistant", "content": "b"}"#,
        ].joined(separator: ", ")
        let entries = try await read(
            #"""
            {"conversation_id": "trip", "title": "Kyoto ⛩", "extra": {"x": [1]}, "messages": [\#(messages)]}

            {"conversation_id": null, "title": null, "messages": []}
            """#)
        #expect(entries.map(\.line) == [1, 3])
        let trip = try #require(entries[0].conversation)
        #expect(trip.id == "trip")
        #expect(trip.title == "Kyoto ⛩")
        #expect(trip.messages.map(\.role) == [.system, .user, .assistant])
        #expect(trip.messages.map(\.content) == ["", "aé\n😀", "b"])
        #expect(trip.leftOut == [] && trip.metadata == ["extra": ["x": [1]]])
        #expect(trip.messages.map(\.body.metadata) == [["name": 3], [:], [:]])
        #expect(trip.messages.map(\.createdAt) == [Timestamp("2026-11-22T07:17:51.5Z"), nil, nil])
        let empty = try #require(entries[1].conversation)
        #expect(empty.leftOut.isEmpty)
        #expect(empty.title == nil)
        #expect(empty.messages.isEmpty)
    }

    @Test("a file that somebody writes to while it is read is reported", arguments: [false, true])
    func changedFile(isChanged: Bool) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chats")
        let text = String(repeating: "x", count: 1_000)
        let line = #"{"messages": [{"role": "user", "content": "\#(text)"}]}"# + "\n"
        // More than is read at once.
        try Data(String(repeating: line, count: 2_000).utf8).write(to: URL(fileURLWithPath: path))
        var entries: [ChatFile.Entry] = []
        for try await entry in ChatFile(path: path, roles: RoleSet.standard.roles) {
            if entries.isEmpty, isChanged {
                let file = try #require(FileHandle(forWritingAtPath: path))
                try file.seekToEnd()
                try file.write(contentsOf: Data(line.utf8))
                try file.close()
            }
            entries.append(entry)
        }
        let damages = entries.filter(\.isDamage).map { $0.reason ?? "" }
        #expect(damages.count == (isChanged ? 1 : 0))
        #expect(damages.allSatisfy { $0.contains("changed while it was read") })
        #expect(entries.count(where: { $0.conversation != nil }) == (isChanged ? 2_001 : 2_000))
    }

    @Test("OpenAI's fine-tuning lines get ids from their content, the same in every file, and counted when they repeat")
    func derivedIDs() async throws {
        let line = #"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}"#
        let ids = try await read("\(line)\n\(line)\n{\"title\": \"t\", \(line.dropFirst())\n  \(line)\r\n").map {
            try #require($0.conversation).id.rawValue
        }
        #expect(ids[0] == "import-2929f201b086b108d869cf0db6d36f18dcd1bb8f-1")
        #expect(ids[1] == ids[0].dropLast() + "2")
        #expect(ids[3] == ids[0].dropLast() + "3")
        #expect(ids[2].hasSuffix("-1") && ids[2] != ids[0])
    }

    @Test("conversations that differ only in where their texts end have different derived ids")
    func unambiguousIDs() async throws {
        func message(_ role: String, _ content: String, _ time: String = "null") -> String {
            #"{"role": "\#(role)", "content": "\#(content)", "created_at": \#(time)}"#
        }
        let messages = [
            [message("user", "ab"), message("user", "c")], [message("user", "a"), message("user", "bc")],
            [message("user", "ab")], [message("assistant", "ab")], [message("user", "ab", #""2026-11-22T07:17:51Z""#)],
            [message("user", "ab", #""2026-11-22T07:17:52Z""#)], [],
        ]
        let lines =
            messages.map { #"{"messages": [\#($0.joined(separator: ", "))]}"# }
            + [#"{"title": "", "messages": []}"#]
        let ids = try await read(lines.joined(separator: "\n")).map { try #require($0.conversation).id }
        #expect(Set(ids).count == lines.count)
    }

    @Test("ShareGPT arrays are read, and a speaker that is not known costs only its conversation")
    func shareGPT() async throws {
        let entries = try await read(
            #"""
            [
              {"conversations": [{"from": "system", "value": "s"}, {"from": "human", "value": "h"},
                {"from": "gpt", "value": "g"}], "tools": "[]"},
              {"id": "two", "conversations": [{"from": "human", "value": "?"}]},
              {"conversations": [
                {"from": "human", "value": "secret"}, {"from": "narrator", "value": "secret"}]},
              {"id": 3, "conversations": []},
              {"conversations": []}
            ]
            """#)
        #expect(entries.map(\.line) == [2, 4, 5, 7, 8])
        #expect(entries[0].conversation?.messages.map(\.role) == [.system, .user, .assistant])
        #expect(entries[0].conversation?.messages.map(\.content) == ["s", "h", "g"])
        #expect(entries[0].conversation?.id.rawValue.hasPrefix("import-") == true)
        #expect(entries[1].conversation?.id == "two")
        #expect(
            entries[2].reason
                == #"conversations[1].from is "narrator", not one of: human, gpt, system, function_call, observation"#)
        #expect(entries[3].reason == "id is a number, not a string; a lenient import takes its digits")
        #expect(entries[4].conversation?.messages.isEmpty == true)
        #expect(entries.map(\.element) == [1, 2, 3, 4, 5])
        #expect(entries[1].id == "two" && entries[1].byte == 145)
    }

    @Test("id and conversation_id are the same in both formats; where they differ the other is kept in the metadata")
    func names() async throws {
        for messages in [#""messages": []"#, #""conversations": []"#] {
            let entries = try await read(
                """
                {"id": "a", \(messages)}
                {"conversation_id": "b", \(messages)}
                {"id": "other", "conversation_id": "c", \(messages)}
                {"id": "d", "conversation_id": "d", \(messages)}
                {"id": "e", "conversation_id": null, \(messages)}
                """)
            #expect(entries.map(\.id) == ["a", "b", "c", "d", "e"])
            #expect(entries.map { $0.conversation?.leftOut } == [[], [], [], [], []])
            #expect(entries.map { $0.conversation?.metadata } == [[:], [:], ["id": "other"], [:], [:]])
        }
    }

    @Test("other members are kept in the metadata if there is something in them; what has no place is named")
    func others() async throws {
        let name = String(repeating: "n", count: 50)
        let entries = try await read(
            #"""
            [{"system": "Be brief.", "tools": [], "tags": [ ], "meta": {}, "note": "", "none": null, "conversations": [
                {"from": "human", "value": "a", "weight": 0}, {"from": "gpt", "value": "b", "weight": 1, "model": "m"}]},
             {"\#(name)": false, "big": 12345678901234567890, "b\u0000": 1, "twice": {"a": 1, "a": 2},
              "conversations": [{"from": "gpt", "value": "", "long": "\#(String(repeating: "x", count: 70_000))"}]},
             {"conversations": [{"from": "gpt", "value": "Let me see.", "tool_calls": [{"name": "f"}]}]}]
            """#)
        let conversations = try entries.map { try #require($0.conversation, "\($0.content)") }
        #expect(conversations.map(\.leftOut) == [[], ["big", "b\0", "twice", "conversations[].long"], []])
        #expect(conversations.map(\.metadata) == [[:], [name: false], [:]])
        #expect(conversations[0].messages.map(\.content) == ["Be brief.", "a", "b"])
        #expect(
            conversations[0].messages.map(\.body.metadata) == [[:], ["weight": 0], ["weight": 1, "model": "m"]])
        #expect(conversations[2].messages[0].body.metadata == ["tool_calls": [["name": "f"]]])
    }

    @Test("in the library's own lines other members are left out and named; a message with nothing else is invalid")
    func othersInOwnLines() async throws {
        let message = #""role": "assistant", "content": """#
        let entries = try await read(
            #"""
            {"id": "i", "last_id": 1, "system": "s", "messages": [{"role": "user", "content": "a", "weight": 1}]}
            {"id": "i", "last_id": 1, "messages": [{\#(message), "tool_calls": [{"id": "c"}]}]}
            {"id": "i", "last_id": 1, "messages": [{\#(message), "tool_calls": [], "refusal": null}]}
            {"id": "i", "messages": [{\#(message), "files": ["\#(String(repeating: "x", count: 70_000))"]}]}
            """#)
        #expect(entries[0].conversation?.leftOut == ["system", "messages[].weight"])
        #expect(entries[0].conversation?.metadata == [:])
        #expect(entries[1].reason == "messages[0] has no text, only tool_calls, which is not kept")
        #expect(entries[1].id == "i")
        #expect(entries[2].conversation?.leftOut == [])
        #expect(entries[3].reason == "messages[0] has no text, only files, which is not kept")
    }

    @Test(
        "a bad line is named with its reason, without its texts",
        arguments: [
            ("nonsense", "is not valid JSON, at byte 1"),
            ("[]", "is an array, not an object"),
            ("42", "is a number, not an object"),
            ("{}", "has neither messages nor conversations"),
            (#"{"messages": [], "conversations": []}"#, "has both messages and conversations"),
            (#"{"messages": null}"#, "messages is null, not an array"),
            (#"{"messages": {}}"#, "messages is an object, not an array"),
            (#"{"messages": [], "messages": []}"#, "has two values of messages"),
            (
                #"{"messages": [], "conversation_id": 7}"#,
                "conversation_id is a number, not a string; a lenient import takes its digits"
            ),
            (#"{"messages": [], "title": ["secret"]}"#, "title is an array, not a string"),
            (#"{"messages": ["secret"]}"#, "messages[0] is a string, not an object"),
            (#"{"messages": [{"content": "secret"}]}"#, "messages[0].role is missing"),
            (#"{"messages": [{"role": "user"}]}"#, "messages[0].content is missing"),
            (#"{"messages": [{"role": "user", "content": null}]}"#, "messages[0].content is null, not a string"),
            (
                #"{"messages": [{"role": "user", "content": "secret", "content": "b"}]}"#,
                "has two values of messages[0].content"
            ),
            (
                #"{"messages": [{"role": "tool", "content": "secret"}]}"#,
                #"messages[0].role is "tool", not one of: assistant, system, user"#
            ),
            (
                #"{"messages": [{"role": "\#(String(repeating: "r", count: 41))", "content": ""}]}"#,
                #"messages[0].role is "\#(String(repeating: "r", count: 40))…", not one of: assistant, system, user"#
            ),
            (
                #"{"messages": [{"role": "user", "content": "", "created_at": "2026-02-30T00:00:00Z"}]}"#,
                "messages[0].created_at is not an RFC 3339 time"
            ),
            (
                #"{"messages": [{"role": "user", "content": "", "created_at": 1700000000}]}"#,
                "messages[0].created_at is a number, not a string; a lenient import takes it for a time since 1970"
            ),
            (
                #"{"messages": [{"role": "user", "content": "\ud800"}]}"#,
                "has a lone surrogate in a string, at byte 50; a lenient import puts U+FFFD in its place"
            ),
            (#"{"messages": [{"role": "user", "content": "secret"#, "ends within a string, at byte 50"),
        ])
    func badLines(line: String, reason: String) async throws {
        let good = #"{"messages": []}"#
        let entries = try await read("\(good)\n\n\(line)\n\(good)\n")
        #expect(entries.map(\.line) == [1, 3, 4])
        #expect(entries[1].reason == reason)
        #expect(entries[0].conversation != nil && entries[2].conversation != nil)
    }

    @Test("bytes that are not UTF-8 make a bad line")
    func invalidUTF8() async throws {
        let start = Array(#"{"messages": [{"role": "user", "content": ""#.utf8)
        let entries = try await read(bytes: start + [0xff] + Array(#""}]}"#.utf8))
        #expect(entries[0].reason == "is not valid UTF-8, in the string at byte 43")
    }

    @Test("a byte order mark at the beginning is skipped, also when it arrives in pieces")
    func byteOrderMark() async throws {
        let text = Array("\u{FEFF}\n [ {\"conversations\": []} ]".utf8)
        #expect(try await read(bytes: text).map(\.line) == [2])
        let entries = try await readFromPipe(text.map { [$0] })
        #expect(entries.map(\.line) == [2])
        #expect(entries[0].conversation != nil)
    }

    @Test("an empty file has no entries, a brace alone has one", arguments: ["", "\n \n", "\u{FEFF}", "{"])
    func shortFiles(text: String) async throws {
        #expect(try await read(text).count == (text == "{" ? 1 : 0))
    }

    @Test("what is wrong in an array names the byte in the file, in JSON Lines that in the line")
    func bytePositions() async throws {
        let array = try await read("\u{FEFF}[{\"conversations\": []},\n {\"id\": \"b\", \"conversations\": tru}]")
        #expect(array[1].reason == "is not valid JSON, at byte 58 of the file")
        #expect((array[1].line, array[1].element, array[1].byte) == (2, 2, 29))
        let lines = try await read("{\"messages\": []}\n{\"id\": tru}\n")
        #expect(lines[1].reason == "is not valid JSON, at byte 8")
        #expect((lines[1].line, lines[1].element, lines[1].byte) == (2, nil, 18))
    }

    @Test("a file that is not there, or is a folder, is unreadable and says why")
    func unreadable() async throws {
        let folder = try TemporaryFolder()
        for (path, words) in [(folder.path(of: "none"), "no such file or directory"), (folder.path, "is a directory")] {
            let error = await #expect(throws: ChatFileError.self) { for try await _ in ChatFile(path: path) {} }
            #expect(error?.code == .unreadable)
            #expect(error?.message == "cannot be read: \(words)")
        }
    }

    @Test("pieces longer than a read are read whole")
    func longLines() async throws {
        let texts = [10, 300_000, 700_000, 1].map { String(repeating: "é", count: $0) }
        let lines = texts.map { #"{"messages": [{"role": "user", "content": "\#($0)"}]}"# }
        let shareGPT = texts.map { #"{"conversations": [{"from": "human", "value": "\#($0)"}]}"# }
        for file in [lines.joined(separator: "\n"), "[\(shareGPT.joined(separator: ",\n"))]"] {
            let whole = try await read(file)
            #expect(whole.map { $0.conversation?.messages.first?.content } == texts)
            #expect(whole.map(\.line) == [1, 2, 3, 4])
            #expect(whole.last?.bytesRead == Int64(file.utf8.count))
        }
    }

    @Test("reading ends at once when the task is cancelled, though nothing comes from the pipe")
    func cancelled() async throws {
        let pipe = Pipe()
        let descriptor = FileDescriptor(pipe.fileHandleForReading.fileDescriptor, isOwned: false)
        try pipe.fileHandleForWriting.write(contentsOf: Array("{\"messages\": []}\n".utf8))
        let (first, continuation) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            for try await _ in ChatFile(descriptor) { continuation.yield() }
        }
        for await _ in first { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try pipe.fileHandleForWriting.close()
    }

    @Test("missing times are filled from their neighbours, and from the import's where none is known")
    func snapshot() throws {
        let importTime = Timestamp(microsecondsSinceEpoch: 7)
        func times(_ times: [Int64?]) -> ([Int64], Int64, Int64) {
            let snapshot = ArchivedConversation(
                id: "c",
                messages: times.map {
                    .init(role: .user, content: "", createdAt: $0.map(Timestamp.init(microsecondsSinceEpoch:)))
                }
            ).snapshot(importTime: importTime)
            #expect(snapshot.messages.map(\.sequence) == times.indices.map { Int64($0) + 1 })
            return (
                snapshot.messages.map(\.createdAt.microsecondsSinceEpoch), snapshot.createdAt.microsecondsSinceEpoch,
                snapshot.updatedAt.microsecondsSinceEpoch
            )
        }
        #expect(times([nil, 20, nil, 30, nil]) == ([20, 20, 20, 30, 30], 20, 30))
        #expect(times([nil, nil]) == ([7, 7], 7, 7))
        #expect(times([]) == ([], 7, 7))
    }

    func read(_ text: String) async throws -> [ChatFile.Entry] {
        try await TestFile.read(text)
    }

    func read(bytes: [UInt8]) async throws -> [ChatFile.Entry] {
        try await TestFile.read(bytes: bytes)
    }

    func readFromPipe(_ chunks: [[UInt8]]) async throws -> [ChatFile.Entry] {
        let pipe = Pipe()
        let descriptor = FileDescriptor(pipe.fileHandleForReading.fileDescriptor, isOwned: false)
        async let entries = ChatFile(descriptor).reduce(into: [ChatFile.Entry]()) { $0.append($1) }
        for chunk in chunks { try pipe.fileHandleForWriting.write(contentsOf: chunk) }
        try pipe.fileHandleForWriting.close()
        return try await entries
    }
}
