import ChatStorageCore
import Foundation
import Testing

@testable import ChatStorageProviders

@Suite("A request to Anthropic")
struct AnthropicRequestTests {
    private func body(
        _ messages: [ChatMessage], adding: RequestMembers = [:], resolving: FileResolution? = nil
    ) throws -> (json: String, omissions: [Omission]) {
        let body = try AnthropicMessages.body(for: messages, adding: adding, resolving: resolving)
        return (String(decoding: body.data, as: UTF8.self), body.omissions)
    }

    /// Whether omissions are at these places, in order, with reasons that have these words.
    private func expect(_ omissions: [Omission], _ expected: [(Int, Int?, String)], line: Int = #line) {
        let here = SourceLocation(fileID: #fileID, filePath: #filePath, line: line, column: 1)
        #expect(omissions.count == expected.count, "\(omissions)", sourceLocation: here)
        for (omission, (message, part, word)) in zip(omissions, expected) {
            #expect(omission.message == message && omission.part == part, "\(omission)", sourceLocation: here)
            #expect(omission.reason.contains(word), "\(omission)", sourceLocation: here)
        }
    }

    @Test func ofPlainTexts() throws {
        let (json, omissions) = try body(
            AnthropicConversations.plain,
            adding: [
                "model": "claude-opus-5", "max_tokens": 8_000, "stream": true, "temperature": 0.5,
                "tools": JSONText(#"[{"name": "x", "input_schema": {"type":"object","n":1.0}}]"#),
                "metadata": ["user_id": "u"], "stop_sequences": ["a", "b"],
                "thinking": ["type": "enabled", "budget_tokens": 1_024] as JSONValue,
            ])
        #expect(
            json == #"{"model":"claude-opus-5","max_tokens":8000,"stream":true,"temperature":0.5,"#
                + #""tools":[{"name": "x", "input_schema": {"type":"object","n":1.0}}],"metadata":{"user_id":"u"},"#
                + #""stop_sequences":["a","b"],"thinking":{"budget_tokens":1024,"type":"enabled"},"system":"Be brief.","#
                + #""messages":[{"role":"user","content":[{"type":"text","text":"A weekend in Kyoto?"}]},"#
                + #"{"role":"assistant","content":[{"type":"text","text":"Go."}]},"#
                + #"{"role":"user","content":[{"type":"text","text":"And in March?"}]}]}"#)
        #expect(omissions.isEmpty)
    }

    @Test func foldsResultsIntoTheUsersMessageResultsFirst() throws {
        let (json, omissions) = try body(AnthropicConversations.tools)
        #expect(
            json
                == #"{"messages":[{"role":"user","content":[{"type":"text","text":"How warm is it in Paris and Rome?"}]},"#
                + #"{"role":"assistant","content":[{"type":"text","text":"One moment."},"#
                + #"{"type":"tool_use","id":"a","name":"weather","input":{"city": "Paris"}},"#
                + #"{"type":"tool_use","id":"b","name":"weather","input":{}}]},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"18"},"#
                + #"{"type":"tool_result","tool_use_id":"b","content":"no city","is_error":true},"#
                + #"{"type":"text","text":"Quick!"}]}]}"#)
        #expect(omissions.isEmpty)
    }

    @Test func leavesOutAndNamesWhatAnotherAPIAloneUnderstands() throws {
        let (json, omissions) = try body(AnthropicConversations.foreign)
        #expect(
            json
                == #"{"system":"Be brief.","messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},"#
                + #"{"type":"image","source":{"type":"url","url":"https://example.org/a.png"}},"#
                + #"{"type":"document","source":{"type":"url","url":"https://example.org/p.pdf"},"title":"paper"},"#
                + #"{"type":"image","source":{"type":"base64","media_type":"image/gif","data":"R0lGODlhAQ=="}}]},"#
                + #"{"role":"assistant","content":[{"type":"text","text":"I cannot say."},"#
                + #"{"type":"tool_use","id":"functions_look_0","name":"look","input":{"INVALID_JSON":"not JSON"}}]},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"functions_look_0","content":"#
                + #"[{"type":"text","text":"seen"},"#
                + #"{"type":"image","source":{"type":"url","url":"https://example.org/b.png"}}]}]}]}"#)
        expect(
            omissions,
            [
                (1, 4, "media type"), (2, 0, "signature"), (2, 2, "not a JSON object"), (2, 3, "kind"), (2, 4, "kind"),
            ])
    }

    @Test func ofTheAPIsOwnFormGoesBackByteForByte() throws {
        let messages = try AnthropicMessages.messages(from: Data(AnthropicConversations.request.utf8))
        #expect(messages.map(\.role) == [.system, .user, .assistant, .tool, .user])
        #expect(messages[3].parts.map(\.kind) == [.toolResult, .file])
        #expect(messages[3].parts[0].output == "seen")
        #expect(messages[3].parts[1].file == MessageFile(mediaType: "image/png", size: 4))
        #expect(messages[3].parts[1].callID == "toolu_1")
        let (json, omissions) = try body(messages, adding: ["max_tokens": 5])
        let expected = AnthropicConversations.request.replacing("\n", with: "")
            .replacing(#"{"model":"m","#, with: #"{"max_tokens":5,"#).replacing(#"}]}],"max_tokens":5}"#, with: "}]}]}")
        #expect(NativeRule.compact(json) == NativeRule.compact(expected))
        #expect(omissions.isEmpty)
    }

    // MARK: Calls

    @Test("leaves out calls without results and results without calls")
    func leavesOutCallsWithoutResults() throws {
        let (json, omissions) = try body([
            .user("1"), .assistant([.text("2"), .toolCall("n", callID: "a", input: "{}")]), .user("3"),
            .tool([.toolResult(callID: "z", output: "")]),
            .assistant([.toolCall("n", callID: "b", input: "{}"), .toolCall("n", callID: "c", input: "{}")]),
            .tool([.toolResult(callID: "c", output: "4"), .toolResult(callID: "c", output: "5")]),
            .assistant([.toolCall("n", callID: "d", input: "{}")]),
        ])
        #expect(
            !json.contains(#""a""#) && !json.contains(#""z""#) && !json.contains(#""b""#) && !json.contains(#""d""#))
        #expect(json.hasSuffix(#"[{"type":"tool_result","tool_use_id":"c","content":"4"}]}]}"#))
        expect(
            omissions,
            [
                (1, 1, "no result"), (3, 0, "no call"), (4, 0, "no result"), (5, 1, "no call without a result"),
                (6, 0, "no result"),
            ])
    }

    @Test func givesEachCallAnIdOfItsOwn() throws {
        let turn: [ChatMessage] = [
            .assistant([.toolCall("n", callID: "call_0", input: "{}")]),
            .tool([.toolResult(callID: "call_0", output: "x")]),
        ]
        let (json, omissions) = try body([.user("1")] + turn + turn)
        #expect(json.contains(#""id":"call_0","#) && json.contains(#""tool_use_id":"call_0","#))
        #expect(json.contains(#""id":"call_0_2","#) && json.contains(#""tool_use_id":"call_0_2","#))
        #expect(omissions.isEmpty)
    }

    @Test func keepsTheServersCallsUntilTheUserSpeaks() throws {
        let call = MessagePart.toolCall("web_search", callID: "srvtoolu_1", input: "{}")
        let result = MessagePart(.toolResult, name: "web_search", callID: "srvtoolu_1", output: "[]")
        let paused = try body([.user("1"), .assistant([call])])
        #expect(paused.json.contains(#"{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}"#))
        #expect(paused.omissions.isEmpty)
        let later = try body([.user("1"), .assistant([call]), .assistant([result, .text("2")])])
        #expect(
            later.json.contains(#"{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]}"#))
        #expect(later.omissions.isEmpty)
        let stopped = try body([.user("1"), .assistant([.text("2"), call]), .user("3")])
        #expect(!stopped.json.contains("srvtoolu_1"))
        expect(stopped.omissions, [(1, 1, "no result")])
    }

    // MARK: Texts, thinking, roles

    @Test func leavesOutEmptyMessagesAndTexts() throws {
        let (json, omissions) = try body([
            .user("1"), .assistant(""), .user([]), .user([.text(""), .text("2")]), .assistant(" \n"),
            .assistant([.text(" "), .text("3")]), ChatMessage(role: Role(rawValue: "narrator"), content: "4"),
        ])
        #expect(
            json == #"{"messages":[{"role":"user","content":[{"type":"text","text":"1"},{"type":"text","text":"2"}]},"#
                + #"{"role":"assistant","content":[{"type":"text","text":" \n"},{"type":"text","text":" "},"#
                + #"{"type":"text","text":"3"}]}]}"#)
        expect(omissions, [(1, nil, "empty"), (2, nil, "empty"), (3, 0, "empty"), (6, nil, "role")])
        let blank = try body([.user("1"), .assistant(" "), .user("2")])
        #expect(
            blank.json
                == #"{"messages":[{"role":"user","content":[{"type":"text","text":"1"},{"type":"text","text":"2"}]}]}"#)
        expect(blank.omissions, [(1, 0, "white space")])
    }

    @Test("sends thinking only with its signature and with something after it")
    func sendsThinking() throws {
        let thinking = #"{"type":"thinking","thinking":"Hm","signature":"Eq=="}"#
        let content = #"[\#(thinking),{"type":"text","text":"Yes"}]"#
        let response = Data(#"{"type":"message","role":"assistant","content":\#(content)}"#.utf8)
        let answer = try AnthropicMessages.message(from: response)
        #expect(try body([.user("1"), answer]).json.contains(content))

        var edited = answer
        edited.parts[0].text = "No"
        let changed = try body([.user("1"), edited])
        #expect(!changed.json.contains("thinking") && changed.json.contains("Yes"))
        expect(changed.omissions, [(1, 0, "signature")])

        for proof in [#","signature":"""#, ""] {
            let unsigned = Data(
                String(decoding: response, as: UTF8.self).replacing(#","signature":"Eq==""#, with: proof).utf8)
            let stopped = try body([.user("1"), AnthropicMessages.message(from: unsigned)])
            #expect(!stopped.json.contains("thinking") && stopped.json.contains("Yes"))
            expect(stopped.omissions, [(1, 0, "signature")])
        }

        var cut = answer
        cut.parts.removeLast()
        let last = try body([.user("1"), cut, .user("2")])
        #expect(!last.json.contains("thinking"))
        expect(last.omissions, [(1, 0, "nothing follows")])
        // What stood between two messages of the assistant is left out, so they are one.
        let joined = try body([.user("1"), cut, .tool([.toolResult(callID: "z", output: "")]), .assistant("Yes")])
        #expect(joined.json.contains(content))
        expect(joined.omissions, [(2, 0, "no call")])
    }

    @Test func putsAllInstructionsInFront() throws {
        let (json, omissions) = try body([.system("1"), .developer("2"), .user("3"), .system("4")])
        #expect(
            json == #"{"system":[{"type":"text","text":"1"},{"type":"text","text":"2"},{"type":"text","text":"4"}],"#
                + #""messages":[{"role":"user","content":[{"type":"text","text":"3"}]}]}"#)
        expect(omissions, [(3, nil, "front")])
    }

    @Test func namesMembersThatABlockHasNoPlaceFor() throws {
        var part = MessagePart(.text, id: "msg_1", text: "1", status: "completed")
        part.extra = [ExtraMember("logprobs", try JSONText("[]"))]
        part.native = NativeJSON(format: "openai.responses", json: try JSONText("{}"))
        var message = ChatMessage.assistant([part])
        message.native = NativeJSON(format: "openai.chat", json: try JSONText("{}"))
        let (json, omissions) = try body([message])
        #expect(json == #"{"messages":[{"role":"assistant","content":[{"type":"text","text":"1"}]}]}"#)
        expect(
            omissions, [(0, nil, "openai.chat"), (0, 0, "openai.responses"), (0, 0, "id, status, extra")])
    }

    @Test func refusesMembersThatComeFromTheMessagesOrComeTwice() throws {
        for adding: RequestMembers in [["messages": "x"], ["system": "x"], ["a": 1, "a": 2]] {
            #expect(throws: ProviderFormError.self) { try body([.system("s"), .user("1")], adding: adding) }
        }
        #expect(try body([.user("1")], adding: ["system": "x"]).json.hasPrefix(#"{"system":"x","messages""#))
    }
}
