import ChatStorageCore
import ChatStorageInMemory
import Foundation
import Testing

@testable import ChatStorageProviders

/// What rewriting would change: each block must come back as it was, after a store too.
@Suite("Exact texts of Anthropic's blocks")
struct AnthropicExactnessTests {
    private static let blocks = [
        #"{"type":"text","text":"a\/b"}"#, #"{"type":"text","text":"\ud83d"}"#, #"{"type":"text","text":"\u0000"}"#,
        #"{"text":"out of order","type":"text"}"#, #"{"type":"text","text":"a","text":"b"}"#,
        #"{"type":"text","text":"a","citations":null}"#, #"{"type":"text","text":null,"n":1}"#,
        #"{"type":"thinking","thinking":"\u00e9","signature":"a+b/c\/d=="}"#,
        #"{"type":"tool_use","id":"toolu_1","name":"n","input":{"a":1e2,"b":1.0,"c":123456789012345678901234567890}}"#,
        #"{"type":"tool_use","id":"toolu_1","name":"n","input":{"b":1,"a":1,"b":2,"c":"\/\ud83d\u0000"}}"#,
        #"{"type":"tool_use","id":"toolu_1","name":"n","input":{ "a" : [ ] }}"#,
        #"{"type":"tool_use","id":"toolu_1","name":"n","input":{},"caller":{"type":"direct"},"new":-0.0}"#,
        #"{"type":"hologram","depth":1E+2,"text":"x"}"#, #"{"type":"server_tool_use","id":"s","name":"n","input":{}}"#,
    ]

    private static func response(_ content: String) -> Data {
        Data(#"{"type":"message","role":"assistant","content":[\#(content)]}"#.utf8)
    }

    @Test(arguments: blocks)
    func blockComesBack(block: String) async throws {
        let message = try AnthropicMessages.message(from: Self.response(block + #",{"type":"text","text":"end"}"#))
        let results = message.toolCalls.filter { $0.callID == "toolu_1" }
            .map { MessagePart.toolResult(callID: $0.callID ?? "", output: "x") }
        let chats = InMemoryBackend.prepared(roles: .withTools)
        try await chats.append([message] + (results.isEmpty ? [] : [.tool(results)]), to: "c")
        let body = try await AnthropicMessages.body(for: chats.history(of: "c"))
        let json = String(decoding: body.data, as: UTF8.self)
        if block.contains(#""text":null"#) {
            // A text without a text is refused by the API.
            #expect(body.omissions.map(\.part) == [0])
        } else {
            #expect(json.contains("[\(block),"), "\(json)")
            #expect(body.omissions.isEmpty)
        }
    }

    @Test func inputIsTheExactText() throws {
        let input = #"{ "a" : 1e2, "a":"\u0000" }"#
        let call = #"{"type":"tool_use","id":"t","name":"n","input":\#(input)}"#
        let part = try AnthropicMessages.message(from: Self.response(call)).parts[0]
        #expect(part.input == input)
        #expect(part.native == nil)
    }

    @Test func resultsKeepStringsAndExactJSON() throws {
        let results = [
            (#""a\/b""#, "a/b"), (#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#, "a\nb"),
            (#"[{"type":"odd","n":1.0}]"#, #"[{"type":"odd","n":1.0}]"#), ("[]", "[]"), (#""""#, ""),
            (#""\u0000""#, "\u{FFFD}"),
        ]
        for (content, output) in results {
            let block = #"{"type":"tool_result","tool_use_id":"t","content":\#(content)}"#
            let request =
                #"[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":{}}]},"#
                + #"{"role":"user","content":[\#(block)]}]"#
            let messages = try AnthropicMessages.messages(from: Data(request.utf8))
            #expect(messages[1].role == .tool && messages[1].parts[0].output == output)
            let body = try AnthropicMessages.body(for: messages)
            #expect(String(decoding: body.data, as: UTF8.self) == #"{"messages":\#(request)}"#)
        }
    }

    @Test func namesThatStorageRefusesAreInNativeAlone() async throws {
        let long = String(repeating: "x", count: 201)
        let response = Self.response(
            #"{"type":"tool_use","id":"\#(long)","name":"a\u0000","input":{}},{"type":"\#(long)","text":"a"}"#)
        let message = try AnthropicMessages.message(from: response)
        #expect(message.parts[0].callID == nil && message.parts[0].name == nil)
        #expect(message.parts[1].kind == .data)
        #expect(message.parts.allSatisfy { $0.native != nil })
        try await InMemoryBackend.prepared(roles: .withTools).append([message], to: "c")
    }

    @Test func metadataThatCannotBeKeptIsNamed() async throws {
        let long = String(repeating: "y", count: 65_000)
        let response =
            #"{"type":"message","role":"assistant","content":[],"model":"m","model":"n","id":"i","response_id":1,"#
            + #""big":123456789012345678901234567890,"nul":"\u0000","twice":{"a":1,"a":2},"x y":"\ud83d","#
            + #""long":"\#(long)","longer":"\#(long)z","stop_reason":null}"#
        var omissions: [Omission] = []
        let message = try AnthropicMessages.message(from: Data(response.utf8), omissions: &omissions)
        #expect(message.metadata[.model] == "n")
        #expect(message.metadata["response_id"] == 1)
        #expect(message.metadata["stop_reason"] == .null)
        #expect(message.metadata["long"] != nil && message.metadata["longer"] == nil)
        let reasons = omissions.map(\.reason)
        for name in ["model", "id", "big", "nul", "twice", "longer"] {
            #expect(reasons.contains { $0.hasPrefix("the member \(name) ") }, "\(name)")
        }
        #expect(reasons.count == 7 && omissions.allSatisfy { $0.message == 0 && $0.part == nil })
        try await InMemoryBackend.prepared(roles: .withTools).append([message], to: "c")
    }

    @Test func otherFormsAreRefusedByTheirMember() {
        let forms = [
            ("", ""), ("[]", ""), ("{}", "type"), (#"{"type":"error","error":{"message":"private"}}"#, "type"),
            (#"{"type":"message","role":"assistant"}"#, "content"),
            (#"{"type":"message","role":1,"content":[]}"#, "role"),
            (#"{"type":"message","role":"a","content":"b"}"#, "content"),
            (#"{"type":"message","role":"a","content":[1]}"#, "content[0]"),
            (#"{"type":"message","role":"a","content":[{"type":"text"},{}]}"#, "content[1].type"),
        ]
        for (form, member) in forms {
            let error = #expect(throws: ProviderFormError.self) { try AnthropicMessages.message(from: Data(form.utf8)) }
            #expect(error?.member == member, "\(form)")
            #expect(error?.description.contains("private") == false)
        }
    }

    @Test func requestsNameWhatIsNoMessages() throws {
        var omissions: [Omission] = []
        let messages = try AnthropicMessages.messages(
            from: Data(#"{"model":"m","system":"s","messages":[{"role":"user","content":"a\/b","x":1}]}"#.utf8),
            omissions: &omissions)
        #expect(messages.map(\.content) == ["s", "a/b"])
        #expect(messages[1].parts[0].native?.json.text == #"{"type":"text","text":"a\/b"}"#)
        #expect(omissions.map(\.message) == [1, nil])
    }
}
