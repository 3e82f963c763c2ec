public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension OpenAIResponses {
    /// Assembles a message from the events that the API streams.
    ///
    /// ```swift
    /// var answer = OpenAIResponses.Accumulator()
    /// for try await line in lines { try answer.add(line); show(answer.text) }
    /// ```
    ///
    /// The last event has the whole response, and ``message`` is then the one that the response gives. Until then it
    /// has the finished items, exactly, and of the others what came so far.
    public struct Accumulator: Sendable {
        private var items: [Int64: StreamedItem] = [:]
        private var begun = ChatMessage(role: .assistant, parts: [])
        private var finished: ChatMessage?

        /// What could not be kept: members that metadata does not take.
        public private(set) var omissions: [Omission] = []

        /// Starts with nothing.
        public init() {}

        /// What the model has said so far: the texts of ``message``.
        public var text: String { message.content }
        /// Whether the whole response came, even if it failed.
        public var isComplete: Bool { finished != nil }

        /// The message so far; at the end, the whole message.
        public var message: ChatMessage {
            if let finished { return finished }
            var message = begun
            message.parts = parts
            return message
        }

        private var parts: [MessagePart] { items.keys.sorted().flatMap { items[$0]?.parts ?? [] } }

        /// Adds events.
        ///
        /// - Parameter event: An event's JSON, or lines of the stream as they came.
        /// - Throws: ``ProviderFormError`` for anything but an event, and for the API's error; earlier events
        ///   stay.
        public mutating func add(_ event: String) throws {
            for event in try StreamLines.events(in: event) { try add(JSONFields(JSONFields.parse(event.utf8), at: "")) }
        }

        /// Adds events.
        ///
        /// - Parameter event: An event's JSON, or lines of the stream as they came.
        /// - Throws: ``ProviderFormError`` for anything but an event, and for the API's error; earlier events
        ///   stay.
        public mutating func add(_ event: Data) throws {
            try add(String(decoding: event, as: UTF8.self))
        }

        private mutating func add(_ event: JSONFields) throws {
            let type = try event.requiredString("type")
            let index = event["output_index"]?.integer ?? 0
            switch type {
            case "error": throw ProviderFormError(member: "error", reason: "is there: the API broke the answer off")
            case "response.created", "response.in_progress":
                begun.metadata[.model] = event["response"]?.member("model")?.storableText
                begun.metadata[.responseID] = event["response"]?.member("id")?.storableText
            case "response.completed", "response.incomplete", "response.failed":
                try finish(event.required("response"))
            case "response.output_item.added": items[index] = StreamedItem(try event.required("item"))
            case "response.output_item.done":
                let item = try event.required("item")
                items[index] = .done(try ItemReader(extracting: nil).parts(item, path: "item").parts)
            default: items[index]?.add(event, type)
            }
        }

        private mutating func finish(_ response: JSONSlice) throws {
            omissions = []
            var message = try ItemReader(extracting: nil).response(response, omissions: &omissions)
            // A failed response can lack what was streamed before.
            if message.parts.isEmpty || response.member("output")?.elementList.count ?? 0 < items.count {
                let metadata = message.metadata
                message = ChatMessage(role: .assistant, parts: parts, metadata: metadata)
            }
            finished = message
        }
    }
}

/// An item that is coming in pieces, or came whole.
private enum StreamedItem: Sendable {
    case open(Open)
    case done([MessagePart])

    /// What has come of an unfinished item.
    struct Open: Sendable {
        /// The part at the item's beginning: a call without arguments, reasoning without a text.
        var start: MessagePart
        /// A message's texts, by their places in its content.
        var content: [Int64: MessagePart] = [:]
        /// The texts of reasoning, by their places in the summary, or else in the content.
        var thoughts: [Int64: String] = [:]
        var input = ""
    }

    init(_ item: JSONSlice) {
        var files = InlineFiles(extracting: nil)
        let read = try? ItemReader(extracting: nil).read(item, path: "item", files: &files).parts
        self = .open(Open(start: read?.first ?? MessagePart(.data)))
    }

    var parts: [MessagePart] {
        switch self {
        case .done(let parts): return parts
        case .open(let open):
            if !open.content.isEmpty { return open.content.keys.sorted().compactMap { open.content[$0] } }
            // Nothing is said yet.
            if open.start.kind == .text { return [] }
            var part = open.start
            if !open.thoughts.isEmpty {
                part.text = open.thoughts.keys.sorted().compactMap { open.thoughts[$0] }.joined(separator: "\n")
            }
            if !open.input.isEmpty { part.input = open.input }
            return [part]
        }
    }

    /// Adds a piece.
    mutating func add(_ event: JSONFields, _ type: String) {
        guard case .open(var open) = self else { return }
        // Growing texts have one owner, so that they are not copied.
        self = .done([])
        let delta = event["delta"]?.storableText ?? ""
        switch type {
        case "response.output_text.delta", "response.refusal.delta":
            let place = event["content_index"]?.integer ?? 0
            let kind: MessagePart.Kind = type == "response.refusal.delta" ? .refusal : .text
            let start = MessagePart(kind, id: open.start.id, text: "", status: open.start.status)
            var text = open.content[place, default: start].text ?? ""
            open.content[place]?.text = nil
            text += delta
            open.content[place, default: start].text = text
        case "response.reasoning_summary_text.delta":
            open.thoughts[event["summary_index"]?.integer ?? 0, default: ""] += delta
        case "response.reasoning_text.delta":
            open.thoughts[event["content_index"]?.integer ?? 0, default: ""] += delta
        case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta",
            "response.mcp_call_arguments.delta", "response.code_interpreter_call_code.delta":
            open.input += delta
        default: break
        }
        self = .open(open)
    }
}
