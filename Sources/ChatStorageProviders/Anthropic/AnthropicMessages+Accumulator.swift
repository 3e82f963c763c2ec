public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension AnthropicMessages {
    /// Assembles a message from the events of a streamed response.
    ///
    /// ```swift
    /// var answer = AnthropicMessages.Accumulator()
    /// for try await line in bytes.lines {
    ///     try answer.add(line)
    ///     show(answer.text)
    /// }
    /// try await chats.append(answer.message, to: id)
    /// ```
    ///
    /// At the end ``message`` is what ``AnthropicMessages/message(from:extracting:)`` gives for the whole response.
    /// Strings and signatures keep the escapes that the events had. A call's input is the text from the events, whose
    /// white space can differ from that in a whole response.
    public struct Accumulator: Sendable, Omitting {
        /// The text of ``message`` so far.
        public private(set) var text = ""
        /// Whether the stream said that the response is complete.
        public private(set) var isComplete = false
        /// What could not be kept: events and changes of unknown kinds.
        public internal(set) var omissions: [Omission] = []

        private var envelope = StreamedObject()
        private var metadata = Metadata()
        /// The response's members that do not go to metadata.
        private var omittedMembers: [String] = []
        private var role = Role.assistant
        private var blocks: [StreamedBlock] = []

        /// Starts with nothing.
        public init() {}

        /// The message so far.
        public var message: ChatMessage {
            ChatMessage(role: role, parts: blocks.flatMap(\.parts), metadata: metadata)
        }

        /// Adds an event.
        ///
        /// - Parameter event: An event's JSON, or one or more whole lines of the stream; names of events and empty
        ///   lines are ignored.
        /// - Throws: ``ProviderFormError`` for an event that is not of this API, and for one that reports a failure of
        ///   the server; the message so far stays.
        public mutating func add(_ event: String) throws {
            for json in try StreamLines.events(in: event) {
                try add(JSONFields(JSONFields.parse(json.utf8), at: ""))
            }
        }

        /// Adds an event's JSON, or lines of the stream, as UTF-8.
        ///
        /// - Throws: See ``add(_:)-(String)``.
        public mutating func add(_ event: Data) throws {
            try add(String(decoding: event, as: UTF8.self))
        }

        private mutating func add(_ event: JSONFields) throws {
            switch try event.requiredString("type") {
            case "message_start": try start(JSONFields(event.required("message"), at: "message"))
            case "content_block_start": try startBlock(event)
            case "content_block_delta": try change(event)
            case "content_block_stop":
                try blocks[place(of: event)].finish()
                text = message.content
            case "message_delta": try finish(event)
            case "message_stop": isComplete = true
            case "ping": return
            case "error":
                let error = event["error"]?.memberList ?? []
                let type = error.last { $0.key == "type" }?.value.string ?? ""
                let word = ResponseMetadata.isWord(type) ? ": \(type)" : ""
                throw ProviderFormError(member: "error", reason: "ended the stream\(word)")
            default: omit("an event of an unknown kind is left out")
            }
        }

        // MARK: The response

        private mutating func start(_ message: JSONFields) throws {
            role = Role(rawValue: try message.requiredString("role"))
            envelope = StreamedObject(message)
            for (index, block) in (message["content"]?.elementList ?? []).enumerated() {
                blocks.append(try StreamedBlock(index: Int64(index), JSONFields(block, at: "message.content")))
            }
            text = self.message.content
            try readMetadata()
        }

        /// Members at the end replace those at the start; in the usage, each count replaces the earlier one.
        private mutating func finish(_ event: JSONFields) throws {
            for member in try JSONFields(event.required("delta"), at: "delta").members {
                envelope.set(member.key, member.value.text)
            }
            for member in event.members where member.key != "type" && member.key != "delta" {
                let old = envelope.json(member.key).flatMap { try? JSONFields(JSONFields.parse($0.utf8), at: "") }
                if member.key == "usage", let old, let new = try? JSONFields(member.value, at: "usage") {
                    var usage = StreamedObject(old)
                    for count in new.members { usage.set(count.key, count.value.text) }
                    envelope.set("usage", usage.json)
                } else {
                    envelope.set(member.key, member.value.text)
                }
            }
            try readMetadata()
        }

        private mutating func readMetadata() throws {
            var reader = MessageReader(extracting: nil)
            metadata = reader.metadata(of: try JSONFields(JSONFields.parse(envelope.json.utf8), at: ""))
            let omitted = reader.omissions.map(\.reason)
            for reason in omitted where !omittedMembers.contains(reason) { omit(reason) }
            omittedMembers += omitted
        }

        // MARK: The blocks

        private mutating func startBlock(_ event: JSONFields) throws {
            let fields = try JSONFields(event.required("content_block"), at: "content_block")
            blocks.append(try StreamedBlock(index: Self.index(of: event), fields))
            text = message.content
            // After a fallback, the whole response names the model that took over.
            if fields.string("type") == "fallback", let to = fields["to"].flatMap({ try? JSONFields($0, at: "") }),
                let model = to["model"]
            {
                envelope.set("model", model.text)
                try readMetadata()
            }
        }

        private mutating func change(_ event: JSONFields) throws {
            let place = try place(of: event)
            let delta = try JSONFields(event.required("delta"), at: "delta")
            let type = try delta.requiredString("type")
            let length = blocks[place].text.utf8.count
            guard try blocks[place].change(type, delta) else {
                return omit("a delta of an unknown kind is left out")
            }
            // Blocks come one after the other, so only the last text can grow.
            if type == "text_delta" { text += String(blocks[place].text.utf8.dropFirst(length)) ?? "" }
        }

        private static func index(of event: JSONFields) throws -> Int64 {
            guard let index = try event.required("index").integer else {
                throw ProviderFormError(member: "index", reason: "is not an integer")
            }
            return index
        }

        private func place(of event: JSONFields) throws -> Int {
            let index = try Self.index(of: event)
            guard let place = blocks.lastIndex(where: { $0.index == index }) else {
                throw ProviderFormError(member: "index", reason: "belongs to a block that did not start")
            }
            return place
        }
    }
}
