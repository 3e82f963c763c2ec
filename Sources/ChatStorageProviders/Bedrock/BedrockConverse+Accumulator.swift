public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension BedrockConverse {
    /// Assembles a message from the events of ConverseStream.
    ///
    /// AWS sends them in binary frames; an SDK opens these, and gives each event's JSON or its members. The accumulator
    /// takes the JSON: an object whose one member names the event, `{"contentBlockDelta": {...}}`.
    ///
    /// At the end ``message`` is what ``BedrockConverse/message(from:extracting:)`` gives for the whole response.
    public struct Accumulator: Sendable, Omitting {
        /// The text of ``message`` so far.
        public var text: String { message.content }
        /// Whether the stream said that the answer is complete.
        public private(set) var isComplete = false
        /// What could not be kept: events and pieces of unknown kinds.
        public internal(set) var omissions: [Omission] = []

        private var role = Role.assistant
        private var blocks: [ConverseStreamedBlock] = []
        private var metadata = Metadata()
        private var envelope = StreamedObject()

        /// Starts with nothing.
        public init() {}

        /// The message so far.
        public var message: ChatMessage {
            ChatMessage(role: role, parts: blocks.flatMap(\.parts), metadata: metadata)
        }

        /// Adds an event.
        ///
        /// - Parameter event: An event's JSON, with its name around it.
        /// - Throws: ``ProviderFormError`` for anything but an event, and for one that reports a failure of the server;
        ///   the message so far stays.
        public mutating func add(_ event: String) throws {
            for json in try StreamLines.events(in: event) {
                for (name, value) in try JSONFields(JSONFields.parse(json.utf8), at: "").members {
                    try add(name, JSONFields(value, at: name))
                }
            }
        }

        /// Adds an event.
        ///
        /// - Parameter event: An event's JSON, with its name around it, as UTF-8.
        /// - Throws: See ``add(_:)-(String)``.
        public mutating func add(_ event: Data) throws {
            try add(String(decoding: event, as: UTF8.self))
        }

        private mutating func add(_ name: String, _ event: JSONFields) throws {
            switch name {
            case "messageStart": role = Role(rawValue: try event.requiredString("role"))
            case "contentBlockStart":
                let place = place(try Self.index(of: event))
                if let start = event["start"] { blocks[place].start(start) }
            case "contentBlockDelta":
                let place = place(try Self.index(of: event))
                if !blocks[place].add(try event.required("delta")) { omit("a delta of an unknown kind is left out") }
            case "contentBlockStop":
                let place = place(try Self.index(of: event))
                blocks[place].finish()
            case "messageStop":
                try readMetadata(event)
                isComplete = true
            case "metadata": try readMetadata(event)
            default:
                guard name.hasSuffix("Exception") else { return omit("an event of an unknown kind is left out") }
                let word = ResponseMetadata.isWord(name) ? ": \(name)" : ""
                throw ProviderFormError(member: "", reason: "says that the stream failed\(word)")
            }
        }

        private static func index(of event: JSONFields) throws -> Int64 {
            guard let index = try event.required("contentBlockIndex").integer else {
                throw ProviderFormError(member: event.path(of: "contentBlockIndex"), reason: "is not an integer")
            }
            return index
        }

        private mutating func place(_ index: Int64) -> Int {
            if let place = blocks.lastIndex(where: { $0.index == index }) { return place }
            blocks.append(ConverseStreamedBlock(index: index))
            return blocks.count - 1
        }

        private mutating func readMetadata(_ event: JSONFields) throws {
            for member in event.members { envelope.set(member.key, member.value.text) }
            var reader = ConverseReader(extracting: nil)
            metadata = reader.metadata(of: try JSONFields(JSONFields.parse(envelope.json.utf8), at: ""), besides: [])
            for reason in reader.omissions.map(\.reason) { omit(reason) }
        }
    }
}

/// A content block that comes in pieces.
private struct ConverseStreamedBlock: Sendable {
    let index: Int64
    private var text = StreamedString()
    private var input = StreamedString()
    private var reasoning = StreamedString()
    private var signature: String?
    private var redacted: String?
    private var citations: [String] = []
    private var call: StreamedMembers?
    private var finished: [MessagePart]?

    init(index: Int64) {
        self.index = index
    }

    mutating func start(_ start: JSONSlice) {
        guard let use = start.member("toolUse") else { return }
        var members = StreamedMembers()
        members.add(use)
        call = members
    }

    /// - Returns: Whether the piece is of a known kind.
    mutating func add(_ delta: JSONSlice) -> Bool {
        guard finished == nil, let (kind, value) = delta.memberList.first else { return false }
        switch kind {
        case "text" where value.kind == .string: text.add(value)
        case "toolUse": input.add(value.member("input"))
        case "reasoningContent":
            reasoning.add(value.member("text"))
            if let proof = value.member("signature") { signature = proof.text }
            if let data = value.member("redactedContent") ?? value.member("data") { redacted = data.text }
        case "citation": citations.append(value.text)
        default: return false
        }
        return true
    }

    mutating func finish() {
        finished = whole
    }

    var parts: [MessagePart] {
        if let finished { return finished }
        if let call {
            return [
                MessagePart(
                    .toolCall, name: StorableText.name(call.text("name")),
                    callID: StorableText.name(call.text("toolUseId")), input: input.text)
            ]
        }
        if !reasoning.isEmpty { return [.reasoning(reasoning.text)] }
        return redacted == nil ? [.text(text.text)] : [MessagePart(.reasoning)]
    }

    /// The parts of the block, as from a whole response.
    private var whole: [MessagePart] {
        let json = JSONWriter.object { json in write(&json) }
        guard let block = try? JSONFields.parse(json.utf8),
            let parts = try? ConverseBlock.parts(of: block, at: "", extracting: nil)
        else { return parts }
        guard call != nil, let written = try? JSONFields.parse(input.json.utf8).string else { return parts }
        var whole = parts
        // A call's input need not be JSON: models err, and calls are cut off.
        if (try? JSONFields.parse(written.utf8)) == nil, !written.isEmpty {
            whole[0].input = StorableText.text(written)
        }
        return whole
    }

    private func write(_ json: inout JSONWriter) {
        if let call {
            let written = (try? JSONFields.parse(input.json.utf8))?.string ?? ""
            json.name("toolUse")
            json.object { json in
                call.write(to: &json, nulls: false)
                json.member("input", literal: (try? JSONFields.parse(written.utf8)) == nil ? "{}" : written)
            }
        } else if let redacted, reasoning.isEmpty {
            json.name("reasoningContent")
            json.object { json in
                json.member("redactedContent", literal: redacted)
            }
        } else if !reasoning.isEmpty || signature != nil {
            json.name("reasoningContent")
            json.object { json in
                json.name("reasoningText")
                json.object { json in
                    json.member("text", literal: reasoning.json)
                    json.member("signature", literal: signature)
                }
            }
        } else if citations.isEmpty {
            json.member("text", literal: text.json)
        } else {
            json.name("citationsContent")
            json.object { json in
                json.name("content")
                json.array { json in json.literal("{\"text\":\(text.json)}") }
                json.name("citations")
                json.array { for citation in citations { $0.literal(citation) } }
            }
        }
    }
}
