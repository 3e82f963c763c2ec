public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension OpenAIChat {
    /// Assembles a message from the events that the API streams.
    ///
    /// ```swift
    /// var answer = OpenAIChat.Accumulator()
    /// for try await line in lines { try answer.add(line); show(answer.text) }
    /// ```
    ///
    /// When the model has said why it stopped, ``message`` is the one that the whole response would give. Until then it
    /// has what came so far, without native JSON.
    public struct Accumulator: Sendable {
        private var response = StreamedMembers()
        private var choice = StreamedMembers()
        /// The message's members but for its content and calls.
        private var said = StreamedMembers()
        private var content = StreamedContent()
        private var calls: [(index: Int64?, call: StreamedMembers)] = []
        private var finished: ChatMessage?
        private var hasMoreChoices = false

        /// What could not be kept: further choices, and members that metadata does not take.
        public private(set) var omissions: [Omission] = []

        /// Starts with nothing.
        public init() {}

        /// What the model has said so far.
        public var text: String { content.text }
        /// Whether the model has said why it stopped.
        public var isComplete: Bool { finished != nil }

        /// The message so far; at the end, the whole message.
        public var message: ChatMessage { finished ?? begun }

        /// Adds events.
        ///
        /// - Parameter event: A chunk's JSON, or lines of the stream as they came.
        /// - Throws: ``ProviderFormError`` for anything but an event, and for the API's error; earlier events
        ///   stay.
        public mutating func add(_ event: String) throws {
            for event in try StreamLines.events(in: event) { try add(JSONFields.parse(event.utf8)) }
        }

        /// Adds events.
        ///
        /// - Parameter event: A chunk's JSON, or lines of the stream as they came.
        /// - Throws: ``ProviderFormError`` for anything but an event, and for the API's error; earlier events
        ///   stay.
        public mutating func add(_ event: Data) throws {
            try add(String(decoding: event, as: UTF8.self))
        }

        private mutating func add(_ chunk: JSONSlice) throws {
            guard let choices = chunk.member("choices"), choices.kind == .array else {
                throw chunk.isNoResponse(without: "choices")
            }
            response.replace(with: chunk, except: ["choices"])
            for choice in choices.elementList {
                if let index = choice.member("index")?.integer, index != 0 {
                    hasMoreChoices = true
                } else {
                    add(choice: choice)
                }
            }
            if let reason = choice.text("finish_reason"), !reason.isEmpty { try finish() }
        }

        private mutating func add(choice: JSONSlice) {
            self.choice.add(choice, except: ["delta", "index"])
            guard let delta = choice.member("delta") else { return }
            said.add(delta, except: ["content", "tool_calls"])
            content.add(delta.member("content"))
            for call in delta.member("tool_calls")?.elementList ?? [] { add(call: call) }
        }

        /// Adds a piece of a call: the index says which call, or else the id.
        private mutating func add(call: JSONSlice) {
            let index = call.member("index")?.integer
            let id = call.member("id")?.filledText
            let place =
                index.map { index in calls.firstIndex { $0.index == index } }
                ?? (id == nil ? calls.indices.last : calls.firstIndex { $0.call.text("id") == id })
            if place == nil { calls.append((index, StreamedMembers())) }
            calls[place ?? calls.count - 1].call.add(call, except: ["index"])
        }

        // MARK: The message

        private var begun: ChatMessage {
            var parts: [MessagePart] = []
            let thought = said.text("reasoning_content") ?? said.text("reasoning") ?? content.thought
            if !thought.isEmpty { parts.append(.reasoning(thought)) }
            if !content.text.isEmpty { parts.append(.text(content.text)) }
            if let refusal = said.text("refusal") { parts.append(MessagePart(.refusal, text: refusal)) }
            for (_, call) in calls {
                let function = call.object("function")
                parts.append(
                    MessagePart(
                        .toolCall, name: StorableText.name((function ?? call.object("custom"))?.text("name")),
                        callID: StorableText.name(call.text("id")),
                        input: function?.text("arguments") ?? call.object("custom")?.text("input")))
            }
            var message = ChatMessage(role: .assistant, parts: parts)
            message.metadata[.model] = response.text("model")
            message.metadata[.responseID] = response.text("id")
            return message
        }

        /// Reads the joined pieces like a whole response.
        private mutating func finish() throws {
            var json = JSONWriter()
            json.object { json in
                response.write(to: &json)
                json.name("choices")
                json.array { json in
                    json.object { json in
                        json.member("index", 0)
                        json.name("message")
                        json.object { json in write(&json) }
                        choice.write(to: &json)
                    }
                }
            }
            omissions = []
            let whole = try JSONFields.parse(json.bytes)
            var message = try ChatReader(extracting: nil).response(whole, omissions: &omissions)
            // A chunk's type differs, but the answer is the same, whole or in pieces.
            if message.metadata["object"] == .string("chat.completion.chunk") {
                message.metadata["object"] = .string("chat.completion")
            }
            if hasMoreChoices {
                omissions.append(Omission(reason: "further choices are left out: a message holds one answer"))
            }
            finished = message
        }

        private func write(_ json: inout JSONWriter) {
            json.member("role", said.text("role") ?? Role.assistant.rawValue)
            json.name("content")
            let hasMore = !calls.isEmpty || said.text("refusal") != nil || said.object("function_call") != nil
            json.literal(content.json(emptyIsNull: hasMore))
            var others = said
            others.remove("role")
            others.write(to: &json, nulls: false)
            guard !calls.isEmpty else { return }
            json.name("tool_calls")
            json.array { json in for (_, call) in calls { json.object { call.write(to: &$0, nulls: false) } } }
        }
    }
}

/// The content of a streamed message: a string, or elements, as in Mistral's thoughts.
private struct StreamedContent: Sendable {
    private var string = StreamedString()
    private var thoughts = StreamedString()
    private var elements: [String] = []
    private var isNull = true

    var text: String { string.text }
    var thought: String { thoughts.text }

    mutating func add(_ piece: JSONSlice?) {
        guard let piece, piece.kind != .null else { return }
        isNull = false
        string.add(piece)
        for element in piece.elementList {
            switch element.member("type")?.string {
            case "text": string.add(element.member("text"))
            case "thinking":
                let thinking = element.member("thinking")
                thoughts.add(thinking)
                for text in thinking?.elementList ?? [] { thoughts.add(text.member("text")) }
            default: elements.append(element.text)
            }
        }
    }

    func json(emptyIsNull: Bool) -> String {
        if isNull || emptyIsNull && string.isEmpty && thoughts.isEmpty && elements.isEmpty { return "null" }
        if thoughts.isEmpty, elements.isEmpty { return string.json }
        var json = JSONWriter()
        json.array { json in
            if !thoughts.isEmpty {
                json.literal("{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\(thoughts.json)}]}")
            }
            if !string.isEmpty { json.literal("{\"type\":\"text\",\"text\":\(string.json)}") }
            for element in elements { json.literal(element) }
        }
        return json.text
    }
}
