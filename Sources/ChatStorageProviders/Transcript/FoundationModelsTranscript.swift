public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// The codec of Apple's `FoundationModels.Transcript` as JSON; it also works on systems without the framework.
///
/// ```swift
/// let messages = try FoundationModelsTranscript.messages(from: JSONEncoder().encode(session.transcript))
/// let body = try FoundationModelsTranscript.body(for: past)
/// let transcript = try JSONDecoder().decode(Transcript.self, from: body.data)
/// ```
///
/// Each entry is a message: instructions have the role `system`, prompts `user`, responses and calls `assistant`,
/// outputs `tool`. A structured segment becomes a text of its JSON with the type's name as the part's name, so that any
/// other model can read it. Ids, options, assets, definitions of tools and the response's format are in the message's
/// `native`.
public enum FoundationModelsTranscript {
    /// The name of the format in native JSON.
    public static let format = "apple.transcript"

    /// The type that the JSON names.
    static let type = "FoundationModels.Transcript"

    // MARK: Reading

    /// Reads one entry.
    ///
    /// - Parameter entry: The JSON of an entry of a transcript.
    /// - Throws: ``ProviderFormError`` for anything but an entry.
    public static func message(from entry: Data) throws -> ChatMessage {
        try TranscriptReader.message(JSONFields(JSONFields.parse(entry), at: ""))
    }

    /// Reads a transcript, or an array of its entries.
    ///
    /// - Parameter transcript: The JSON that `Transcript` encodes.
    /// - Throws: ``ProviderFormError`` for anything but a transcript.
    public static func messages(from transcript: Data) throws -> [ChatMessage] {
        var omissions: [Omission] = []
        return try messages(from: transcript, omissions: &omissions)
    }

    /// Reads a transcript, or an array of its entries, and reports what could not be kept.
    ///
    /// - Parameters:
    ///   - transcript: The JSON that `Transcript` encodes.
    ///   - omissions: Gets what could not be kept: members beside the entries.
    /// - Throws: ``ProviderFormError`` for anything but a transcript.
    public static func messages(from transcript: Data, omissions: inout [Omission]) throws -> [ChatMessage] {
        let json = try JSONFields.parse(transcript)
        var elements = json.elementList
        var path = ""
        if json.kind != .array {
            let whole = try JSONFields(json, at: "")
            let inner = try JSONFields(whole.required("transcript"), at: "transcript")
            elements = try inner.requiredElements("entries")
            path = "transcript.entries"
            let others = whole.members.map(\.key).filter { !["version", "type", "transcript"].contains($0) }
            for name in others + inner.members.map(\.key).filter({ $0 != "entries" }) {
                let reason = "\(ResponseMetadata.shown(name)) is left out: it is the transcript's, not a message's"
                omissions.append(Omission(reason: reason))
            }
            if let version = whole["version"], version.integer != 1 {
                omissions.append(Omission(reason: "the member version is left out: it is not a known one"))
            }
        }
        return try elements.enumerated().map { index, entry in
            try TranscriptReader.message(JSONFields(entry, at: "\(path)[\(index)]"))
        }
    }

    // MARK: Writing

    /// Writes a transcript, which a `LanguageModelSession` can continue.
    ///
    /// Unchanged entries go out byte for byte. Of other messages, it writes what a transcript can hold: texts, calls
    /// with results, and results. Entries need ids; an entry without one gets an id from its place.
    ///
    /// - Parameter messages: The messages, oldest first.
    /// - Returns: The transcript's JSON, and what was left out of it.
    public static func body(for messages: [ChatMessage]) -> EncodedBody {
        var writer = TranscriptWriter(messages)
        let entries = writer.entries()
        var json = JSONWriter()
        json.object { json in
            json.member("version", 1)
            json.name("transcript")
            json.object { json in
                json.name("entries")
                json.array { for entry in entries { $0.literal(entry) } }
            }
            json.member("type", type)
        }
        return EncodedBody(data: Data(json.bytes), omissions: writer.omissions)
    }
}
