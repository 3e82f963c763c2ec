import ChatStorageCore
import ChatStorageJSON
import Foundation
import TestSupport
import Testing

@testable import ChatStorageProviders

/// Which codec reads which provider's answers.
enum DialectSamples {
    enum Codec: Sendable {
        case chat(OpenAIChat.Dialect)
        case responses, bedrock, cohere

        var form: String {
            switch self {
            case .chat: "Chat Completions"
            case .responses: "Responses"
            case .bedrock: "Bedrock"
            case .cohere: "Cohere"
            }
        }

        func message(_ data: Data, _ omissions: inout [Omission]) throws -> ChatMessage {
            switch self {
            case .chat: try OpenAIChat.message(from: data, omissions: &omissions)
            case .responses: try OpenAIResponses.message(from: data, omissions: &omissions)
            case .bedrock: try BedrockConverse.message(from: data, omissions: &omissions)
            case .cohere: try CohereChat.message(from: data, omissions: &omissions)
            }
        }

        func body(_ messages: [ChatMessage]) throws -> EncodedBody {
            switch self {
            case .chat(let dialect): try OpenAIChat.body(for: messages, dialect)
            case .responses: try OpenAIResponses.body(for: messages, .whole)
            case .bedrock: try BedrockConverse.body(for: messages)
            case .cohere: try CohereChat.body(for: messages)
            }
        }

        /// What of a response must go out again.
        func said(_ response: JSONSlice) -> [String] {
            switch self {
            case .chat: [response.member("choices")?.elementList.first?.member("message")?.text ?? ""]
            case .responses: response.member("output")?.elementList.map(\.text) ?? []
            case .bedrock:
                response.member("output")?.member("message")?.member("content")?.elementList.map(\.text) ?? []
            case .cohere: [response.member("message")?.text ?? ""]
            }
        }
    }

    static let table: [String: Codec] = [
        "alibaba__alibaba-reasoning": .chat(.alibaba), "alibaba__alibaba-text": .chat(.alibaba),
        "alibaba__alibaba-tool-call": .chat(.alibaba), "azure__azure-deepseek-reasoning.1": .chat(.deepSeek),
        "azure__azure-image-generation-tool.1": .responses, "azure__azure-web-search-preview-tool.1": .responses,
        "azure__openai-file-search-tool.1": .responses, "deepseek.chat__deepseek-json": .chat(.deepSeek),
        "amazon-bedrock__amazon-bedrock-json-tool-with-answer.1": .bedrock,
        "amazon-bedrock__amazon-bedrock-json-tool.2": .bedrock, "amazon-bedrock__amazon-bedrock-json-tool.3": .bedrock,
        "amazon-bedrock__amazon-bedrock-json-with-tools.1": .bedrock,
        "amazon-bedrock__amazon-bedrock-reasoning": .bedrock, "amazon-bedrock__amazon-bedrock-text": .bedrock,
        "amazon-bedrock__amazon-bedrock-tool-no-args": .bedrock, "cohere__cohere-citations": .cohere,
        "cohere__cohere-max-tokens": .cohere, "cohere__cohere-null-args": .cohere,
        "mistral__mistral-reasoning": .chat(.mistral), "mistral__mistral-text": .chat(.mistral),
        "mistral__mistral-tool-call": .chat(.mistral), "openai-compatible.chat__xai-text": .chat(.xAI),
        "openai-compatible.chat__xai-tool-call": .chat(.xAI), "perplexity__perplexity-citations": .chat(.perplexity),
        "xai.responses__xai-code-execution-tool.1": .responses, "xai.responses__xai-file-search-tool.1": .responses,
        "xai.responses__xai-image-generation-tool.1": .responses, "xai__xai-text": .chat(.xAI),
        "xai__xai-tool-call": .chat(.xAI),
    ]

    static func data(_ name: String) throws -> Data {
        try SampleFiles.data("provider_responses/vercel+ai__\(name).json")
    }

    /// A result for each call that the app has to answer, each in a message of its own.
    static func results(of message: ChatMessage) -> [ChatMessage] {
        message.openToolCalls.filter { $0.callID != nil }.map { call in
            .tool([.toolResult(callID: call.callID ?? "", output: "done")])
        }
    }
}

@Suite(
    "Samples of the dialects",
    .enabled(if: SampleFiles.areThere, "there is no \(SampleFiles.folder.path)"))
struct DialectSampleTests {
    private static let names = DialectSamples.table.keys.sorted()

    @Test("go back as they came, also after a store, Codable and the stored form", arguments: names)
    func roundTrip(name: String) async throws {
        let codec = try #require(DialectSamples.table[name])
        let data = try DialectSamples.data(name)
        var omissions: [Omission] = []
        let message = try codec.message(data, &omissions)
        #expect(omissions.isEmpty && message.role == .assistant && !message.parts.isEmpty)
        let results = DialectSamples.results(of: message)
        let body = try codec.body(try await kept([.user("Go on."), message] + results))
        #expect(body.omissions.isEmpty)
        let sent = String(decoding: NativeRule.compact(String(decoding: body.data, as: UTF8.self)), as: UTF8.self)
        for said in codec.said(try JSONFields.parse(data)) {
            let said = String(decoding: NativeRule.compact(said), as: UTF8.self)
            #expect(sent.contains(said))
        }
    }

    @Test("keep what the response says besides", arguments: names)
    func metadata(name: String) throws {
        let codec = try #require(DialectSamples.table[name])
        let data = try DialectSamples.data(name)
        var omissions: [Omission] = []
        let message = try codec.message(data, &omissions)
        let names = [
            "id": "response_id", "finish_reason": "stop_reason", "status": "stop_reason", "stopReason": "stop_reason",
        ]
        for (member, value) in try JSONFields.parse(data).memberList
        where !["choices", "output", "message"].contains(member) {
            #expect(message.metadata[names[member] ?? member] == (try JSONValue(parsing: value.text)), "\(member)")
        }
        #expect(message.metadata[.stopReason] != nil && message.metadata[.usage] != nil)
    }

    @Test("are all that these providers' folders have, but for what is no chat")
    func all() throws {
        let providers = [
            "alibaba", "amazon-bedrock", "azure", "cohere", "deepseek", "groq", "mistral", "openai-compatible",
            "perplexity", "xai",
        ]
        let others = ["amazon-bedrock.reranking__amazon-bedrock-reranking.1", "groq__groq-transcription-text"]
        let paths = SampleFiles.paths(in: "provider_responses").map { path in
            String(path.dropFirst("provider_responses/vercel+ai__".count).dropLast(".json".count))
        }
        let ofThese = paths.filter { path in providers.contains { path.hasPrefix($0 + "_") || path.hasPrefix($0 + ".") }
        }
        #expect(Set(ofThese) == Set(Self.names + others))
        for name in others {
            let data = try DialectSamples.data(name)
            for codec in [DialectSamples.Codec.chat(.any), .responses, .bedrock, .cohere] {
                var omissions: [Omission] = []
                #expect(throws: ProviderFormError.self) { try codec.message(data, &omissions) }
            }
        }
    }

    @Test("have one codec each")
    func one() throws {
        for (name, codec) in DialectSamples.table {
            let data = try DialectSamples.data(name)
            for other in [DialectSamples.Codec.chat(.any), .responses, .bedrock, .cohere] {
                var omissions: [Omission] = []
                let isRead = (try? other.message(data, &omissions)) != nil
                #expect(isRead == (other.form == codec.form), "\(name) by \(other.form)")
            }
        }
    }
}
