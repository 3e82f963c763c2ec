public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension AISDKMessages {
    /// Assembles a UI message from the chunks of the AI SDK's UI message stream, of version 5 and later.
    ///
    /// ```swift
    /// var answer = AISDKMessages.Accumulator()
    /// for try await line in lines { try answer.add(line); show(answer.text) }
    /// try await chats.append(answer.messages, to: id)
    /// ```
    public struct Accumulator: Sendable {
        private var stream = UIStream()

        /// Starts with nothing.
        public init() {}

        /// The text so far: the stream's texts, joined by line feeds.
        public var text: String { stream.text }
        /// Whether the stream said that the message is complete.
        public var isComplete: Bool { stream.isComplete }
        /// What could not be kept: chunks of unknown kinds.
        public var omissions: [Omission] { stream.omissions }

        /// The messages so far, as ``AISDKMessages/messages(from:extracting:)`` reads them from the UI message.
        ///
        /// Each access reads the whole UI message again.
        public var messages: [ChatMessage] {
            var reader = UIMessageReader(extracting: nil)
            // The stream writes a valid UI message, so nothing throws.
            guard let json = try? JSONFields.parse(stream.json.utf8), (try? reader.read(json)) != nil else { return [] }
            return reader.messages
        }

        /// Adds chunks.
        ///
        /// - Parameter event: A chunk's JSON, or lines of the stream as they came.
        /// - Throws: ``ProviderFormError`` for anything but a chunk, for one whose part did not start, and for the
        ///   server's error; earlier events stay.
        public mutating func add(_ event: String) throws {
            for event in try StreamLines.events(in: event) {
                try stream.add(JSONFields(JSONFields.parse(event.utf8), at: ""))
            }
        }

        /// Adds chunks.
        ///
        /// - Parameter event: A chunk's JSON, or lines of the stream as they came, as UTF-8.
        /// - Throws: See ``add(_:)-(String)``.
        public mutating func add(_ event: Data) throws {
            try add(String(decoding: event, as: UTF8.self))
        }
    }
}
