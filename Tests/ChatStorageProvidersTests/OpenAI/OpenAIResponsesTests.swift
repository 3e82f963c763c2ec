import ChatStorageCore
import ChatStorageJSON
import Foundation
import Testing

@testable import ChatStorageProviders

@Suite("Responses")
struct OpenAIResponsesTests {
    func sent(
        _ messages: [ChatMessage], _ mode: OpenAIResponses.Mode = .stateless
    ) throws -> (items: [String], omissions: [Omission]) {
        let body = try OpenAIResponses.body(for: messages, mode)
        return (try elements(of: "input", in: body), body.omissions)
    }

    func messages(_ items: String...) throws -> [ChatMessage] {
        try OpenAIResponses.messages(from: json("[" + items.joined(separator: ",") + "]"))
    }

    // MARK: Exactness

    /// What the portable members of parts say, so that nothing is kept twice.
    static let portable = [
        #"{"role":"user","content":"Hi"}"#, #"{"role":"system","content":"S"}"#, #"{"role":"developer","content":"D"}"#,
        #"{"role":"assistant","content":"Hi"}"#,
        #"""
        {"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_image",\#
        "image_url":"https://x.org/a","detail":"auto"}]}
        """#,
        #"{"id":"rs_1","type":"reasoning","summary":[]}"#,
        #"""
        {"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text",\#
        "annotations":[],"logprobs":[],"text":"Hi"}],"role":"assistant"}
        """#,
        #"""
        {"id":"msg_2","type":"message","status":"completed","content":[{"type":"output_text",\#
        "annotations":[],"logprobs":[],"text":"a"},{"type":"refusal","refusal":"b"}],\#
        "role":"assistant"}
        """#,
        #"""
        {"id":"fc_1","type":"function_call","status":"completed","arguments":"{\"n\":1e2,\"k\"\#
        :123456789012345678901234567890","call_id":"a","name":"f"}
        """#,
        #"{"type":"function_call_output","call_id":"a","output":"not JSON"}"#,
        #"{"type":"function_call","call_id":"b","name":"f","arguments":"{\"u\":\"a\\/b\\ud83d\\u0000\",\"u\":1.0}"}"#,
        #"{"type":"function_call_output","call_id":"b","output":"{\"b\": 1e2,\"a\":1.0}"}"#,
    ]

    @Test("what parts say alone has no native JSON")
    func withoutNative() async throws {
        for item in Self.portable {
            let message = try #require(messages("\n \(item) ").first)
            #expect(
                message.parts.allSatisfy { $0.native == nil && $0.extra.isEmpty } && message.native == nil, "\(item)")
        }
        let all = try OpenAIResponses.messages(from: json("[" + Self.portable.joined(separator: ",") + "]"))
        #expect(try sent(await kept(all), .whole).items == Self.portable)
        #expect(all[0].isPlain && all[1].isPlain && all[2].isPlain)
    }

    /// What only the exact JSON says.
    static let native = [
        #"{"content":"Hi","role":"user"}"#, #"{"role":"user","content":"a\/b"}"#,
        #"{"role":"user","content":"\ud83d"}"#,
        #"{"role":"user","content":"a\u0000b"}"#, #"{"role":"user","content":"a","content":"b"}"#,
        #"{"type":"message","role":"user","content":[{"type":"input_text","text":"Hi"}]}"#,
        #"{"role":"assistant","content":"Hi","phase":"commentary"}"#,
        #"""
        {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"a"},\#
        {"type":"summary_text","text":"b"}],"encrypted_content":"gAAA\/"}
        """#,
        #"""
        {"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text",\#
        "annotations":[{"type":"url_citation","url":"https://x.org","title":"X","start_index":0,\#
        "end_index":1e0}],"logprobs":[],"text":"a"},{"type":"output_text","annotations":[],\#
        "text":"b"},{"type":"hologram","x":1.0}],"role":"assistant"}
        """#,
        #"{"id":"msg_2","type":"message","status":"completed","content":[],"role":"assistant"}"#,
        #"""
        { "type" : "quantum_call", "id":"q_1", "call_id":"q", "name":"n", "input":{"b":1e2, \#
        "a":123456789012345678901234567890}, "status":"done" }
        """#,
        #"{"type":"item_reference","id":"msg_9"}"#, #"{"role":"critic","content":"Hi"}"#,
        #"{"type":"mcp_approval_request","id":"mcpr_1","server_label":"s","name":"n","arguments":"{}"}"#,
        #"{"type":"mcp_approval_response","approval_request_id":"mcpr_1","approve":true}"#,
    ]

    @Test("anything else goes back byte for byte", arguments: native.indices)
    func withNative(index: Int) throws {
        let item = Self.native[index]
        let message = try #require(messages(item).first)
        let native = NativeJSON(format: "openai.responses", json: try JSONText(item))
        #expect(message.parts[0].native == native)
        #expect(message.parts.dropFirst().allSatisfy { $0.native == nil })
        // An empty item and an answer to no question are not sent.
        if item.contains(#""content":[]"#) || item.contains("mcp_approval_response") { return }
        let (items, omissions) = try sent([message, .user("x")], .whole)
        if message.parts[0].kind == .reasoning {
            let refused = "the reasoning is left out: no item follows it, which the API refuses"
            #expect(items.count == 1 && omissions.first == Omission(message: 0, part: 0, reason: refused))
        } else {
            #expect(items == [item, #"{"role":"user","content":"x"}"#])
        }
    }

    @Test("and comes back from a store, with parts that show what they can")
    func parts() async throws {
        let items = Self.native.filter { !$0.contains("critic") }
        let all = try OpenAIResponses.messages(from: json("[" + items.joined(separator: ",") + "]"))
        let (sent, omissions) = try sent(await kept(all), .whole)
        #expect(sent == items.filter { !$0.contains(#""content":[]"#) })
        #expect(omissions.map(\.reason) == ["the text is left out: it is empty"])
        #expect(all.prefix(6).map(\.content) == ["Hi", "a/b", "\u{FFFD}", "a\u{FFFD}b", "b", "Hi"])
        let answer = all[6].parts
        #expect(
            answer.map(\.kind) == [
                .text, .reasoning, .text, .source, .text, "hologram", .text, "quantum_call", "item_reference",
                "mcp_approval_request",
            ])
        #expect(answer[1].text == "a\nb" && answer[3].file?.url == "https://x.org" && answer[6].text == nil)
        #expect(answer[7].callID == "q" && answer[7].name == "n" && answer[7].status == "done" && answer[7].id == "q_1")
        #expect(answer[7].input == #"{"b":1e2, "a":123456789012345678901234567890}"#)
        #expect(all[7].role == .tool && all[7].parts[0].callID == "mcpr_1")
    }

    @Test("an edited part never sends its old text, nor do its neighbours")
    func edited() throws {
        var message = try messages(Self.native[8])[0]
        message.parts[0].text = "edited"
        #expect(
            try sent([message], .whole).items == [
                #"""
                {"id":"msg_1","type":"message","status":"completed",\#
                "content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"edited"},\#
                {"type":"output_text","annotations":[],"logprobs":[],"text":"b"}],\#
                "role":"assistant"}
                """#
            ])
        // The native JSON is on the first part, and has the text of the third.
        message = try messages(Self.native[8])[0]
        message.parts[2].text = "edited"
        let (items, omissions) = try sent([message], .whole)
        #expect(items.joined().contains("edited") && !items.joined().contains(#""text":"b""#))
        #expect(
            omissions.contains(
                Omission(
                    message: 0, part: 0,
                    reason: "the part's native JSON (openai.responses) is left out; its other members are sent")))
        message = try messages(Self.native[8])[0]
        message.parts[1].text = "another title"
        #expect(!(try sent([message], .whole).items.joined().contains("https://x.org")))
        message = try messages(Self.native[8])[0]
        message.parts.remove(at: 2)
        #expect(!(try sent([message], .whole).items.joined().contains(#""text":"b""#)))
    }

    @Test("more sources than a message can have stay in the item alone")
    func sources() async throws {
        let source = #"{"type":"url_citation","url":"https://x.org","title":"X"}"#
        let sources = Array(repeating: source, count: 1_200).joined(separator: ",")
        let item = Self.text.replacingOccurrences(of: #"{"type":"file_citation","file_id":"file-1"}"#, with: sources)
        let message = try OpenAIResponses.message(from: json(#"{"output":[\#(item)]}"#))
        #expect(message.parts.map(\.kind) == [.text])
        #expect(try sent(await kept([message])).items == [item])
        let annotated = #"{"role":"assistant","content":"Hi","annotations":[\#(sources)]}"#
        let chat = try OpenAIChat.messages(from: json("[\(annotated)]"))
        #expect(chat[0].parts.map(\.kind) == [.text])
        #expect(try elements(of: "messages", in: OpenAIChat.body(for: await kept(chat))) == [annotated])
    }

    // MARK: Calls and results

    @Test("calls without results, results without calls and empty messages are left out, and named")
    func unpaired() throws {
        let (items, omissions) = try sent([
            .user(""),
            .assistant([.text("a"), .toolCall("f", callID: "1", input: "{}"), .toolCall("f", callID: "2", input: "x")]),
            .user("Wait"), .tool([.toolResult(callID: "2", output: "ok"), .toolResult(callID: "3", output: "ok")]),
            .tool([.toolResult(callID: "2", output: "again")]),
        ])
        #expect(
            items == [
                #"{"role":"assistant","content":"a"}"#,
                #"{"type":"function_call","call_id":"2","name":"f","arguments":"x"}"#,
                #"{"role":"user","content":"Wait"}"#, #"{"type":"function_call_output","call_id":"2","output":"ok"}"#,
            ])
        #expect(
            omissions == [
                Omission(message: 0, reason: "the message is left out: it is empty"),
                Omission(message: 1, part: 1, reason: "the call is left out: it has no result"),
                Omission(message: 3, part: 1, reason: "the result is left out: no earlier call waits for it"),
                Omission(message: 4, part: 0, reason: "the result is left out: no earlier call waits for it"),
                Omission(message: 4, reason: "the message is left out: none of its parts can be sent"),
            ])
    }

    @Test("an app's result takes the form of its call")
    func forms() throws {
        let calls = try messages(
            #"{"type":"custom_tool_call","call_id":"c","name":"sql","input":"SELECT 1"}"#,
            #"{"type":"shell_call","call_id":"s","action":{"commands":["ls"]}}"#,
            #"{"type":"local_shell_call","id":"l0","call_id":"l","action":{},"status":"completed"}"#,
            #"{"type":"apply_patch_call","call_id":"p","operation":{},"status":"completed"}"#,
            #"{"type":"tool_search_call","call_id":"t","arguments":{},"execution":"client"}"#,
            #"""
            {"type":"computer_call","id":"c0","call_id":"m","action":{"type":"screenshot"},\#
            "pending_safety_checks":[],"status":"completed"}
            """#
        )
        let screenshot = MessagePart(
            .file, callID: "m", file: MessageFile(mediaType: "image/png", url: "https://x.org/s.png"))
        let (items, omissions) = try sent(
            calls + [
                .tool([
                    .toolResult(callID: "c", output: "1"), .toolResult(callID: "s", output: "a\n", isError: true),
                    .toolResult(callID: "l", output: "b"), .toolResult(callID: "p", output: "c", isError: true),
                    .toolResult(callID: "t", output: #"[{"type":"function"}]"#), .toolResult(callID: "m", output: ""),
                    screenshot,
                ])
            ])
        #expect(omissions.isEmpty)
        #expect(
            Array(items.dropFirst(6)) == [
                #"{"type":"custom_tool_call_output","call_id":"c","output":"1"}"#,
                #"""
                {"type":"shell_call_output","call_id":"s","output":[{"stdout":"a\n","stderr":"",\#
                "outcome":{"type":"exit","exit_code":1}}]}
                """#,
                #"{"type":"local_shell_call_output","call_id":"l","output":"b"}"#,
                #"{"type":"apply_patch_call_output","call_id":"p","status":"failed","output":"c"}"#,
                #"{"type":"tool_search_output","call_id":"t","tools":[{"type":"function"}]}"#,
                #"""
                {"type":"computer_call_output","call_id":"m","output":{"type":"computer_screenshot",\#
                "image_url":"https://x.org/s.png"}}
                """#,
            ])
    }

    @Test("files that a tool returned go with its result")
    func returnedFiles() throws {
        let image = MessagePart(.file, callID: "a", file: MessageFile(mediaType: "image/png", url: "app://1"))
        let sent = try OpenAIResponses.body(
            for: [
                .assistant([.toolCall("f", callID: "a", input: "{}")]),
                .tool([.toolResult(callID: "a", output: "See"), image]),
            ]
        ) { _ in Data("abc".utf8) }
        let item =
            #"""
            {"type":"function_call_output","call_id":"a","output":[{"type":"input_text",\#
            "text":"See"},{"type":"input_image","image_url":"data:image/png;base64,YWJj",\#
            "detail":"auto"}]}
            """#
        #expect(try elements(of: "input", in: sent)[1] == item)
        #expect(sent.omissions.isEmpty)
        // And back.
        let read = try messages(item)[0]
        #expect(read.role == .tool && read.parts.map(\.kind) == [.toolResult, .file])
        #expect(read.parts[0].output == "See" && read.parts[1].callID == "a" && read.parts[1].file?.size == 3)
    }

    @Test("bytes that are taken out come back byte for byte, and never go out unfilled")
    func extracted() async throws {
        let items = [
            #"""
            {"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,\#
            iVBORw0KGgo="},{"type":"input_file","filename":"a.pdf",\#
            "file_data":"data:application/pdf;base64,JVBERg=="}]}
            """#,
            #"""
            {"id":"ig_1","type":"image_generation_call","status":"completed","output_format":"webp",\#
            "result":"UklGRg==","x":1.0}
            """#,
        ]
        var files: [String: FileBytes] = [:]
        let messages = try OpenAIResponses.messages(from: json("[" + items.joined(separator: ",") + "]")) { file in
            files["app://\(files.count)"] = file
            return "app://\(files.count - 1)"
        }
        #expect(messages.flatMap(\.parts).map(\.file?.url) == ["app://0", "app://1", "app://2"])
        #expect(files["app://2"] == FileBytes(data: Data("RIFF".utf8), mediaType: "image/webp"))
        #expect(messages.flatMap(\.parts).allSatisfy { $0.native?.json.text.contains("base64,iVB") != true })
        let body = try OpenAIResponses.body(for: await kept(messages)) { files[$0.url ?? ""]?.data }
        #expect(try elements(of: "input", in: body) == items)
        #expect(body.omissions.isEmpty)
        let (hollow, omissions) = try sent(messages)
        #expect(hollow.isEmpty && omissions.count == 7)
    }

    @Test("an answer that was cut off says why")
    func incomplete() throws {
        let message = try OpenAIResponses.message(
            from: json(
                #"""
                {"id":"resp_1","status":"incomplete",\#
                "incomplete_details":{"reason":"max_output_tokens"},"output":[],\#
                "metadata":{"a":"b"}}
                """#
            ))
        #expect(message.parts.isEmpty)
        #expect(
            message.metadata == [
                "response_id": "resp_1", "stop_reason": "max_output_tokens", "status": "incomplete",
                "incomplete_details": ["reason": "max_output_tokens"], "metadata": ["a": "b"],
            ])
    }

    @Test("an input that is a string, and a list of a conversation's items")
    func lists() throws {
        #expect(try OpenAIResponses.messages(from: json(#""Hi""#)) == [.user("Hi")])
        var omissions: [Omission] = []
        let list = #"{"object":"list","data":[{"role":"user","content":"Hi"}],"has_more":false}"#
        #expect(try OpenAIResponses.messages(from: json(list), omissions: &omissions) == [.user("Hi")])
        #expect(
            omissions.map(\.reason)
                == ["object", "has_more"].map { "the member \($0) is left out: it is the list's, not a message's" })
        #expect(throws: ProviderFormError(member: "[1]", reason: "is a number, not an object")) {
            try OpenAIResponses.messages(from: json("[\(Self.output),7]"))
        }
        #expect(throws: ProviderFormError(member: "output", reason: "is missing")) {
            try OpenAIResponses.message(from: json("{}"))
        }
    }
}
