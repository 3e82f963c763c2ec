import ChatStorageCore
import ChatStorageSupport
import ChatStorageTransfer
import Foundation
import TestSupport
import Testing

/// What kind of file it is, and what is refused as a whole.
extension ChatFileTests {
    @Test(
        "a file that cannot be chats is refused as a whole",
        arguments: [
            (NamedBytes("gzip", [0x1f, 0x8b, 0x08, 0x00]), .compressed),
            (NamedBytes("UTF-16, little-endian", [0xff, 0xfe, 0x7b, 0x00]), .notUTF8),
            (NamedBytes("UTF-16, big-endian", [0xfe, 0xff, 0x00, 0x7b]), .notUTF8),
            (NamedBytes("gzip, its magic number alone", [0x1f, 0x8b]), .compressed),
            (NamedBytes("UTF-16 without a mark", [0x5b, 0x00, 0x7b, 0x00]), .notUTF8),
            (NamedBytes("ZIP", [0x50, 0x4b, 0x03, 0x04, 0x14, 0x00]), .compressed),
            (NamedBytes("Zstandard", [0x28, 0xb5, 0x2f, 0xfd, 0x04]), .compressed),
            (NamedBytes("SQLite", Array("SQLite format 3\0".utf8)), .otherFormat),
            (NamedBytes("HTML", Array("<!DOCTYPE html>\n<html>".utf8)), .otherFormat),
            (NamedBytes("CSV", Array("\u{FEFF}Title,Time,\"Author\"\r\n\"a\nb\",1,x\r\n".utf8)), .otherFormat),
            (NamedBytes("CSV, its names alone", Array("id;Prénom".utf8)), .otherFormat),
            (NamedBytes("tab-separated values", Array("role\tcontent text\nuser\t{}".utf8)), .otherFormat),
        ] as [(NamedBytes, ChatFileError.Code)])
    func refusedFiles(file: NamedBytes, code: ChatFileError.Code) async throws {
        let error = await #expect(throws: ChatFileError.self) { try await read(bytes: file.bytes) }
        #expect(error?.code == code)
    }

    @Test(
        "a first line that is no JSON is one invalid entry if conversations follow",
        arguments: ["role,content", "a, b", "Hello", "Hello, world!", "\"role\": \"user\",", ",", "1,,2"])
    func firstLines(line: String) async throws {
        let good = #"{"messages": []}"#
        for text in ["\(line)\n\n\(good)\n", "\(line)\r\n\(good)"] {
            for entries in [try await read(text), try await readFromPipe(text.utf8.map { [$0] })] {
                #expect(entries.map { $0.conversation != nil } == [false, true])
            }
        }
    }

    @Test(
        "lines of text that cannot be the names of columns are one invalid entry each",
        arguments: ["Hello", "Hello, world!", "1,,2"])
    func otherText(line: String) async throws {
        #expect(try await read("\(line)\n\(line)\n").map { $0.reason != nil } == [true, true])
    }

    @Test(
        "objects over several lines are read; a damaged first line is no such object",
        arguments: [
            ("{\n  \"messages\": [\n    {\"role\": \"user\", \"content\": \"hi\"}\n  ]\n}\n", true),
            ("\n{\"messages\": [\n{\"role\": \"user\",\n\"content\": \"hi\"}]}", true),
            ("{ \"messages\":\r\n\r\n[] }\r\n{ \"messages\":\r\n[] }", true),
            ("{\n", false), ("{\n}x\n", false), ("{\"messages\": [\n", false),
            ("{\"messages\": [\n{\"messages\": []}\n", false),
            ("{\"messages\": [{\"role\": \"us\n{\"messages\": []}\n", false),
            ("{\"messages\": []}\n{\n\"messages\": []}\n", false),
        ])
    func spreadObject(text: String, isRead: Bool) async throws {
        // The same where it comes in pieces.
        for entries in [try await read(text), try await readFromPipe(text.utf8.map { [$0] })] {
            #expect(entries.contains { $0.reason != nil } == !isRead)
            #expect(entries.count == (text.utf8.contains(0x0d) ? 2 : 1) || !isRead)
        }
    }

    @Test("after a damaged object over several lines the next one is read")
    func damagedSpreadObject() async throws {
        let good = "{\n  \"id\": \"ID\",\n  \"messages\": [\n{\"role\": \"user\", \"content\": \"hi\"}]\n}"
        let texts = ["a", "b", "c"].map { good.replacing("ID", with: $0) }
        let entries = try await read(
            [texts[0], texts[1].replacing("[\n", with: "[[\n"), texts[2]].joined(separator: "\n"))
        #expect(entries.map { $0.conversation?.id } == ["a", nil, "c"])
        #expect(entries.map(\.line) == [1, 6, 11])
        #expect(entries[1].reason?.hasPrefix("is not valid JSON, at byte ") == true)
        #expect(entries[1].reason?.hasSuffix(" of the file") == true)
        let cutOff = try await read("\(texts[0])\n\(texts[1].dropLast(3))")
        #expect(cutOff.map(\.reason) == [nil, "is cut off by the end of the file"])
    }

