import ChatStorageCore
import Testing

@Suite struct JSONObjectTests {
    @Test func aMemberThatIsNotThereIsNoneAndNotNull() throws {
        var object: JSONObject = ["a": 1, "b": .null]
        #expect((object["c"] as JSONValue?).map(\.text) == nil)
        #expect((object["b"] as JSONValue?).map(\.text) == "null")
        object["a"] = nil
        #expect(object.members.map(\.name) == ["b"])
        #expect(try JSONValue(parsing: #"{"a":{"b":null}}"#).text == #"{"a":{"b":null}}"#)
        #expect(throws: ChatStorageError.self) { try JSONValue(parsing: #"{"a":1,"a":1}"#) }
    }
}
