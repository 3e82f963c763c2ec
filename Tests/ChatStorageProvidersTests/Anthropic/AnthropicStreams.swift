import Testing

/// Streams of Anthropic's events, made by hand after the API's documentation, each with the response that it streams.
enum AnthropicStreams {
    struct Stream: CustomTestStringConvertible {
        let testDescription: String
        /// The content blocks' events: start, changes, end.
        let blocks: [String]
        /// The whole response's content.
        let content: String
        var stopReason = "end_turn"

        private static let start =
            #"{"model":"claude-opus-5","id":"msg_1","type":"message","role":"assistant","content":[],"#
            + #""stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1,"service_tier":"standard"}}"#

        /// The events' JSON.
        var events: [String] {
            [#"{"type":"message_start","message":\#(Self.start)}"#] + blocks + [
                #"{"type":"message_delta","delta":{"stop_reason":"\#(stopReason)","stop_sequence":null},"#
                    + #""usage":{"output_tokens":20}}"#,
                #"{"type":"message_stop"}"#,
            ]
        }

        /// The events as a server sends them.
        var text: String {
            events.map { event in
                let type = event.dropFirst(#"{"type":""#.count).prefix { $0 != "\"" }
                return "event: \(type)\ndata: \(event)\n\n"
            }.joined()
        }

        /// The whole response.
        var response: String {
            #"{"model":"claude-opus-5","id":"msg_1","type":"message","role":"assistant","content":\#(content),"#
                + #""stop_reason":"\#(stopReason)","stop_sequence":null,"#
                + #""usage":{"input_tokens":9,"output_tokens":20,"service_tier":"standard"}}"#
        }
    }

    /// A block's events.
    private static func block(_ index: Int, _ start: String, _ deltas: String...) -> [String] {
        [#"{"type":"content_block_start","index":\#(index),"content_block":\#(start)}"#]
            + deltas.map { #"{"type":"content_block_delta","index":\#(index),"delta":\#($0)}"# }
            + [#"{"type":"content_block_stop","index":\#(index)}"#]
    }

    static let streams = [
        Stream(
            testDescription: "a text",
            blocks: block(
                0, #"{"type":"text","text":""}"#, #"{"type":"text_delta","text":"Hel"}"#,
                #"{"type":"text_delta","text":"lo \ud83d\ude00 \"you\" \u00e9\n"}"#)
                + [#"{"type":"ping"}"#],
            content: #"[{"type":"text","text":"Hello \ud83d\ude00 \"you\" \u00e9\n"}]"#),
        Stream(
            testDescription: "thinking, a text and a call",
            blocks: block(
                0, #"{"type":"thinking","thinking":"","signature":""}"#,
                #"{"type":"thinking_delta","thinking":"Let "}"#,
                #"{"type":"thinking_delta","thinking":"me see\u2026"}"#,
                #"{"type":"signature_delta","signature":"Eq+/a\/b=="}"#)
                + block(1, #"{"type":"redacted_thinking","data":"abc="}"#)
                + block(2, #"{"type":"text","text":""}"#, #"{"type":"text_delta","text":"One moment."}"#)
                + block(
                    3, #"{"type":"tool_use","id":"toolu_1","name":"weather","input":{},"caller":{"type":"direct"}}"#,
                    #"{"type":"input_json_delta","partial_json":""}"#,
                    #"{"type":"input_json_delta","partial_json":"{\"city\": \"S\u00e3o"}"#,
                    #"{"type":"input_json_delta","partial_json":" Paulo\", \"days\": 1e2}"}"#)
                + block(4, #"{"type":"tool_use","id":"toolu_2","name":"now","input":{}}"#),
            content: #"[{"type":"thinking","thinking":"Let me see\u2026","signature":"Eq+/a\/b=="},"#
                + #"{"type":"redacted_thinking","data":"abc="},{"type":"text","text":"One moment."},"#
                + #"{"type":"tool_use","id":"toolu_1","name":"weather","input":{"city": "São Paulo", "days": 1e2},"#
                + #""caller":{"type":"direct"}},{"type":"tool_use","id":"toolu_2","name":"now","input":{}}]"#,
            stopReason: "tool_use"),
        Stream(
            testDescription: "a search with citations",
            blocks: block(
                0, #"{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}"#,
                #"{"type":"input_json_delta","partial_json":"{\"query\":\"x\"}"}"#)
                + block(
                    1,
                    #"{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","#
                        + #""title":"T","url":"https://e.org","encrypted_content":"Eq==","page_age":null}]}"#)
                + block(
                    2, #"{"citations":[],"type":"text","text":""}"#, #"{"type":"text_delta","text":"It is"}"#,
                    #"{"type":"citations_delta","citation":\#(citation)}"#,
                    #"{"type":"citations_delta","citation":\#(citation)}"#)
                + block(3, #"{"type":"text","text":""}"#, #"{"type":"text_delta","text":" so."}"#),
            content: #"[{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"x"}},"#
                + #"{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","#
                + #""title":"T","url":"https://e.org","encrypted_content":"Eq==","page_age":null}]},"#
                + #"{"citations":[\#(citation),\#(citation)],"type":"text","text":"It is"},{"type":"text","text":" so."}]"#
        ),
    ]

    private static let citation =
        #"{"type":"web_search_result_location","cited_text":"a","url":"https://e.org","title":"T","encrypted_index":"Eo=="}"#

    /// All as servers send them.
    static let all = streams.map(\.text)
}
