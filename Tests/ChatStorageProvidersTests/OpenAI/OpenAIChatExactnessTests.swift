import ChatStorageCore
import ChatStorageJSON
import Foundation
import Testing

@testable import ChatStorageProviders

@Suite("Chat Completions, exactly")
struct OpenAIChatExactnessTests {
    private static let result = #"{"role":"tool","tool_call_id":"a","content":"x"}"#

    private static func call(_ arguments: String) -> String {
        #"""
        {"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function",\#
        "function":{"name":"f","arguments":
        """#
            + arguments + "}}]}"
    }

    /// What the portable members of parts say, so that nothing is kept twice.
    static let portable = [
        #"{"role":"user","content":"Hi"}"#, #"{"role":"assistant","content":"Hi"}"#,
        #"{"role":"system","content":"Be brief."}"#, #"{"role":"developer","content":"Be brief."}"#,
        #"{"role":"assistant","content":null,"refusal":"No."}"#,
        #"{"role":"assistant","content":"So:","refusal":"No."}"#,
        #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#,
        #"""
        {"role":"user","content":[{"type":"text","text":"?"},{"type":"image_url",\#
        "image_url":{"url":"https://x.org/a.png"}}]}
        """#,
        #"{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}"#,
        #"{"role":"user","content":"é\n\"\\\u0001 /"}"#,
    ]

    @Test("what parts say alone has no native JSON", arguments: portable)
    func withoutNative(text: String) throws {
        let messages = try OpenAIChat.messages(from: json("[\n  \(text)\n]"))
        #expect(messages[0].native == nil && messages[0].parts.allSatisfy { $0.native == nil && $0.extra.isEmpty })
        #expect(try elements(of: "messages", in: OpenAIChat.body(for: messages)) == [text])
    }

    @Test("a plain text is a plain message, white space or not")
    func plain() throws {
        let text = #"[ {"role" : "assistant",  "content":"Hi there"} , {"role":"user","content":"a  b"}]"#
        let messages = try OpenAIChat.messages(from: json(text))
        #expect(messages == [.assistant("Hi there"), .user("a  b")])
        #expect(messages.allSatisfy { $0.isPlain })
    }

    /// Messages with calls; each is followed by the result.
    static let calls = [
        call(#""{\"n\":1e2,\"m\":1.0,\"k\":123456789012345678901234567890}""#), call(#""{\"city\": ""#), call(#""""#),
        call(#""not JSON at all""#), call(#""{\"b\":1,\"a\":2,\"b\":3}""#), call(#""{\"u\":\"a\\/b\"}""#),
        call(#""{\"u\":\"\\ud83d\",\"z\":\"\\u0000\"}""#),
    ]

    @Test("arguments stay as they are, without native JSON", arguments: calls)
    func arguments(text: String) async throws {
        let messages = try OpenAIChat.messages(from: json("[\(text),\(Self.result)]"))
        let part = messages[0].parts[0]
        let string = try JSONFields.parse(text.utf8).member("tool_calls")?.elementList[0].member("function")
        #expect(part.input == string?.member("arguments")?.string)
        #expect(messages[0].native == nil && messages[1] == .tool([.toolResult(callID: "a", output: "x")]))
        #expect(try elements(of: "messages", in: OpenAIChat.body(for: await kept(messages))) == [text, Self.result])
    }

    /// What only the exact JSON says.
    static let native = [
        #"{"content":"Hi","role":"user"}"#, #"{"role":"user","content":"Hi","name":"ann"}"#,
        #"{"role":"assistant","content":"a","content":"b"}"#, #"{"role":"assistant","content":"a\/b"}"#,
        #"{"role":"assistant","content":"\ud83d alone"}"#, #"{"role":"assistant","content":"nul \u0000 here"}"#,
        #"{"role":"assistant","content":"\ud83d\ude00"}"#, #"{"role":"assistant","content":"Hi","x":1e2}"#,
        #"{"role":"assistant","content":"Hi","x":[1.0,123456789012345678901234567890]}"#,
        #"{"role":"assistant","content":"Hi","reasoning_content":"Hm"}"#,
        #"{"role":"assistant","content":"Hi","refusal":null,"annotations":[]}"#,
        #"{"role":"assistant","content":[{"type":"hologram","text":"Hi","x":1.0}]}"#,
        #"{ "role": "assistant", "content": "Hi", "x": { "b":1,  "a":2 } }"#,
        #"""
        {"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,\#
        iVBORw0KGgo=","detail":"low"}}]}
        """#,
        #"{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}}]}"#,
        #"""
        {"role":"assistant","content":null,"audio":{"id":"audio_1","data":"UklGRg==","expires_at":1,\#
        "transcript":"Hi"}}
        """#,
        #"{"role":"critic","content":"Hi"}"#,
    ]

    @Test("anything else goes back byte for byte", arguments: native)
    func withNative(text: String) throws {
        let messages = try OpenAIChat.messages(from: json("[\(text)]"))
        let native = NativeJSON(format: "openai.chat", json: try JSONText(text))
        #expect(messages[0].native == native)
        let body = try OpenAIChat.body(for: messages)
        #expect(body.omissions.isEmpty)
        #expect(try elements(of: "messages", in: body) == [text])
    }

    @Test("and comes back from a store")
    func stored() async throws {
        let texts = Self.native.dropLast() + Self.portable
        let messages = try OpenAIChat.messages(from: json("[" + texts.joined(separator: ",") + "]"))
        #expect(try elements(of: "messages", in: OpenAIChat.body(for: await kept(messages))) == Array(texts))
    }

    @Test("texts show what they can")
    func texts() throws {
        func parts(_ text: String) throws -> [MessagePart] { try OpenAIChat.messages(from: json("[\(text)]"))[0].parts }
        #expect(try parts(Self.native[2]) == [.text("b")])
        #expect(try parts(Self.native[3]) == [.text("a/b")])
        #expect(try parts(Self.native[4]) == [.text("\u{FFFD} alone")])
        #expect(try parts(Self.native[5]) == [.text("nul \u{FFFD} here")])
        #expect(try parts(Self.native[9]) == [.reasoning("Hm"), .text("Hi")])
        #expect(try parts(Self.native[11]) == [MessagePart("hologram", text: "Hi")])
        #expect(try parts(Self.native[13]) == [.file(MessageFile(mediaType: "image/png", size: 8))])
        #expect(try parts(Self.native[14]) == [.file(MessageFile(mediaType: "audio/wav", size: 4))])
        let audio = MessagePart(.file, text: "Hi", file: MessageFile(size: 4, id: "audio_1"))
        #expect(try parts(Self.native[15]) == [audio])
        #expect(try parts(#"{"role":"assistant","content":""}"#) == [.text("")])
        #expect(try parts(#"{"role":"assistant","content":null}"#).isEmpty)
    }

    @Test("an edited message never sends its old text")
    func edited() throws {
        var message = try OpenAIChat.messages(from: json("[\(Self.native[9])]"))[0]
        message.parts[1].text = "Ho"
        let body = try OpenAIChat.body(for: [message])
        #expect(try elements(of: "messages", in: body) == [#"{"role":"assistant","content":"Ho"}"#])
        #expect(
            body.omissions == [
                Omission(message: 0, part: 0, reason: "the part is left out: the API does not take its kind, reasoning")
            ])
    }

    @Test("what is no message is refused, with its path")
    func wrong() {
        for (text, error) in [
            ("{}", ProviderFormError(member: "data", reason: "is missing")),
            ("3", ProviderFormError(reason: "is a number, not an array")),
            (
                #"[{"role":"user","content":""},7]"#,
                ProviderFormError(member: "[1]", reason: "is a number, not an object")
            ),
            (#"[{"content":"x"}]"#, ProviderFormError(member: "[0].role", reason: "is missing or not a string")),
            ("[", ProviderFormError(reason: "ends too early, at byte 2")),
        ] {
            #expect(throws: error) { try OpenAIChat.messages(from: json(text)) }
        }
        for text in ["{}", #"{"choices":[]}"#, #"{"choices":[{"index":0}]}"#] {
            let missing = ProviderFormError(member: "choices[0].message", reason: "is missing")
            #expect(throws: missing) { try OpenAIChat.message(from: json(text)) }
        }
    }
}
