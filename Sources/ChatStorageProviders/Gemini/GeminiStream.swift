import ChatStorageCore
import ChatStorageJSON

/// The responses of a stream, joined into one: parts are collected, and of other members the latest value counts.
struct GeminiStream: Sendable {
    /// A piece of the content so far.
    enum Piece: Sendable {
        /// A text or a thought that the next response can continue.
        case text(StreamedString, isThought: Bool)
        /// A part that came whole.
        case whole(String)
    }

    private var response = StreamedObject()
    private var candidate = StreamedObject()
    private(set) var pieces: [Piece] = []
    /// What could not be kept.
    private(set) var omissions: [Omission] = []

    /// Why the model stopped, in the API's word; nil until it stops.
    var finishReason: String? {
        string(candidate.json("finishReason") ?? candidate.json("finish_reason"))
            ?? (candidate.json("content") == nil && pieces.isEmpty ? blockReason : nil)
    }

    /// A member of the response that is a string.
    func string(of name: String) -> String? { string(response.json(name)) }

    private var blockReason: String? {
        guard let json = response.json("promptFeedback"), let feedback = try? JSONFields.parse(json.utf8) else {
            return nil
        }
        return feedback.googleMember("blockReason")?.filledText
    }

    private func string(_ json: String?) -> String? {
        json.flatMap { try? JSONFields.parse($0.utf8) }?.filledText
    }

    /// Adds a response.
    ///
    /// - Returns: The text by which the last text grew; nil if anything else changed.
    /// - Throws: ``ProviderFormError``.
    @discardableResult
    mutating func add(_ chunk: JSONSlice) throws -> String? {
        let fields = try JSONFields(chunk, at: "")
        guard
            fields["candidates"]?.kind == .array || chunk.googleMember("promptFeedback") != nil
                || chunk.googleMember("usageMetadata") != nil
        else { throw chunk.isNoResponse(without: "candidates") }
        let candidates = fields["candidates"]?.elementList ?? []
        let parts = try Self.parts(candidates.first)
        for (name, value) in fields.members where name != "candidates" { response.set(name, value.text) }
        for (name, value) in candidates.first?.memberList ?? [] where name != "content" {
            candidate.set(name, value.text)
        }
        if candidates.count > 1 {
            let omission = Omission(reason: "further candidates are left out: a message holds one answer")
            if !omissions.contains(omission) { omissions.append(omission) }
        }
        var growth: String? = ""
        for part in parts {
            let more = add(part: part)
            growth = if let old = growth, let more { old + more } else { nil }
        }
        return growth
    }

    private static func parts(_ candidate: JSONSlice?) throws -> [JSONSlice] {
        let parts = candidate?.googleMember("content")?.googleMember("parts")?.elementList ?? []
        for (index, part) in parts.enumerated() {
            let path = "candidates[0].content.parts[\(index)]"
            guard part.kind == .object else { throw JSONFields.wrong(path, part, "an object") }
            let call = part.googleMember("functionCall")
            guard call?.googleMember("partialArgs") == nil, call?.googleMember("willContinue")?.boolean != true else {
                throw ProviderFormError(
                    member: path + ".functionCall",
                    reason: "comes in pieces, which only `streamFunctionCallArguments` asks for")
            }
        }
        return parts
    }

    private mutating func add(part: JSONSlice) -> String? {
        let members = part.memberList
        let isThought = part.member("thought")?.boolean == true
        guard let text = part.member("text"), text.kind == .string,
            members.allSatisfy({ $0.key == "text" || $0.key == "thought" && $0.value.kind == .boolean })
        else {
            pieces.append(.whole(part.text))
            return nil
        }
        // An empty text says nothing.
        if text.isEmpty { return "" }
        if case .text(var string, isThought)? = pieces.last {
            let length = string.text.utf8.count
            // Taken out of the list while it grows, so that it is not copied.
            pieces[pieces.count - 1] = .whole("")
            string.add(text)
            pieces[pieces.count - 1] = .text(string, isThought: isThought)
            return isThought ? "" : String(string.text.utf8.dropFirst(length))
        }
        var string = StreamedString()
        string.add(text)
        pieces.append(.text(string, isThought: isThought))
        return nil
    }

    /// The whole response.
    var json: String {
        var json = JSONWriter()
        let members = { (object: StreamedObject) in object.json.dropFirst().dropLast() }
        json.array { json in
            for piece in pieces {
                switch piece {
                case .text(let string, isThought: false): json.literal("{\"text\":\(string.json)}")
                case .text(let string, isThought: true): json.literal("{\"text\":\(string.json),\"thought\":true}")
                case .whole(let text): json.literal(text)
                }
            }
        }
        let content = "\"content\":{\"parts\":\(json.text),\"role\":\"model\"}"
        let (more, others) = (members(candidate), members(response))
        let hasCandidate = !pieces.isEmpty || !more.isEmpty
        let candidates = hasCandidate ? "{\(content)\(more.isEmpty ? "" : ",")\(more)}" : ""
        return "{\"candidates\":[\(candidates)]\(others.isEmpty ? "" : ",")\(others)}"
    }
}
