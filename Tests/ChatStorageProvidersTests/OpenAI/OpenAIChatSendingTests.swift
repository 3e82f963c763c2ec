import ChatStorageCore
import ChatStorageJSON
import Foundation
import Testing

@testable import ChatStorageProviders

@Suite("Chat Completions, sending")
struct OpenAIChatSendingTests {
    private func sent(_ messages: [ChatMessage]) throws -> (messages: [String], omissions: [Omission]) {
        let body = try OpenAIChat.body(for: messages)
        return (try elements(of: "messages", in: body), body.omissions)
    }

    private static func call(_ id: String) -> String {
        #"{"id":"\#(id)","type":"function","function":{"name":"f","arguments":"{}"}}"#
    }

    private static func result(_ id: String, _ content: String = "ok") -> String {
        #"{"role":"tool","tool_call_id":"\#(id)","content":"\#(content)"}"#
    }

    private static let noResult = "the call is left out: no result follows directly after its message"
    private static let noCall = "the result is left out: it does not directly follow a call that waits for it"

    @Test("what an app adds comes first, exactly and in order")
    func members() throws {
        let body = try OpenAIChat.body(
            for: [.user("Hi")], adding: ["model": "gpt-4.1", "tools": JSONText("[ {\"x\":1e2} ]"), "n": 1])
        #expect(
            String(decoding: body.data, as: UTF8.self)
                == #"{"model":"gpt-4.1","tools":[ {"x":1e2} ],"n":1,"messages":[{"role":"user","content":"Hi"}]}"#)
        #expect(throws: ProviderFormError(member: "messages", reason: "is written from the messages")) {
            try OpenAIChat.body(for: [], adding: ["messages": "x"])
        }
    }

    @Test("results of one message are a message each, directly after the calls")
    func results() throws {
        let calls = ChatMessage.assistant([
            .text("Both."), .toolCall("f", callID: "a", input: "{}"), .toolCall("f", callID: "b", input: "{}"),
        ])
        let results = ChatMessage.tool([.toolResult(callID: "b", output: "ok"), .toolResult(callID: "a", output: "ok")])
        let (messages, omissions) = try sent([calls, results])
        #expect(
            messages == [
                #"{"role":"assistant","content":"Both.","tool_calls":[\#(Self.call("a")),\#(Self.call("b"))]}"#,
                Self.result("b"), Self.result("a"),
            ])
        #expect(omissions.isEmpty)
    }

    @Test("calls without results and results without calls are left out, and named")
    func unpaired() throws {
        let two = ChatMessage.assistant([
            .toolCall("f", callID: "a", input: "{}"), .toolCall("f", callID: "b", input: "{}"),
        ])
        let (messages, omissions) = try sent([
            .user("Go"), two, .tool([.toolResult(callID: "b", output: "ok"), .toolResult(callID: "c", output: "ok")]),
            .assistant([.toolCall("f", callID: "d", input: "{}")]), .user("Stop"),
            .tool([.toolResult(callID: "d", output: "ok")]), .assistant([.toolCall("f", callID: "e", input: "{}")]),
        ])
        #expect(
            messages == [
                #"{"role":"user","content":"Go"}"#,
                #"{"role":"assistant","content":null,"tool_calls":[\#(Self.call("b"))]}"#,
                Self.result("b"), #"{"role":"user","content":"Stop"}"#,
            ])
        let nothing = "the message is left out: none of its parts can be sent"
        #expect(
            omissions == [
                Omission(message: 1, part: 0, reason: Self.noResult),
                Omission(message: 2, part: 1, reason: Self.noCall),
                Omission(message: 3, part: 0, reason: Self.noResult), Omission(message: 3, reason: nothing),
                Omission(message: 5, part: 0, reason: Self.noCall), Omission(message: 5, reason: nothing),
                Omission(message: 6, part: 0, reason: Self.noResult), Omission(message: 6, reason: nothing),
            ])
    }

    @Test("native messages lose only their calls without results")
    func nativeUnpaired() throws {
        let text =
            #"""
            {"role":"assistant","reasoning_content":"Hm","x":1.0,"content":"",\#
            "tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}},{"index":1,\#
            "id":"b","function":{"name":"g","arguments":"{}"}}]}
            """#
        let messages = try OpenAIChat.messages(from: json("[\(text),\(Self.result("b"))]"))
        #expect(
            try sent(messages).messages == [
                #"""
                {"role":"assistant","reasoning_content":"Hm","x":1.0,"content":"",\#
                "tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}]}
                """#,
                Self.result("b"),
            ])
        let (none, omissions) = try sent([messages[0], .user("Stop")])
        #expect(none == [#"{"role":"user","content":"Stop"}"#])
        #expect(
            omissions.map(\.reason) == [
                Self.noResult, Self.noResult, "the message is left out: none of its parts can be sent",
            ])
        let spoken = text.replacingOccurrences(of: #""content":"""#, with: #""content":"Well""#)
        let some = try OpenAIChat.messages(from: json("[\(spoken)]"))
        #expect(
            try sent(some).messages == [
                #"{"role":"assistant","reasoning_content":"Hm","x":1.0,"content":"Well"}"#
            ])
    }

    @Test("empty messages and empty texts are left out, and named")
    func empty() throws {
        let (messages, omissions) = try sent([
            .user(""), .assistant([]), .user(" \n"), .assistant([.text(""), .text("Hi")]), .system("S"),
        ])
        #expect(messages == [#"{"role":"assistant","content":"Hi"}"#, #"{"role":"system","content":"S"}"#])
        let empty = "the message is left out: it is empty"
        #expect(
            omissions == [
                Omission(message: 0, reason: empty), Omission(message: 1, reason: empty),
                Omission(message: 2, reason: empty),
                Omission(message: 3, part: 0, reason: "the text is left out: it is empty"),
            ])
    }

    @Test("a result within an answer parts it, as the API has it")
    func interleaved() throws {
        let message = ChatMessage.assistant([
            .text("a"), .toolCall("f", callID: "x", input: "{}"), .toolResult(callID: "x", output: "1"), .text("b"),
            .toolCall("f", callID: "y", input: "{}"), .toolResult(callID: "y", output: "2"), .text("c"),
        ])
        let (messages, omissions) = try sent([message])
        #expect(
            messages == [
                #"{"role":"assistant","content":"a","tool_calls":[\#(Self.call("x"))]}"#, Self.result("x", "1"),
                #"{"role":"assistant","content":"b","tool_calls":[\#(Self.call("y"))]}"#, Self.result("y", "2"),
                #"{"role":"assistant","content":"c"}"#,
            ])
        #expect(omissions.isEmpty)
    }

    @Test("what is not sent does not part a call from its result")
    func unsentBetween() throws {
        let calls = [MessagePart.toolCall("f", callID: "a", input: "{}"), .toolCall("f", callID: "b", input: "{}")]
        let results = [MessagePart.toolResult(callID: "a", output: "ok"), .toolResult(callID: "b", output: "ok")]
        let apart = try sent([.assistant(calls), .user(""), .tool([results[0]]), .system(" "), .tool([results[1]])])
        #expect(apart.messages.count == 3 && apart.omissions.map(\.message) == [1, 3])
        let inOne = try sent([.assistant(calls + [results[0], MessagePart(.source, text: "S"), results[1]])])
        #expect(inOne.messages.count == 3 && inOne.omissions.map(\.part) == [3])
    }

    @Test("an id that comes again in a later turn is another call")
    func sameIDs() throws {
        let turn: [ChatMessage] = [
            .assistant([.toolCall("f", callID: "a", input: "{}")]), .tool([.toolResult(callID: "a", output: "ok")]),
        ]
        let (messages, omissions) = try sent(turn + turn)
        #expect(messages.count == 4 && omissions.isEmpty)
        let twice = ChatMessage.assistant([
            .toolCall("f", callID: "a", input: "{}"), .toolCall("f", callID: "a", input: "{}"),
        ])
        #expect(try sent([twice, turn[1]]).omissions == [Omission(message: 0, part: 1, reason: Self.noResult)])
    }

    @Test("what only another API understands is left out, and named")
    func others() throws {
        let answer = ChatMessage.assistant([
            MessagePart(
                .reasoning, text: "Hm", native: NativeJSON(format: "anthropic.messages", json: try JSONText("{}"))),
            MessagePart(.text, text: "Hi", extra: [ExtraMember("x", try JSONText("1"))]),
            MessagePart(.source, text: "S"), MessagePart("hologram", text: "H"),
            .toolCall("search", callID: "srvtoolu_1", input: "{}"), .toolResult(callID: "srvtoolu_1", output: "[]"),
        ])
        let (messages, omissions) = try sent([answer])
        #expect(messages == [#"{"role":"assistant","content":"Hi"}"#])
        let server = "the part is left out: it is a call that another provider's server ran, or its result"
        #expect(
            omissions == [
                Omission(
                    message: 0, part: 0, reason: "the part is left out: the API does not take its kind, reasoning"),
                Omission(message: 0, part: 1, reason: "members are left out that the API has no place for: extra"),
                Omission(message: 0, part: 2, reason: "the part is left out: the API does not take its kind, source"),
                Omission(message: 0, part: 3, reason: "the part is left out: the API does not take its kind, hologram"),
                Omission(message: 0, part: 4, reason: server), Omission(message: 0, part: 5, reason: server),
            ])
    }

    // MARK: Files

    private static let image =
        #"""
        {"role":"user","content":[{"type":"text","text":"?"},{"type":"image_url",\#
        "image_url":{"url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}},{"type":"file",\#
        "file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERg=="}},\#
        {"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}}]}
        """#

    @Test("bytes that are taken out come back byte for byte")
    func extracted() async throws {
        var files: [String: FileBytes] = [:]
        let messages = try OpenAIChat.messages(from: json("[\(Self.image)]")) { file in
            files["app://\(files.count)"] = file
            return "app://\(files.count - 1)"
        }
        #expect(
            files["app://0"] == FileBytes(data: Data(base64Encoded: "iVBORw0KGgo=") ?? Data(), mediaType: "image/png"))
        #expect(files["app://1"]?.name == "a.pdf" && files["app://2"]?.mediaType == "audio/wav")
        #expect(messages[0].parts.map(\.file?.url) == [nil, "app://0", "app://1", "app://2"])
        #expect(
            messages[0].parts[2].file
                == MessageFile(mediaType: "application/pdf", name: "a.pdf", size: 4, url: "app://1"))
        #expect(messages[0].native?.json.text.contains("iVBOR") == false)
        let body = try OpenAIChat.body(for: await kept(messages)) { files[$0.url ?? ""]?.data }
        #expect(try elements(of: "messages", in: body) == [Self.image])
        #expect(body.omissions.isEmpty)
    }

    @Test("a hollow message never goes out unfilled")
    func hollow() throws {
        let messages = try OpenAIChat.messages(from: json("[\(Self.image)]")) { _ in "app://x" }
        let (sent, omissions) = try sent(messages)
        #expect(sent == [#"{"role":"user","content":"?"}"#])
        #expect(omissions.count == 4 && omissions.allSatisfy { $0.message == 0 })
    }

    @Test("native JSON that an app made, with white space around it, is filled too")
    func filledByApps() throws {
        let hollow = "\n " + Self.image.replacingOccurrences(of: "UklGRg==", with: "")
        let part = MessagePart.file(MessageFile(mediaType: "audio/wav", url: "app://1"))
        let others = [
            MessagePart.text("?"), .file(MessageFile(mediaType: "image/png")), .file(MessageFile(name: "a.pdf")),
        ]
        let native = NativeJSON(format: "openai.chat", json: try JSONText(hollow))
        let message = ChatMessage(role: .user, parts: others + [part], native: native)
        let body = try OpenAIChat.body(for: [message]) { _ in Data("RIFF".utf8) }
        #expect(try elements(of: "messages", in: body) == [Self.image])
    }

    @Test("what the caller does not take, or could not give back exactly, stays")
    func untouched() throws {
        let odd =
            #"""
            {"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,\#
            iVBORw0KGgq="}}]}
            """#
        for (text, url) in [(Self.image, nil), (odd, "app://x")] {
            let messages = try OpenAIChat.messages(from: json("[\(text)]")) { _ in url }
            #expect(try sent(messages).messages == [text])
        }
    }

    @Test("files of apps and of other APIs go as the API takes them")
    func files() throws {
        let files = [
            MessageFile(mediaType: "image/jpeg", url: "app://1"), MessageFile(mediaType: "audio/mpeg", url: "app://1"),
            MessageFile(mediaType: "application/pdf", name: "a.pdf", url: "app://1"),
            MessageFile(url: "https://x.org/a"),
            MessageFile(mediaType: "application/pdf", id: "file-1"),
            MessageFile(mediaType: "application/pdf", id: "file_1"),
            MessageFile(url: "https://x.org/a.pdf"), MessageFile(url: "ftp://x.org/a.png"),
        ]
        let body = try OpenAIChat.body(for: [.user(files.map(MessagePart.file))]) { file in
            file.url == "app://1" ? Data("abc".utf8) : nil
        }
        let content = try JSONFields.parse(elements(of: "messages", in: body)[0].utf8).member("content")
        #expect(
            content?.elementList.map(\.text) == [
                #"{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,YWJj"}}"#,
                #"{"type":"input_audio","input_audio":{"data":"YWJj","format":"mp3"}}"#,
                #"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,YWJj"}}"#,
                #"{"type":"image_url","image_url":{"url":"https://x.org/a"}}"#,
                #"{"type":"file","file":{"file_id":"file-1"}}"#,
            ])
        #expect(body.omissions.map(\.part) == [5, 6, 7])
    }

    @Test("further choices are named")
    func choices() throws {
        let text =
            #"""
            {"id":"r","choices":[{"index":1,"message":{"role":"assistant","content":"a"},\#
            "finish_reason":"length"},{"index":0,"message":{"role":"assistant","content":"b"}}],\#
            "x":123456789012345678901234567890,"usage":{"n":1}}
            """#
        var omissions: [Omission] = []
        let message = try OpenAIChat.message(from: json(text), omissions: &omissions)
        #expect(message.content == "a" && message.native == nil)
        #expect(message.metadata == ["response_id": "r", "stop_reason": "length", "index": 1, "usage": ["n": 1]])
        #expect(
            omissions == [
                Omission(message: 0, reason: "the member x is left out: metadata does not take its value"),
                Omission(reason: "choices[1] is left out: a message holds one answer"),
            ])
    }
}
