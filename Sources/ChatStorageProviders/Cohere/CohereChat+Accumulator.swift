public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension CohereChat {
    /// Assembles a message from the events that the API streams.
    ///
    /// When the stream has said that the message ended, ``message`` is the one that the whole response would give.
    /// Until then it has what came so far, without native JSON.
    public struct Accumulator: Sendable, Omitting {
        private var envelope = StreamedObject()
        private var plan = StreamedString()
        private var content: [(index: Int64, type: String, text: StreamedString)] = []
        private var calls: [(index: Int64, call: StreamedMembers)] = []
        private var citations: [String] = []
        private var finished: ChatMessage?

        /// What could not be kept: events of unknown kinds, and members that metadata does not take.
        public internal(set) var omissions: [Omission] = []

        /// Starts with nothing.
        public init() {}

        /// What the model has said so far.
        public var text: String { message.content }
        /// Whether the stream said that the message ended.
        public var isComplete: Bool { finished != nil }
        /// The message so far; at the end, the whole message.
        public var message: ChatMessage { finished ?? begun }

        /// Adds events.
        ///
        /// - Parameter event: An event's JSON, or lines of the stream as they came.
        /// - Throws: ``ProviderFormError`` for anything but an event; earlier events stay.
        public mutating func add(_ event: String) throws {
            for event in try StreamLines.events(in: event) {
                try add(JSONFields(JSONFields.parse(event.utf8), at: ""))
            }
        }

        /// Adds events.
        ///
        /// - Parameter event: An event's JSON, or lines of the stream as they came.
        /// - Throws: ``ProviderFormError`` for anything but an event; earlier events stay.
        public mutating func add(_ event: Data) throws {
            try add(String(decoding: event, as: UTF8.self))
        }

        private mutating func add(_ event: JSONFields) throws {
            let type = try event.requiredString("type")
            let message = event["delta"]?.member("message")
            let index = event["index"]?.integer ?? 0
            switch type {
            case "message-start":
                if let id = event["id"] { envelope.set("id", id.text) }
            case "content-start", "content-delta":
                let piece = message?.member("content")
                let place = contentPlace(index, piece?.member("type")?.string)
                content[place].text.add(piece?.member("text") ?? piece?.member("thinking"))
                if piece?.member("thinking") != nil { content[place].type = "thinking" }
            case "tool-plan-delta": plan.add(message?.member("tool_plan"))
            case "tool-call-start", "tool-call-delta":
                let pieces = message?.member("tool_calls")
                let piece = pieces?.kind == .array ? pieces?.elementList.first : pieces
                let place = calls.firstIndex { $0.index == index } ?? calls.count
                if place == calls.count { calls.append((index, StreamedMembers())) }
                if let piece { calls[place].call.add(piece) }
            case "citation-start":
                let pieces = message?.member("citations")
                citations +=
                    pieces?.kind == .array ? pieces?.elementList.map(\.text) ?? [] : pieces.map { [$0.text] } ?? []
            case "content-end", "tool-call-end", "citation-end": return
            case "message-end":
                for member in event["delta"]?.memberList ?? [] where member.key != "message" {
                    envelope.set(member.key, member.value.text)
                }
                try finish()
            default: omit("an event of an unknown kind is left out")
            }
        }

        private mutating func contentPlace(_ index: Int64, _ type: String?) -> Int {
            if let place = content.firstIndex(where: { $0.index == index }) { return place }
            content.append((index, type == "thinking" ? "thinking" : "text", StreamedString()))
            return content.count - 1
        }

        // MARK: The message

        private var begun: ChatMessage {
            var parts: [MessagePart] = plan.isEmpty ? [] : [.reasoning(plan.text)]
            parts += content.map { $0.type == "thinking" ? .reasoning($0.text.text) : .text($0.text.text) }
            for (_, call) in calls {
                let function = call.object("function")
                parts.append(
                    MessagePart(
                        .toolCall, name: StorableText.name(function?.text("name")),
                        callID: StorableText.name(call.text("id")), input: function?.text("arguments")))
            }
            return ChatMessage(role: .assistant, parts: parts)
        }

        private mutating func finish() throws {
            var json = JSONWriter()
            json.object { json in
                json.member("role", Role.assistant.rawValue)
                write(&json)
            }
            envelope.set("message", json.text)
            var found: [Omission] = []
            finished = try CohereChat.message(from: Data(envelope.json.utf8), omissions: &found)
            for omission in found { omit(omission.reason) }
        }

        private func write(_ json: inout JSONWriter) {
            if !content.isEmpty {
                json.name("content")
                json.array { json in
                    for (_, type, text) in content {
                        json.object { json in
                            json.member("type", type)
                            json.member(type, literal: text.json)
                        }
                    }
                }
            }
            if !plan.isEmpty { json.member("tool_plan", literal: plan.json) }
            if !calls.isEmpty {
                json.name("tool_calls")
                json.array { json in for (_, call) in calls { json.object { call.write(to: &$0, nulls: false) } } }
            }
            if !citations.isEmpty {
                json.name("citations")
                json.array { for citation in citations { $0.literal(citation) } }
            }
        }
    }
}
