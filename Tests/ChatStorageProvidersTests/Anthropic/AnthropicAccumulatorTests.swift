import ChatStorageCore
import Foundation
import Testing

@testable import ChatStorageProviders

@Suite("Anthropic's accumulator")
struct AnthropicAccumulatorTests {
    @Test("gives what the whole response gives, byte for byte", arguments: AnthropicStreams.streams)
    func whole(stream: AnthropicStreams.Stream) throws {
        let expected = try AnthropicMessages.message(from: Data(stream.response.utf8))
        var byEvent = AnthropicMessages.Accumulator()
        for event in stream.events { try byEvent.add(event) }
        #expect(byEvent.message == expected)
        #expect(byEvent.isComplete && byEvent.omissions.isEmpty)
        var byLine = AnthropicMessages.Accumulator()
        for line in stream.text.split(separator: "\n", omittingEmptySubsequences: false) {
            try byLine.add(String(line) + "\r")
        }
        #expect(byLine.message == expected)
        var atOnce = AnthropicMessages.Accumulator()
        try atOnce.add(Data(stream.text.utf8))
        #expect(atOnce.message == expected)
    }

    @Test("has the text so far at each event", arguments: AnthropicStreams.streams)
    func soFar(stream: AnthropicStreams.Stream) throws {
        var accumulator = AnthropicMessages.Accumulator()
        var texts: [String] = []
        for event in stream.events {
            try accumulator.add(event)
            #expect(accumulator.text == accumulator.message.content)
            texts.append(accumulator.text)
        }
        #expect(zip(texts, texts.dropFirst()).allSatisfy { $1.hasPrefix($0) })
        #expect(texts.first == "" && texts.contains { !$0.isEmpty })
    }

    @Test("keeps what there is when the stream is cut, and such a message can be sent")
    func cut() throws {
        let stream = try #require(AnthropicStreams.streams.first { $0.testDescription.hasPrefix("thinking") })
        for count in 1..<stream.events.count {
            var accumulator = AnthropicMessages.Accumulator()
            for event in stream.events.prefix(count) { try accumulator.add(event) }
            #expect(!accumulator.isComplete)
            let body = try AnthropicMessages.body(for: [.user("Hi"), accumulator.message, .user("Well?")])
            let text = String(decoding: body.data, as: UTF8.self)
            // No call has a result, and thinking needs its signature and something after it.
            #expect(!text.contains("tool_use") && text.contains("signature") == text.contains("One"))
        }
        var accumulator = AnthropicMessages.Accumulator()
        for event in stream.events.prefix(14) { try accumulator.add(event) }
        #expect(accumulator.message.toolCalls.map(\.input) == [#"{"city": "São"#])
    }

    @Test("keeps a call's input that is not JSON")
    func invalidInput() throws {
        var accumulator = AnthropicMessages.Accumulator()
        for event in [
            #"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[]}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\": tru"}}"#,
            #"{"type":"content_block_stop","index":0}"#,
        ] { try accumulator.add(event) }
        let call = try #require(accumulator.message.toolCalls.first)
        #expect(call == .toolCall("n", callID: "t", input: #"{"a": tru"#))
        let body = try AnthropicMessages.body(
            for: [accumulator.message, .tool([.toolResult(callID: "t", output: "bad input", isError: true)])])
        #expect(
            String(decoding: body.data, as: UTF8.self).contains(#""input":{"INVALID_JSON":"{\"a\": tru"}"#))
        #expect(body.omissions.map(\.part) == [0])
    }

    @Test("keeps the white space of a block that began with some")
    func whiteSpace() throws {
        var accumulator = AnthropicMessages.Accumulator()
        for event in [
            #"{"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "content": []}}"#,
            #"{"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}"#,
            #"{"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "a b"}}"#,
            #"{"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "Eq=="}}"#,
            #"{"type": "content_block_stop", "index": 0}"#,
        ] { try accumulator.add(event) }
        let whole = #"{"type": "thinking", "thinking": "a b", "signature": "Eq=="}"#
        #expect(accumulator.message.parts[0].native?.json.text == whole)
    }

    @Test("joins halves of a surrogate pair that come apart")
    func surrogates() throws {
        var accumulator = AnthropicMessages.Accumulator()
        for event in [
            #"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[]}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\ud83d"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\ude00\u0000"}}"#,
            #"{"type":"content_block_stop","index":0}"#,
        ] { try accumulator.add(event) }
        #expect(accumulator.text == "a😀\u{FFFD}")
        #expect(accumulator.message.parts[0].native?.json.text == #"{"type":"text","text":"a\ud83d\ude00\u0000"}"#)
    }

    @Test("follows a fallback and a compaction")
    func others() throws {
        var accumulator = AnthropicMessages.Accumulator()
        for event in [
            #"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"a"}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"compaction","content":null}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"compaction_delta","content":"So far"}}"#,
            #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"fallback","from":{"model":"a"},"to":{"model":"b"}}}"#,
            #"{"type":"content_block_stop","index":1}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1},"context_management":{"applied_edits":[]}}"#,
        ] { try accumulator.add(event) }
        #expect(accumulator.message.parts.map(\.kind) == ["compaction", "fallback"])
        #expect(accumulator.message.parts[0].text == "So far")
        #expect(accumulator.message.parts[0].native?.json.text == #"{"type":"compaction","content":"So far"}"#)
        #expect(accumulator.message.metadata[.model] == "b")
        #expect(accumulator.message.metadata["context_management"] == ["applied_edits": []])
    }

    @Test("names what it does not know, once")
    func unknown() throws {
        var accumulator = AnthropicMessages.Accumulator()
        for event in [
            #"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"n":1e999}}"#,
            #"{"type":"news"}"#, #"{"type":"news"}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"odd_delta"}}"#,
        ] { try accumulator.add(event) }
        #expect(accumulator.omissions.count == 3)
        #expect(accumulator.text == "a")
    }

    @Test("throws the server's error, and keeps the message")
    func error() throws {
        var accumulator = AnthropicMessages.Accumulator()
        for event in AnthropicStreams.streams[0].events.prefix(3) { try accumulator.add(event) }
        let error = #expect(throws: ProviderFormError.self) {
            try accumulator.add(#"{"type":"error","error":{"type":"overloaded_error","message":"Private"}}"#)
        }
        #expect(error?.reason == "ended the stream: overloaded_error")
        #expect(accumulator.text == "Hel")
        for event in ["{}", "hello", #"{"type":"content_block_stop","index":7}"#, #"{"type":"message_start"}"#] {
            #expect(throws: ProviderFormError.self, "\(event)") { try accumulator.add(event) }
        }
    }
}
