import ChatStorageCore

/// What answers.
public protocol ChatModel: Sendable {
    /// The names that clients can ask for.
    var names: [String] { get }

    /// Answers a prompt.
    ///
    /// - Parameters:
    ///   - prompt: What the model is given.
    ///   - write: Takes the answer so far, whenever something came of it.
    /// - Throws: What kept the answer from being whole; what was written stays.
    func answer(_ prompt: Prompt, _ write: (ChatMessage) -> Void) async throws

    /// Gives back what it holds; nothing is asked of it afterwards.
    func close() async throws
}

extension ChatModel {
    /// Most models hold nothing.
    public func close() async throws {}
}

/// What a model is given.
public struct Prompt: Sendable {
    /// The model that the client asked for.
    public var model: String
    /// What was said, oldest first.
    public var messages: [ChatMessage]
    /// The tools that it may call, as Chat Completions takes them.
    public var tools: [JSONValue] = []
    /// Further members of the request, such as `temperature`.
    public var options: JSONObject = [:]
    /// Which of several answers to the same prompt it is.
    public var attempt = 0
}

/// The model did not answer.
struct ModelError: Error {
    let message: String

    /// What a client is told of an error; what a network or a parser says is for the log.
    static func message(of error: any Error) -> String {
        (error as? ModelError)?.message ?? "The model cannot be reached, or its answer cannot be read."
    }
}