    @Test(
        "exports that are not read yet are named, on one line or several",
        arguments: [
            (#"{"$schemaVersion": "1.0", "generated_items": [], "original_input": "hi"}"#, "OpenAI's agents"),
            (#"{"resourceSpans": [{"scopeSpans": []}]}"#, "an OpenTelemetry trace"),
            (#"[{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]"#, "a list of messages"),
        ])
    func knownFormats(text: String, name: String) async throws {
        let spread = text.replacing("{", with: "{\n").replacing(", \"", with: ",\n\"")
        for text in [text, spread] {
            let error = await #expect(throws: ChatFileError.self) { try await read("\u{FEFF}\(text)\n") }
            #expect(error?.code == .otherFormat)
            #expect(error?.message.contains(name) == true && error?.message.hasSuffix("; not read yet") == true)
        }
        // After a conversation it is an invalid one like others.
        if text.hasPrefix("{") {
            let entries = try await read("{\"messages\": []}\n\(text)")
            #expect(entries[0].conversation != nil && entries[1].reason?.hasSuffix("; not read yet") == true)
        }
    }

    @Test(
        "files of an export without conversations are named, on one line or several",
        arguments: [
            (#"{"id": "u", "email": "a@b.c", "chatgpt_plus_user": true, "phone_number": null}"#, "ChatGPT"),
            (#"[{"id": "i", "conversation_id": "c", "user_id": "u", "rating": "thumbs_up"}]"#, "ChatGPT"),
            (#"[{"id": "i", "conversation_id": "c", "title": "t", "is_anonymous": true}]"#, "ChatGPT"),
            (#"{"export_files": [], "logical_files": {}, "version": 1}"#, "ChatGPT"),
            (#"[{"uuid": "p", "name": "n", "description": "", "docs": []}]"#, "Claude"),
            (#"[{"uuid": "u", "full_name": "n", "email_address": "a@b.c"}]"#, "Claude"),
            (#"[{"conversations_memory": "m", "account_uuid": "u"}]"#, "Claude"),
        ])
    func sideFiles(text: String, name: String) async throws {
        for text in [text, text.replacing("{", with: "{\n").replacing(", \"", with: ",\n\"")] {
            let error = await #expect(throws: ChatFileError.self) { try await read(text) }
            #expect(error?.code == .otherFormat && error?.message.contains(name) == true)
            #expect(error?.message.hasSuffix("; it has no conversations") == true && error?.command == nil)
        }
    }

    @Test("what has messages is a conversation, if a wrong one, whatever else it has")
    func conversationWithOthers() async throws {
        let text = #"{"conversation_id": "c", "rating": 1, "messages": [{"role": "user"}]}"#
        #expect(try await read(text).map(\.reason) == ["messages[0].content is missing"])
    }

    @Test("the error for an object over several lines without messages advises no command")
    func otherObject() async throws {
        let text = "{\n\"a\": {\"messages\": []},\n\"b\": 1\n}"
        let error = await #expect(throws: ChatFileError.self) { try await read(text) }
        #expect(error?.message == "is a JSON object with neither messages nor conversations")
        #expect(error?.command == nil)
        // Others may follow, or it is too long to be looked at whole.
        let long = "{\n\"a\": \"\(String(repeating: "x", count: 2 << 20))\",\n\"messages\": []}"
        #expect(try await read("\(text)\n\n{\n\"messages\": []}").map { $0.conversation == nil } == [true, false])
        #expect(try await read(long)[0].conversation?.leftOut == ["a"])
    }

    @Test("an object around conversations is read, one in an array says how to take it away")
    func wrapper() async throws {
        let conversation = #"{"id": "c", "messages": [{"role": "user", "content": "hi"}]}"#
        let object = #"{"v": 1, "conversations": [\#(conversation), \#(conversation)], "w": [1], "x": {}}"#
        for text in [object, object.replacing("{", with: "{\n").replacing("]", with: "\n]")] {
            let entries = try await read("\u{FEFF}\(text)\n")
            #expect(entries.map { $0.conversation?.id } == ["c", "c"])
            #expect(entries.map { $0.conversation?.leftOut } == [["v"], ["w"]])
            #expect(entries.map(\.element) == [1, 2])
        }
        for text in [object, object.replacing("{", with: "{\n")] {
            let error = await #expect(throws: ChatFileError.self) { try await read("[\(text)]") }
            #expect(error?.message == "is an object around conversations; put each conversation on its own line")
            #expect(error?.command == "jq -c '.[].conversations[]'")
        }
        // In a conversation of ShareGPT's form this member has the turns.
        #expect(try await read(#"{"conversations": [{"from": "human", "value": "hi"}]}"#)[0].conversation != nil)
    }

    @Test("nothing is read after an export of an unsupported format")
    func nothingAfterRefusal() async throws {
        let folder = try TemporaryFolder()
        let text = #"{"messages": [{"versions": [], "currentlySelected": 0}]}"# + "\n{\"messages\": []}\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path(of: "chats")))
        var iterator = ChatFile(path: folder.path(of: "chats")).makeAsyncIterator()
        do {
            _ = try await iterator.next()
            Issue.record("it was read")
        } catch is ChatFileError {}
        #expect(try await iterator.next() == nil)
    }
}
