import ChatStorageCore
import Foundation
import Testing

@testable import ChatStorageProviders

@Suite("What the codecs share")
struct SharedTests {
    @Test(arguments: [
        (#"{"a":1}"#, [#"{"a":1}"#]), (" \n{\n}", [" \n{\n}"]), ("", []), ("event: x", []), (": comment\n\n", []),
        (#"data: {"a":1}"#, [#"{"a":1}"#]), (#"data:{"a":1}"#, [#"{"a":1}"#]), ("data: [DONE]", []),
        ("event: a\r\ndata: {\"a\":1}\r\n\r\nid: 7\r\nretry: 5\r\ndata: {}\r\n\r\n", [#"{"a":1}"#, "{}"]),
        ("data: {\ndata: }\n\n", ["{\n}"]),
    ])
    func linesOfAStreamGiveEvents(text: String, events: [String]) throws {
        #expect(try StreamLines.events(in: text) == events)
    }

    @Test(arguments: ["hello", "{", "data: {", "[1]", "data x"])
    func otherLinesAreRefused(text: String) {
        #expect(throws: ProviderFormError.self) {
            for event in try StreamLines.events(in: text) { _ = try JSONFields.parse(event.utf8) }
        }
    }

    @Test func nativeIsLeftOutForWhiteSpaceBetweenTokensAlone() {
        let same = [("{ \"a\" : [ 1 , \"b c\" ] }", #"{"a":[1,"b c"]}"#), (#"{"a":"\"{ }"}"#, #"{ "a":"\"{ }"}"#)]
        for (left, right) in same { #expect(NativeRule.isSame(left, right)) }
        let others = [
            ("1.0", "1"), (#""\/""#, #""/""#), (#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#), (#""a b""#, #""ab""#),
            (#"{"a":1,"a":1}"#, #"{"a":1}"#), (#""\\ ""#, #""\\""#),
        ]
        for (left, right) in others { #expect(!NativeRule.isSame(left, right), "\(left) \(right)") }
    }

    @Test func patchesChangeSingleValuesAlone() throws {
        let text = #"{ "a": "é\n", "b":[1.0 , "x"],"a":2 }"#
        let fields = try JSONFields(JSONFields.parse(text.utf8), at: "")
        var patch = JSONPatch(text)
        patch.replace(fields.members[2].value, with: "null")
        patch.replace(fields.members[0].value, with: JSONPatch.string("ü\""))
        #expect(patch.result == #"{ "a": "ü\"", "b":[1.0 , "x"],"a":null }"#)
    }

    @Test func addedMembersKeepTheirOrderAndExactTexts() throws {
        var members: RequestMembers = [
            "b": "x\"", "a": 1, "c": 1.5, "d": true, "e": JSONText(written: "[1e2 ]"), "f": ["x", "y"],
            "g": ["k": 1, "j": 2],
            "h": JSONValue.null, "i": JSONObject(),
        ]
        members.add("j", [try JSONText("1.0")])
        members.add("k", Double.infinity)
        #expect(
            members.members.map { "\($0.name)=\($0.json)" } == [
                #"b="x\"""#, "a=1", "c=1.5", "d=true", "e=[1e2 ]", #"f=["x","y"]"#, #"g={"j":2,"k":1}"#, "h=null",
                "i={}",
                "j=[1.0]", "k=null",
            ])
        #expect(throws: ProviderFormError(member: "a", reason: "is written from the messages")) {
            try members.checked(reserving: ["a"])
        }
    }

    @Test func sizesAndDataURLsOfBase64() {
        for count in 0..<7 {
            let data = Data(repeating: 7, count: count)
            #expect(Base64.size(of: data.base64EncodedString()) == (count == 0 ? nil : Int64(count)))
        }
        #expect(Base64.size(of: "abc") == nil)
        #expect(
            Base64.dataURL("data:image/png;charset=x;base64,AA==").map { "\($0)" }
                == #"(mediaType: "image/png", base64: "AA==")"#)
        for other in ["data:,x", "data:image/png,x", "https://e.org/;base64,x", "data:"] {
            #expect(Base64.dataURL(other) == nil)
        }
    }

    @Test func errorsNameTheMemberAndQuoteNoText() throws {
        let fields = try JSONFields(JSONFields.parse(#"{"secret":"private"}"#.utf8), at: "content[1]")
        let error = #expect(throws: ProviderFormError.self) { try fields.requiredElements("secret") }
        #expect(error.map(String.init(describing:)) == "content[1].secret is a string, not an array")
        let text = #expect(throws: ProviderFormError.self) { try JSONFields.parse("private".utf8) }
        #expect(text?.description == "the JSON is not valid JSON, at byte 1")
        #expect(ResponseMetadata.shown("a private\nname") == "a member")
    }
}
