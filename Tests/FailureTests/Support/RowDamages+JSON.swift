/// Columns of JSON: of metadata, which both tables have, and of messages' parts.
extension RowDamages {
    func metadata(_ table: String, _ place: RowDamage.Place) -> [RowDamage] {
        let damaged =
            [
                "''", "'null'", "'[]'", "'1'", "'{'", #"'{"a":1,"a":1}'"#, #"'{"a":1}x'"#,
                #"'{"a":9223372036854775808}'"#,
                #"'{"a":1e999}'"#, #"'{"a":"\u0000"}'"#, #"'{"a":"\ud800"}'"#,
            ] + noTexts + [#"'{"a":' || \#(repeated("[", 100_000)) || \#(repeated("]", 100_000)) || '}'"#]
        let name = place == .message ? "rating" : "a"
        let same = [" { \"\(name)\" : 1 } ", "{\"\(name)\":1.0}", "{\"\(name)\":10e-1}"].map { "'\($0)'" }
        let stored = ["NULL", "'{}'", #"'{"a":"' || \#(repeated("x", 70_000)) || '"}'"#]
        func change(_ value: String, _ answer: RowDamage.Answer) -> RowDamage {
            place == .message ? message("metadata", value, answer) : conversation("metadata", value, answer)
        }
        return damaged.map { change($0, .damaged) } + same.map { change($0, .same) }
            + stored.map { change($0, .asStored) } + [change("'{\"\u{e9}\":1,\"e\u{301}\":1}'", .unchecked)]
    }

    var parts: [RowDamage] {
        let call = #"{"kind":"tool_call","name":"f","call_id":"1","input":"{}"}"#
        let native = #""native":{"format":"some.api","json":"[1]"}"#
        func withTexts(_ first: String, _ last: String = "3") -> String {
            #"'{"parts":[{"kind":"text","text_bytes":\#(first)},\#(call),{"kind":"text","text_bytes":\#(last)}],\#(native)}'"#
        }
        let damaged =
            [
                "''", "'null'", "'[]'", "'{}'", "'{'", #"'{"parts":1}'"#, #"'{"parts":[]}'"#, #"'{"parts":[1]}'"#,
                #"'{"parts":[{"kind":"text"}]}'"#, #"'{"parts":[{"text_bytes":7}]}'"#,
                #"'{"parts":[{"kind":"text","text":"x"}]}'"#, #"'{"parts":[{"kind":"text","text_bytes":7,"more":1}]}'"#,
                withTexts("9223372036854775807"), withTexts("-1"), withTexts("3.0"), withTexts("1"), withTexts("2"),
                withTexts("3", "4"), withTexts("3", "2"), withTexts("null"),
                #"'{"native":1}'"#, #"'{"native":{"format":"x"}}'"#,
                #"'{"native":{"format":"x","json":1}}'"#, #"'{\#(native),\#(native)}'"#, #"'{\#(native),"more":1}'"#,
            ] + noTexts + [#"'{"parts":' || \#(repeated("[", 100_000)) || \#(repeated("]", 100_000)) || '}'"#]
        let same = [
            withTexts(" 3 "),
            #"'{\#(native), "parts" : [{"text_bytes":3,"kind":"text"},\#(call),{"kind":"text","text_bytes":3,"id":null}]}'"#,
        ]
        return damaged.map { message("parts", $0, .damaged) } + same.map { message("parts", $0, .same) }
            + ["not JSON", ""].map { message("parts", #"'{"native":{"format":"x","json":"\#($0)"}}'"#, .unchecked) }
            + [
                message("content", "'e\u{301}\ntwo'", .asStored), message("parts", "NULL", .asStored),
                message("parts", #"'{\#(native)}'"#, .asStored),
            ]
            + ["''", "'\u{e9}1'", "'\u{e9}1\ntwo\n'", "'\u{e9}1 two'"].map {
                message("content", $0, .damaged)
            }
    }
}
