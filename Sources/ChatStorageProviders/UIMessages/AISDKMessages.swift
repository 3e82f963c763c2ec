public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// The codec of the UI messages of Vercel's AI SDK, which its `useChat` shows, sends and stores.
///
/// ```swift
/// let past = try AISDKMessages.messages(from: requestBody)
/// let page = try AISDKMessages.body(for: try await chats.history(of: id))
/// ```
///
/// One UI message of the assistant holds a whole turn: its steps, tool calls and their results. Here it becomes several
/// messages, of the roles `assistant` and `tool`, in the order in which a model gets them. Written again, they are the
/// same UI message, byte for byte except for white space between its parts; an edited message goes out with its new
/// text.
///
/// The codec reads version 5 and later, whose messages have an id, a role and parts, and version 4, with `content`,
/// `toolInvocations` and attachments. Messages of other providers go out as version 5.
public enum AISDKMessages {
    /// The name of the format in native JSON.
    public static let format = "ai-sdk.ui"

    // MARK: Reading

    /// Reads an array of UI messages, one UI message, or the body of a request of `useChat`.
    ///
    /// The other members of a UI message, beside its parts, are in the metadata of the first message made from it,
    /// under their own names: `id`, `metadata`, `createdAt`, `annotations`.
    ///
    /// - Parameters:
    ///   - array: The JSON.
    ///   - extracting: Takes the bytes of files out of `data:` URLs; by default they stay in the native JSON.
    /// - Throws: ``ProviderFormError`` for anything but UI messages; what `extracting` throws.
    public static func messages(from array: Data, extracting: FileExtraction? = nil) throws -> [ChatMessage] {
        var omissions: [Omission] = []
        return try messages(from: array, extracting: extracting, omissions: &omissions)
    }

    /// Reads UI messages, and reports what could not be kept.
    ///
    /// - Parameters:
    ///   - array: The JSON: an array of UI messages, one, or an object whose `messages` is an array of them.
    ///   - extracting: Takes the bytes of files out of `data:` URLs; by default they stay in the native JSON.
    ///   - omissions: Gets what could not be kept; for a request, everything but its messages.
    /// - Throws: See ``messages(from:extracting:)``.
    public static func messages(
        from array: Data, extracting: FileExtraction? = nil, omissions: inout [Omission]
    ) throws -> [ChatMessage] {
        var reader = UIMessageReader(extracting: extracting)
        try reader.read(JSONFields.parse(array))
        omissions += reader.omissions
        return reader.messages
    }

    // MARK: Writing

    /// Writes UI messages: an object whose `messages` is the array.
    ///
    /// The assistant's messages between two of the user's, with the results of its tools, become one UI message. Its id
    /// is the one that it was read with, or else the id of the provider's response, or else its place: `message-3`.
    /// The body leaves out what a UI message has no place for, and its omissions name it: results without calls, other
    /// providers' signatures, files that tools returned.
    ///
    /// - Parameters:
    ///   - messages: The conversation so far.
    ///   - adding: The object's other members.
    ///   - resolving: Gives the bytes of files, which go out as `data:` URLs; by default their own URLs go out.
    /// - Throws: ``ProviderFormError`` for members that are added twice or come from the messages; what `resolving`
    ///   throws.
    public static func body(
        for messages: [ChatMessage], adding: RequestMembers = [:], resolving: FileResolution? = nil
    ) throws -> EncodedBody {
        let members = try adding.checked(reserving: ["messages"])
        var writer = UIMessageWriter(messages: messages, resolving: resolving)
        let written = try writer.written()
        var json = JSONWriter(capacity: 4_096)
        json.object { json in
            for (name, value) in members { json.member(name, literal: value.text) }
            json.name("messages")
            json.array { for message in written { $0.literal(message) } }
        }
        return EncodedBody(data: Data(json.bytes), omissions: writer.omissions)
    }
}
