import ChatStorageConformance
import ChatStorageCore
import ChatStorageJSON

@testable import ChatStorageProviders

/// Random changes of what an API said: members that are missing, doubled or of other kinds.
enum Nonsense {
    static let values = [
        "null", "true", "1e2", "\"\"", "\"\\u0000\"", "\"\\ud83d\"", "[]", "{}", "[[1.0]]", #"{"text":"x","type":7}"#,
        #""data:image/png;base64,iVBORw0KGgo=""#, #"[{"type":"text","text":"a"},{"type":"refusal"}]"#,
        "\"" + String(repeating: "é", count: 300) + "\"", "123456789012345678901234567890",
    ]

    /// The value with a random change somewhere in it.
    static func changed(_ json: JSONSlice, _ random: inout SplitMix64) -> String {
        switch json.kind {
        case .object where !json.isEmpty:
            var members = json.memberList.map { (name: JSONPatch.string($0.key), value: $0.value.text) }
            let place = Int.random(in: members.indices, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0: members.remove(at: place)
            case 1: members.append(members[place])
            case 2: members.swapAt(place, 0)
            case 3: members[place].value = values.randomElement(using: &random) ?? ""
            case 4: members.append((JSONPatch.string("x\(place)"), values.randomElement(using: &random) ?? ""))
            default: members[place].value = changed(json.memberList[place].value, &random)
            }
            return "{" + members.map { "\($0.name): \($0.value)" }.joined(separator: ",") + "}"
        case .array where !json.isEmpty:
            var elements = json.elementList.map(\.text)
            let place = Int.random(in: elements.indices, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: elements.remove(at: place)
            case 1: elements.append(elements[place])
            case 2: elements[place] = values.randomElement(using: &random) ?? ""
            default: elements[place] = changed(json.elementList[place], &random)
            }
            return "[" + elements.joined(separator: ",") + "]"
        default: return values.randomElement(using: &random) ?? ""
        }
    }

    /// The messages alone, and with what an API wants around them: calls before results, and results after calls.
    ///
    /// - Parameter end: Messages between a call and its result.
    /// - Returns: Each conversation, and where in it the messages begin.
    static func chats(
        with messages: [ChatMessage], ending end: [ChatMessage] = []
    ) -> [(chat: [ChatMessage], place: Int)] {
        // Some APIs get an id with other characters in another form.
        func isPlain(_ id: String) -> Bool { id.wholeMatch(of: /[-A-Za-z0-9_]+/) != nil }
        let called = messages.flatMap(\.toolCalls).compactMap(\.callID)
        let answered = messages.flatMap(\.parts).filter { $0.kind == .toolResult }.compactMap(\.callID)
        let calls = answered.filter { isPlain($0) && !called.contains($0) }.map { id in
            ChatMessage.assistant([.toolCall("f", callID: id, input: "{}")])
        }
        let results = called.filter { isPlain($0) && !answered.contains($0) }.map { id in
            ChatMessage.tool([.toolResult(callID: id, output: "[]")])
        }
        return [(messages, 0), (calls + messages + end + results, calls.count)]
    }
}
