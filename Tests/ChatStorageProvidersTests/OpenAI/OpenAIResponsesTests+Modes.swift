import ChatStorageCore
import ChatStorageJSON
import Foundation
import Testing

@testable import ChatStorageProviders

/// Which items go in each mode.
extension OpenAIResponsesTests {
    private static let encrypted = #"{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"gAAA"}"#
    private static let bare = #"{"id":"rs_2","type":"reasoning","summary":[{"type":"summary_text","text":"Hm"}]}"#
    private static let call =
        #"{"id":"fc_1","type":"function_call","status":"completed","arguments":"{}","call_id":"a","name":"f"}"#
    static let text =
        #"""
        {"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text",\#
        "annotations":[{"type":"file_citation","file_id":"file-1"}],"logprobs":[],"text":"Hi"}],\#
        "phase":"final_answer","role":"assistant"}
        """#
    private static let search =
        #"{"id":"ws_1","type":"web_search_call","status":"completed","action":{"type":"search","query":"q"}}"#
    static let output = #"{"type":"function_call_output","call_id":"a","output":"ok"}"#

    @Test("stateless, encrypted reasoning goes and keeps the ids after it")
    func encrypted() throws {
        let all = try messages(Self.encrypted, Self.search, Self.call, Self.output, Self.text)
        let (items, omissions) = try sent(all)
        #expect(items == [Self.encrypted, Self.search, Self.call, Self.output, Self.text])
        #expect(omissions.isEmpty)
    }

    @Test("stateless, reasoning that only the API has stored is left out, and what depends on it")
    func stateless() throws {
        let all = try messages(Self.search, Self.bare, Self.search, Self.text, Self.call, Self.output, Self.text)
        let (items, omissions) = try sent(all)
        #expect(
            items == [
                Self.search, #"{"role":"assistant","content":"Hi","phase":"final_answer"}"#,
                #"{"type":"function_call","call_id":"a","name":"f","arguments":"{}"}"#, Self.output, Self.text,
            ])
        let needs = "the item is left out: its id needs reasoning that is left out too"
        #expect(
            omissions == [
                Omission(
                    message: 0, part: 1,
                    reason:
                        "the reasoning is left out: it has no encrypted content, which `include` asks for"
                ),
                Omission(message: 0, part: 2, reason: needs),
                Omission(
                    message: 0, part: 3,
                    reason: "only the item's text is sent: its id needs reasoning that is left out"),
                Omission(
                    message: 0, part: 4,
                    reason: "the part is left out: the id of its item needs reasoning that is left out too"),
                Omission(message: 0, part: 5, reason: "members are left out that the API has no place for: id, status"),
            ])
        #expect(
            try sent(all, .whole).items == [
                Self.search, Self.bare, Self.search, Self.text, Self.call, Self.output, Self.text,
            ])
    }

    @Test("stateless, calls that need their id go with the reasoning, and so do their results")
    func dependent() throws {
        let shell =
            #"""
            {"id":"lsh_1","type":"local_shell_call","status":"completed","action":{"type":"exec",\#
            "command":["ls"],"env":{}},"call_id":"s"}
            """#
        let patch =
            #"""
            {"id":"apc_1","type":"apply_patch_call","status":"completed","call_id":"p",\#
            "operation":{"type":"delete_file","path":"x"}}
            """#
        let asked = Self.native[13], approved = Self.native[14]
        let all = try messages(
            Self.bare, shell, patch, asked, #"{"type":"local_shell_call_output","id":"s","output":"x"}"#,
            #"{"type":"apply_patch_call_output","call_id":"p","status":"completed"}"#, approved,
            #"{"type":"item_reference","id":"m"}"#)
        #expect(
            try sent(all).items == [
                #"""
                {"type":"apply_patch_call","status":"completed","call_id":"p",\#
                "operation":{"type":"delete_file","path":"x"}}
                """#,
                #"{"type":"apply_patch_call_output","call_id":"p","status":"completed"}"#,
            ])
        #expect(try sent(all, .whole).items.count == 8)
    }

    @Test("reasoning goes with the call that follows it, or not at all")
    func reasoningBeforeNothing() throws {
        let second = Self.call.replacingOccurrences(of: #""call_id":"a""#, with: #""call_id":"b""#)
        let other = Self.encrypted.replacingOccurrences(of: "rs_1", with: "rs_3")
        // The call of the first reasoning has no result; of the second's two calls one has.
        let all = try messages(Self.encrypted, second, other, Self.call, second, Self.output)
        let (items, omissions) = try sent(all)
        #expect(items == [other, Self.call, Self.output])
        #expect(omissions.map(\.part) == [0, 1, 4])
        let stopped = try sent(try messages(Self.text, Self.encrypted, other) + [.user("Go on")])
        #expect(stopped.items == [Self.text, #"{"role":"user","content":"Go on"}"#])
        #expect(stopped.omissions.map(\.part) == [2, 3])
    }

    @Test("continuing sends what came after the response")
    func continuing() throws {
        let answer = try OpenAIResponses.message(
            from: json(#"{"id":"resp_1","output":[\#(Self.bare),\#(Self.call)],"status":"completed"}"#))
        let all = [ChatMessage.user("Hi"), answer] + (try messages(Self.output)) + [.user("And?")]
        let body = try OpenAIResponses.body(for: all, .continuing("resp_1"), adding: ["model": "m"])
        #expect(
            String(decoding: body.data, as: UTF8.self)
                == #"""
                {"model":"m","previous_response_id":"resp_1","input":[\#(Self.output),\#
                {"role":"user","content":"And?"}]}
                """#
        )
        #expect(body.omissions.isEmpty)
        let open = try OpenAIResponses.body(for: [.user("Hi"), answer, .user("Stop")], .continuing("resp_1"))
        #expect(
            open.omissions == [
                Omission(
                    message: 1, part: 1,
                    reason: "the call is in the response that is continued and has no result: the API will ask for one")
            ])
        #expect(throws: ProviderFormError(member: "previous_response_id", reason: "is the response of no message")) {
            try OpenAIResponses.body(for: all, .continuing("resp_2"))
        }
        for name in ["input", "previous_response_id"] {
            #expect(throws: ProviderFormError(member: name, reason: "is written from the messages")) {
                try OpenAIResponses.body(for: all, adding: [name: "x"])
            }
        }
    }
}
