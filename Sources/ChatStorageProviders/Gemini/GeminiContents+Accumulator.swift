public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension GeminiContents {
    /// Assembles a message from the responses that the API streams.
    ///
    /// ```swift
    /// var answer = GeminiContents.Accumulator()
    /// for try await line in lines { try answer.add(line); show(answer.text) }
    /// ```
    ///
    /// Each response has more parts of the answer. Successive texts become one, and so do successive thoughts; a part
    /// with a signature stays separate, as the API requires. When the model has said why it stopped, ``message`` is
    /// what ``GeminiContents/message(from:extracting:)`` gives for all responses.
    public struct Accumulator: Sendable {
        /// The text of ``message`` so far.
        public private(set) var text = ""

        private var stream = GeminiStream()
        /// The parts of pieces that came whole, so that each is read once.
        private var whole: [Int: [MessagePart]] = [:]
        private var calls = 0
        private var finished: ChatMessage?
        private var unkept: [Omission] = []

        /// Starts with nothing.
        public init() {}

        /// Whether the model has said why it stopped.
        public var isComplete: Bool { finished != nil }
        /// What could not be kept: further candidates, and members that metadata does not take.
        public var omissions: [Omission] { stream.omissions + unkept }
        /// The message so far; at the end, the whole message.
        public var message: ChatMessage { finished ?? begun }

        /// Adds a response.
        ///
        /// - Parameter event: A response's JSON, or lines of the stream as they came.
        /// - Throws: ``ProviderFormError`` for anything but a response, and for the API's error; earlier events
        ///   stay.
        public mutating func add(_ event: String) throws {
            for event in try StreamLines.events(in: event) { try add(JSONFields.parse(event.utf8)) }
        }

        /// Adds a response.
        ///
        /// - Parameter event: A response's JSON, or lines of the stream as they came, as UTF-8.
        /// - Throws: See ``add(_:)-(String)``.
        public mutating func add(_ event: Data) throws {
            try add(String(decoding: event, as: UTF8.self))
        }

        private mutating func add(_ chunk: JSONSlice) throws {
            let growth = try stream.add(chunk)
            try readWhole()
            if stream.finishReason != nil {
                var reader = GeminiReader(extracting: nil)
                finished = try reader.response(JSONFields.parse(stream.json.utf8))
                unkept = reader.omissions
            }
            if let growth, finished == nil { text += growth } else { text = message.content }
        }

        private mutating func readWhole() throws {
            for (index, piece) in stream.pieces.enumerated() {
                guard case .whole(let json) = piece, whole[index] == nil else { continue }
                let slice = try JSONFields.parse(json.utf8)
                var callID: String?
                if slice.googleMember("functionCall") != nil {
                    callID = GeminiReader.callID(GeminiReader.prefix(stream.string(of: "responseId")), calls)
                    calls += 1
                }
                whole[index] = try GeminiPartReader(extracting: nil).parts(of: slice, at: "", callID: callID)
            }
        }

        private var begun: ChatMessage {
            var parts: [MessagePart] = []
            for (index, piece) in stream.pieces.enumerated() {
                switch piece {
                case .text(let string, isThought: false): parts.append(.text(string.text))
                case .text(let string, isThought: true): parts.append(.reasoning(string.text))
                case .whole: parts += whole[index] ?? []
                }
            }
            var message = ChatMessage(role: .assistant, parts: parts)
            message.metadata[.model] = stream.string(of: "modelVersion")
            message.metadata[.responseID] = stream.string(of: "responseId")
            return message
        }
    }
}
