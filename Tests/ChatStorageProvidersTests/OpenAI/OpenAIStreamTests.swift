import ChatStorageCore
import ChatStorageJSON
import Foundation
import TestSupport
import Testing

@testable import ChatStorageProviders

@Suite("OpenAI's streams")
struct OpenAIStreamTests {
    // MARK: Chat Completions

    private func chat(_ deltas: [String], finish: String = "stop") throws -> OpenAIChat.Accumulator {
        var answer = OpenAIChat.Accumulator()
        for delta in deltas { try answer.add(Self.chunk(delta)) }
        try answer.add(Self.chunk("{}", finish: "\"\(finish)\""))
        try answer.add(
            #"data: {"id":"r","object":"chat.completion.chunk","model":"m","choices":[],"usage":{"total_tokens":3}}"#)
        try answer.add("")
        try answer.add("data: [DONE]")
        return answer
    }

    private static func chunk(_ delta: String, finish: String = "null") -> String {
        #"""
        data: {"id":"r","object":"chat.completion.chunk","created":7,"model":"m",\#
        "choices":[{"index":0,"delta":\#(delta),"logprobs":null,"finish_reason":\#(finish)}],\#
        "usage":null}
        """#
    }

    private func whole(_ message: String, finish: String = "stop") throws -> ChatMessage {
        try OpenAIChat.message(
            from: json(
                #"""
                {"id":"r","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,\#
                "message":\#(message),"logprobs":null,"finish_reason":"\#(finish)"}],\#
                "usage":{"total_tokens":3}}
                """#
            ))
    }

    @Test("a text comes as it grows, and is at the end what the whole response gives")
    func text() throws {
        var answer = OpenAIChat.Accumulator()
        #expect(answer.message.parts.isEmpty && answer.text.isEmpty)
        var seen: [String] = []
        for delta in [
            #"{"role":"assistant","content":"","refusal":null}"#, #"{"content":"Hel"}"#, #"{"content":"lo 🇺"}"#,
            #"{"content":"🇸"}"#,
        ] {
            try answer.add(Self.chunk(delta))
            #expect(answer.message.content == answer.text && answer.message.role == .assistant)
            seen.append(answer.text)
        }
        #expect(seen == ["", "Hel", "Hello 🇺", "Hello 🇺🇸"])
        #expect(answer.message.metadata == ["model": "m", "response_id": "r"] && !answer.isComplete)
        let done = try chat([#"{"role":"assistant","content":""}"#, #"{"content":"Hello"}"#])
        #expect(done.message == (try whole(#"{"role":"assistant","content":"Hello"}"#)))
        #expect(done.omissions.isEmpty)
    }

    @Test("calls come in pieces, by their index")
    func calls() throws {
        let deltas = [
            #"{"role":"assistant","content":null}"#,
            #"{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}"#,
            #"{"tool_calls":[{"index":0,"function":{"arguments":"{\"n\":"}}]}"#,
            #"{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{"}}]}"#,
            #"""
            {"tool_calls":[{"index":0,"function":{"arguments":"1e2}"}},{"index":1,\#
            "function":{"arguments":"oops"}}]}
            """#,
        ]
        var answer = OpenAIChat.Accumulator()
        for delta in deltas { try answer.add(Self.chunk(delta)) }
        let calls = [
            MessagePart.toolCall("f", callID: "a", input: #"{"n":1e2}"#), .toolCall("g", callID: "b", input: "{oops"),
        ]
        #expect(answer.message.parts == calls)
        let done = try chat(deltas, finish: "tool_calls").message
        #expect(done.parts == calls && done.native == nil)
        #expect(
            done
                == (try whole(
                    #"""
                    {"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function",\#
                    "function":{"name":"f","arguments":"{\"n\":1e2}"}},{"id":"b","type":"function",\#
                    "function":{"name":"g","arguments":"{oops"}}]}
                    """#,
                    finish: "tool_calls")))
    }

    @Test("calls of providers that send no index, or the name with each piece")
    func oddCalls() throws {
        let calls = try chat([
            #"{"content":"","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]}"#,
            #"{"tool_calls":[{"id":"b","function":{"name":"g","arguments":"{"}}]}"#,
            #"{"tool_calls":[{"id":"b","function":{"name":"g","arguments":"}"}}]}"#,
            #"{"tool_calls":[{"function":{"arguments":" "}}]}"#,
        ]).message.toolCalls
        #expect(
            calls.map(\.input) == ["{}", "{} "] && calls.map(\.name) == ["f", "g"] && calls.map(\.callID) == ["a", "b"])
    }

    @Test("reasoning, refusals, halves of surrogate pairs and unknown members are exact at the end")
    func exact() throws {
        let deltas = [
            #"{"role":"assistant","reasoning_content":"Hm \ud83d"}"#, #"{"reasoning_content":"\ude00"}"#,
            #"{"content":"a\/"}"#, #"{"content":"b","x":1e2}"#,
        ]
        var answer = OpenAIChat.Accumulator()
        for delta in deltas { try answer.add(Self.chunk(delta)) }
        #expect(answer.message.parts.map(\.kind) == [.reasoning, .text] && answer.text == "a/b")
        let done = try chat(deltas).message
        #expect(done.parts == [.reasoning("Hm 😀"), .text("a/b")])
        #expect(
            done.native?.json.text
                == #"{"role":"assistant","content":"a\/b","reasoning_content":"Hm \ud83d\ude00","x":1e2}"#)
        #expect(
            done == (try whole(#"{"role":"assistant","content":"a\/b","reasoning_content":"Hm \ud83d\ude00","x":1e2}"#))
        )
        let refused = try chat([#"{"role":"assistant","content":""}"#, #"{"refusal":"N"}"#, #"{"refusal":"o."}"#])
            .message
        #expect(refused == (try whole(#"{"role":"assistant","content":null,"refusal":"No."}"#)))
    }

    @Test("Mistral's thoughts, which are elements of the content")
    func elements() throws {
        let done = try chat([
            #"{"role":"assistant","content":""}"#,
            #"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"2+"}]}]}"#,
            #"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"2"}]}]}"#, #"{"content":"4"}"#,
            #"{"content":"!"}"#,
        ]).message
        #expect(
            done
                == (try whole(
                    #"""
                    {"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text",\#
                    "text":"2+2"}]},{"type":"text","text":"4!"}]}
                    """#
                )))
    }

    @Test("an error in the stream is thrown, and what came stays")
    func broken() throws {
        var answer = OpenAIChat.Accumulator()
        try answer.add(Self.chunk(#"{"content":"Hel"}"#))
        #expect(throws: ProviderFormError(member: "error", reason: "is there: the API refused the request")) {
            try answer.add(#"data: {"error":{"message":"secret"}}"#)
        }
        #expect(throws: ProviderFormError.self) { try answer.add("<html>") }
        #expect(answer.message.content == "Hel")
        #expect(throws: Never.self) { try answer.add(Data(": ping\n\n".utf8)) }
    }

    @Test("only the first choice is the message")
    func choices() throws {
        var answer = OpenAIChat.Accumulator()
        try answer.add(
            #"""
            {"choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"},\#
            "finish_reason":"stop"}]}
            """#
        )
        #expect(answer.message.content == "a")
        #expect(answer.omissions == [Omission(reason: "further choices are left out: a message holds one answer")])
    }

    // MARK: Samples, cut into pieces

    @Test(
        "Chat Completions' samples, streamed, are the same messages", .enabled(if: SampleFiles.areThere),
        arguments: OpenAISamples.chat.keys.sorted())
    func chatSample(name: String) throws {
        let data = try OpenAISamples.data(name)
        let expected = try OpenAIChat.message(from: data)
        var answer = OpenAIChat.Accumulator()
        for chunk in try Self.chunks(of: JSONFields.parse(data)) { try answer.add(chunk) }
        #expect(answer.message.hasSameContent(as: expected) && answer.isComplete)
        #expect(answer.message.metadata == expected.metadata)
        #expect(
            (answer.message.native?.json.text ?? "").contains("reasoning_content")
                == (expected.parts.count > 1 && expected.parts[0].kind == .reasoning && !name.hasPrefix("mistral")))
    }

    /// The stream that would have given a response: every string in pieces of three characters.
    private static func chunks(of response: JSONSlice) throws -> [String] {
        let choice = try #require(response.member("choices")?.elementList.first)
        var envelope = response.memberList.filter { $0.key != "choices" }
        if let place = envelope.firstIndex(where: { $0.key == "object" }) {
            envelope[place].value = try JSONFields.parse(#""chat.completion.chunk""#.utf8)
        }
        func chunk(_ delta: (inout JSONWriter) -> Void, last: Bool = false) -> String {
            var json = JSONWriter()
            json.object { json in
                for (name, value) in envelope {
                    json.name(name)
                    json.literal(value.text)
                }
                json.name("choices")
                json.array { json in
                    json.object { json in
                        json.name("delta")
                        json.object(delta)
                        for (name, value) in choice.memberList where last && name != "message" {
                            json.name(name)
                            json.literal(value.text)
                        }
                    }
                }
            }
            return json.text
        }
        var chunks: [String] = []
        for (name, value) in choice.member("message")?.memberList ?? [] {
            if let string = value.string, name != "role" {
                if string.isEmpty { chunks.append(chunk { $0.member(name, "") }) }
                for piece in Self.pieces(of: string) { chunks.append(chunk { $0.member(name, piece) }) }
            } else if name == "tool_calls" {
                for (index, call) in value.elementList.enumerated() {
                    chunks += Self.pieces(of: call, index).map { piece in
                        chunk { json in
                            json.name(name)
                            json.array { $0.literal(piece) }
                        }
                    }
                }
            } else {
                chunks.append(
                    chunk { json in
                        json.name(name)
                        json.literal(value.text)
                    })
            }
        }
        return chunks + [chunk({ _ in }, last: true)]
    }

    private static func pieces(of string: String) -> [String] {
        stride(from: 0, to: string.count, by: 3).map { String(string.dropFirst($0).prefix(3)) }
    }

    private static func pieces(of call: JSONSlice, _ index: Int) -> [String] {
        let arguments = call.member("function")?.member("arguments")?.string ?? ""
        let name = call.member("function")?.member("name")?.text ?? ""
        let start =
            #"{"index":\#(index),"id":\#(call.member("id")?.text ?? ""),"function":{"name":\#(name),"arguments":""}}"#
        return [start]
            + pieces(of: arguments).map { #"{"index":\#(index),"function":{"arguments":\#(JSONPatch.string($0))}}"# }
    }

    @Test(
        "Responses' samples, streamed, are the same messages", .enabled(if: SampleFiles.areThere),
        arguments: OpenAISamples.responses.keys.sorted())
    func sample(name: String) throws {
        let data = try OpenAISamples.data(name)
        let response = try JSONFields.parse(data)
        let expected = try OpenAIResponses.message(from: data)
        var answer = OpenAIResponses.Accumulator()
        try answer.add(#"{"type":"response.created","response":{"id":"resp_0","model":"m","output":[]}}"#)
        #expect(answer.message.metadata == ["response_id": "resp_0", "model": "m"])
        for (index, item) in try #require(response.member("output")?.elementList).enumerated() {
            for event in Self.events(of: item, index) {
                try answer.add("event: x\ndata: \(event)\n\n")
                #expect(expected.content.hasPrefix(answer.text))
            }
            // Before it is done, an item has what will be said, but for native JSON and sources.
            let drafted = answer.message.parts.last { $0.kind != .source }
            let compact = String(decoding: NativeRule.compact(item.text), as: UTF8.self)
            let done = try ItemReader(extracting: nil).parts(JSONFields.parse(compact.utf8), path: "").parts[0]
            #expect(drafted?.text == done.text && drafted?.input == done.input && drafted?.callID == done.callID)
            try answer.add(#"data: {"type":"response.output_item.done","output_index":\#(index),"item":\#(compact)}"#)
        }
        #expect(answer.message.parts.map(\.line) == expected.parts.map(\.line))
        try answer.add(Data(#"{"type":"response.completed","response":\#(response.text)}"#.utf8))
        #expect(answer.message == expected && answer.isComplete)
        #expect(answer.omissions.isEmpty)
    }

    /// The events of an item before it is done.
    private static func events(of item: JSONSlice, _ index: Int) -> [String] {
        func event(_ type: String, _ delta: String, _ place: String) -> String {
            #"""
            {"type":"response.\#(type).delta","output_index":\#(index),"\#(place)":0,"delta":\#
            \#(JSONPatch.string(delta))}
            """#
        }
        let kinds = [
            "function_call": ("arguments", "function_call_arguments"),
            "custom_tool_call": ("input", "custom_tool_call_input"),
            "mcp_call": ("arguments", "mcp_call_arguments"),
        ]
        let type = item.member("type")?.string ?? ""
        var (streamed, events) = (Set<String>(), [String]())
        if type == "message" {
            streamed = ["content"]
            for text in item.member("content")?.elementList ?? [] {
                events += pieces(of: text.member("text")?.string ?? "").map {
                    event("output_text", $0, "content_index")
                }
            }
        } else if type == "reasoning" {
            streamed = ["summary", "content"]
            for text in item.member("summary")?.elementList ?? [] {
                events += pieces(of: text.member("text")?.string ?? "").map {
                    event("reasoning_summary_text", $0, "summary_index")
                }
            }
            for text in item.member("content")?.elementList ?? [] {
                events += pieces(of: text.member("text")?.string ?? "").map {
                    event("reasoning_text", $0, "content_index")
                }
            }
        } else if let (member, name) = kinds[type] {
            streamed = [member]
            events = pieces(of: item.member(member)?.string ?? "").map { event(name, $0, "content_index") }
        }
        var start = JSONWriter()
        start.object { json in
            for (name, value) in item.memberList where !streamed.contains(name) {
                json.name(name)
                json.literal(String(decoding: NativeRule.compact(value.text), as: UTF8.self))
            }
            if type == "message" {
                json.name("content")
                json.literal("[]")
            }
        }
        return [#"{"type":"response.output_item.added","output_index":\#(index),"item":\#(start.text)}"#] + events
    }

    // MARK: Responses

    @Test("a response that failed keeps what was said before")
    func failed() throws {
        var answer = OpenAIResponses.Accumulator()
        try answer.add(
            #"""
            {"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1",\#
            "type":"message","role":"assistant","status":"in_progress","content":[]}}
            """#
        )
        try answer.add(#"{"type":"response.refusal.delta","output_index":0,"content_index":1,"delta":"No"}"#)
        try answer.add(#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"So"}"#)
        try answer.add(#"{"type":"response.some_event_of_2027","output_index":0,"delta":"x"}"#)
        #expect(answer.message.parts.map(\.kind) == [.text, .refusal] && answer.text == "So")
        try answer.add(
            #"""
            {"type":"response.failed","response":{"id":"r","status":"failed",\#
            "error":{"code":"server_error"},"output":[]}}
            """#
        )
        #expect(answer.text == "So" && answer.message.metadata[.stopReason] == "failed")
        #expect(answer.message.metadata["error"] == ["code": "server_error"])
        #expect(throws: ProviderFormError(member: "error", reason: "is there: the API broke the answer off")) {
            try answer.add(#"{"type":"error","code":"x","message":"secret"}"#)
        }
        #expect(throws: ProviderFormError(member: "type", reason: "is missing")) { try answer.add("{}") }
    }
}
