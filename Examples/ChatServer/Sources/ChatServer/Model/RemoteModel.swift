import AsyncHTTPClient
import ChatStorageCore
import ChatStorageProviders
import NIOCore

/// A model behind any server that speaks OpenAI's Chat Completions.
public struct RemoteModel: ChatModel {
    private let url: String
    private let key: String?
    private let model: String
    private let client: HTTPClient

    /// Makes a model.
    ///
    /// - Parameters:
    ///   - url: Where the API is, such as `http://localhost:11434/v1`.
    ///   - key: What it is given as a bearer token; nil for nothing.
    ///   - model: The model that it is asked for.
    public init(url: String, key: String?, model: String) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.key = key
        self.model = model
        var configuration = HTTPClient.Configuration()
        // A model may think for minutes without a word; a server that cannot be reached is no reason to wait.
        configuration.timeout = .init(connect: .seconds(5), read: .minutes(10))
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// The model that it is asked for.
    public var names: [String] { [model] }

    /// Answers a prompt.
    public func answer(_ prompt: Prompt, _ write: (ChatMessage) -> Void) async throws {
        let response = try await client.execute(request(for: prompt), deadline: .distantFuture)
        guard response.status == .ok else {
            throw ModelError(message: "The model's server answered with the status \(response.status.code).")
        }
        var answer = OpenAIChat.Accumulator()
        var lines = LineBuffer()
        for try await buffer in response.body {
            for line in lines.add(Array(buffer: buffer)) { try answer.add(line) }
            write(answer.message)
        }
        guard answer.isComplete else { throw ModelError(message: "The model's server broke its answer off.") }
        write(answer.message)
    }

    /// Closes the connections.
    public func close() async throws { try await client.shutdown() }

    private func request(for prompt: Prompt) throws -> HTTPClientRequest {
        var members: RequestMembers = ["model": model, "stream": true, "stream_options": ["include_usage": true]]
        if !prompt.tools.isEmpty { members.add("tools", JSONValue.array(prompt.tools)) }
        for (name, value) in prompt.options.members { members.add(name, value) }
        var request = HTTPClientRequest(url: url + "/chat/completions")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        if let key { request.headers.add(name: "Authorization", value: "Bearer \(key)") }
        request.body = .bytes(ByteBuffer(bytes: try OpenAIChat.body(for: prompt.messages, adding: members).data))
        return request
    }
}

/// Cuts what comes from a connection into lines.
private struct LineBuffer {
    private var rest: [UInt8] = []

    /// Takes what came, and gives the lines that are whole.
    mutating func add(_ bytes: [UInt8]) -> [String] {
        rest += bytes
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        defer { rest.removeSubrange(...end) }
        return rest[..<end].split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
}
