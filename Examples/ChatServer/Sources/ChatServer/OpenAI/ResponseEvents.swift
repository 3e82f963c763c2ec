import ChatStorageCore

/// The events of a response that is streamed; see ``AnswerOutline`` for their numbers.
struct ResponseEvents {
    struct Event {
        let number: Int
        let type: String
        let json: JSONValue
    }

    private let message: Message
    private let outline: AnswerOutline
    private let items: Items

    init(_ message: Message) {
        self.message = message
        outline = AnswerOutline(message)
        items = Items(message)
    }

    /// The events after the one of a number.
    func after(_ number: Int) -> [Event] {
        var events: [Event] = []
        func add(_ eventNumber: Int, _ type: String, _ members: JSONObject) {
            guard eventNumber > number else { return }
            var members = members
            members["type"] = .string(type)
            members["sequence_number"] = .integer(Int64(eventNumber))
            events.append(Event(number: eventNumber, type: type, json: .object(members)))
        }
        if number < AnswerOutline.start {
            let begun = ResponseObject(message: message).json(hasBegun: false)
            add(0, "response.created", ["response": begun])
            add(1, "response.in_progress", ["response": begun])
        }
        for (first, piece) in outline.pieces(after: number) { self.piece(piece, first, add) }
        if let type = end { add(outline.end, type, ["response": ResponseObject(message: message).json()]) }
        return events
    }

    private var end: String? {
        switch message.state {
        case .streaming: nil
        case .complete: "response.completed"
        case .stopped: "response.incomplete"
        case .failed: "response.failed"
        }
    }

    private func piece(
        _ piece: AnswerOutline.Piece, _ first: Int, _ add: (Int, String, JSONObject) -> Void
    ) {
        switch piece {
        case .begin(let index, var part):
            part.text = part.text == nil ? nil : ""
            part.input = part.input == nil ? nil : ""
            add(
                first, "response.output_item.added",
                ["output_index": .integer(Int64(index)), "item": begun(index, part)])
            switch part.kind {
            case .text, .refusal:
                add(first + 1, "response.content_part.added", place(index, part: Items.content(of: part)))
            case .reasoning: add(first + 1, "response.reasoning_summary_part.added", place(index, summary: ""))
            default: break
            }
        case .text(let index, let part, let text):
            var members = place(index)
            members["delta"] = .string(text)
            let type =
                switch part.kind {
                case .reasoning: "response.reasoning_summary_text.delta"
                case .toolCall: "response.function_call_arguments.delta"
                case .refusal: "response.refusal.delta"
                default: "response.output_text.delta"
                }
            switch part.kind {
            case .reasoning: members["summary_index"] = 0
            case .toolCall: break
            default:
                members["content_index"] = 0
                members["logprobs"] = []
            }
            add(first, type, members)
        case .end(let index, let part): end(of: part, index, first, add)
        }
    }

    private func end(
        of part: MessagePart, _ index: Int, _ first: Int, _ add: (Int, String, JSONObject) -> Void
    ) {
        var members = place(index)
        switch part.kind {
        case .text, .refusal:
            members["content_index"] = 0
            members[part.kind == .text ? "text" : "refusal"] = .string(part.streamed)
            members["logprobs"] = []
            add(first, part.kind == .text ? "response.output_text.done" : "response.refusal.done", members)
            add(first + 1, "response.content_part.done", place(index, part: Items.content(of: part)))
        case .reasoning:
            members["summary_index"] = 0
            members["text"] = .string(part.streamed)
            add(first, "response.reasoning_summary_text.done", members)
            add(first + 1, "response.reasoning_summary_part.done", place(index, summary: part.streamed))
        case .toolCall:
            members["arguments"] = .string(part.streamed)
            members["name"] = JSONValue(part.name)
            add(first, "response.function_call_arguments.done", members)
        default: break
        }
        let item = items.answer(index, isOpen: false)
        add(first + 2, "response.output_item.done", ["output_index": .integer(Int64(index)), "item": item])
    }

    /// The item of a part of which nothing has come yet.
    private func begun(_ index: Int, _ part: MessagePart) -> JSONValue {
        var item = items.answer(index, isOpen: true)
        if case .object(var object) = item {
            switch part.kind {
            case .text, .refusal: object["content"] = []
            case .reasoning: object["summary"] = []
            case .toolCall: object["arguments"] = ""
            default: break
            }
            item = .object(object)
        }
        return item
    }

    private func place(_ index: Int) -> JSONObject {
        ["item_id": .string(items.id(index)), "output_index": .integer(Int64(index))]
    }

    private func place(_ index: Int, part: JSONValue) -> JSONObject {
        var place = place(index)
        place["content_index"] = 0
        place["part"] = part
        return place
    }

    private func place(_ index: Int, summary: String) -> JSONObject {
        var place = place(index)
        place["summary_index"] = 0
        place["part"] = ["type": "summary_text", "text": .string(summary)]
        return place
    }
}
