public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// The codec of OpenAI's Responses API and of its Conversations' items.
///
/// ```swift
/// let body = try OpenAIResponses.body(for: past, adding: ["model": "gpt-5.4", "store": false, "tools": tools])
/// let answer = try OpenAIResponses.message(from: try await post(body.data))
/// ```
///
/// The unit of this API is the item. One response is one message, whose parts are its items: texts, reasoning, calls,
/// and items of the API's own tools. If a part's members cannot hold all of an item, its JSON is in
/// `MessagePart/native`, on the first part if it makes several: a text is followed by its sources.
public enum OpenAIResponses {
    /// The name of the format in native JSON.
    public static let format = "openai.responses"

    /// Reads a response: all its items are one message.
    ///
    /// - Parameters:
    ///   - response: A response as the API gave it.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    /// - Throws: ``ProviderFormError`` for anything but a response, such as the API's error; what `extracting` throws.
    public static func message(from response: Data, extracting: FileExtraction? = nil) throws -> ChatMessage {
        var omissions: [Omission] = []
        return try message(from: response, extracting: extracting, omissions: &omissions)
    }

    /// Reads a response, and reports what it could not keep: members that metadata does not take.
    ///
    /// - Parameters:
    ///   - response: A response as the API gave it.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    ///   - omissions: Gets what could not be kept.
    /// - Throws: ``ProviderFormError`` for anything but a response, such as the API's error; what `extracting` throws.
    public static func message(
        from response: Data, extracting: FileExtraction? = nil, omissions: inout [Omission]
    ) throws -> ChatMessage {
        try ItemReader(extracting: extracting).response(JSONFields.parse(response), omissions: &omissions)
    }

    /// Reads a request's `input`, or the items of a conversation.
    ///
    /// Successive items of the assistant become one message, and so do successive results; every other message item
    /// becomes its own message.
    ///
    /// - Parameters:
    ///   - items: A JSON array of items, oldest first, an object whose `data` is one, or a string.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    /// - Throws: ``ProviderFormError`` for anything but such input; what `extracting` throws.
    public static func messages(from items: Data, extracting: FileExtraction? = nil) throws -> [ChatMessage] {
        var omissions: [Omission] = []
        return try messages(from: items, extracting: extracting, omissions: &omissions)
    }

    /// Reads a request's `input`, and reports what it could not keep: the members beside a list's `data`.
    ///
    /// - Parameters:
    ///   - items: A JSON array of items, oldest first, an object whose `data` is one, or a string.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    ///   - omissions: Gets what could not be kept.
    /// - Throws: ``ProviderFormError`` for anything but such input; what `extracting` throws.
    public static func messages(
        from items: Data, extracting: FileExtraction? = nil, omissions: inout [Omission]
    ) throws -> [ChatMessage] {
        let json = try JSONFields.parse(items)
        if let text = json.storableText { return [.user(text)] }
        return try ItemReader(extracting: extracting).messages(json.listed(omissions: &omissions))
    }

    /// Which items a request repeats, and how.
    public struct Mode: Sendable, Hashable {
        /// The response to continue; nil for none.
        let previousResponseID: String?
        /// Whether the request assumes that the API stored nothing.
        let isStateless: Bool

        /// Everything that the API understands even if it has not stored the responses.
        ///
        /// Reasoning without `encrypted_content` is left out, and with it the ids of the items after it in its message,
        /// because the API refuses such an id without the reasoning. Ask for encrypted content with
        /// `"include": ["reasoning.encrypted_content"]`.
        public static let stateless = Mode(previousResponseID: nil, isStateless: true)

        /// Everything, as it is: for responses that the API has stored and not yet deleted.
        public static let whole = Mode(previousResponseID: nil, isStateless: false)

        /// Only what came after a response, whose id the body names as `previous_response_id`.
        ///
        /// - Parameter previousResponseID: The `response_id` in the metadata of one of the messages.
        public static func continuing(_ previousResponseID: String) -> Mode {
            Mode(previousResponseID: previousResponseID, isStateless: false)
        }
    }

    /// Writes a request.
    ///
    /// Unchanged items of this API go out byte for byte. Of others, it writes what this API understands:
    /// texts, files, calls and their results.
    ///
    /// - Parameters:
    ///   - messages: The messages, oldest first.
    ///   - mode: Which of their items go out, and how.
    ///   - adding: The request's other members, such as `model` and `tools`.
    ///   - resolving: Gives the bytes of files.
    /// - Returns: The body, and what was left out of it, not counting what precedes a continued response.
    /// - Throws: ``ProviderFormError`` if `adding` has a name twice, or has `input` or `previous_response_id`, and if
    ///   no message comes from the response to continue; what `resolving` throws.
    public static func body(
        for messages: [ChatMessage], _ mode: Mode = .stateless, adding: RequestMembers = [:],
        resolving: FileResolution? = nil
    ) throws -> EncodedBody {
        let members = try adding.checked(reserving: ["input", "previous_response_id"])
        var writer = try ResponsesWriter(messages: messages, mode: mode, resolving: resolving)
        let items = try writer.items()
        var json = JSONWriter()
        json.object { json in
            for (name, value) in members { json.member(name, literal: value.text) }
            json.member("previous_response_id", mode.previousResponseID)
            json.name("input")
            json.array { for item in items { $0.literal(item) } }
        }
        return EncodedBody(data: Data(json.bytes), omissions: writer.omissions)
    }
}
