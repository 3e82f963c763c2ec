import ChatStorageCore
import Foundation
import TestSupport
import Testing

@testable import ChatStorageProviders

@Suite("Anthropic's Python client", .enabled(if: PythonClients.areThere, "\(PythonClients.missing)"))
struct AnthropicClientTests {
    private static let adding: RequestMembers = ["model": "claude-opus-5", "max_tokens": 1_000]

    @Test("takes what the codec writes")
    func requests() async throws {
        func cases(_ kind: String, _ conversations: [[ChatMessage]]) throws -> [PythonClients.Case] {
            try conversations.map { messages in
                let body = try AnthropicMessages.body(for: messages, adding: Self.adding)
                return .init(AnthropicMessages.format, kind, body.data)
            }
        }
        // The API's own answers have members that the client's types of requests lack.
        let cases = try cases("request", AnthropicConversations.all()) + cases("history", Self.sampleConversations())
        let answers = try await PythonClients.check(cases)
        #expect(answers.count == cases.count)
        for (index, answer) in answers.enumerated() { #expect(answer.ok, "\(index): \(answer.error ?? "")") }
    }

    @Test("refuses what is no request, so that the test above says something")
    func refusals() async throws {
        let bodies = [
            #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","text":"a","b":1}]}]}"#,
            #"{"model":"m","max_tokens":1,"messages":[{"role":"tool","content":[{"type":"text","text":"a"}]}]}"#,
            #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"tool_result"}]}]}"#,
        ]
        let answers = try await PythonClients.check(
            bodies.map { .init(AnthropicMessages.format, "request", Data($0.utf8)) })
        #expect(answers.map(\.ok) == [false, false, false])
    }

    @Test("makes what the codec reads", .enabled(if: SampleFiles.areThere, "there is no \(SampleFiles.folder.path)"))
    func responses() async throws {
        let names = AnthropicSamples.expected.keys.sorted()
        let responses = try names.map { try AnthropicSamples.response($0) }
        let answers = try await PythonClients.check(responses.map { .init(AnthropicMessages.format, "response", $0) })
        #expect(answers.count == names.count)
        for (answer, response) in zip(answers, responses) {
            // The client orders members by their names, so only what the JSON says is the same.
            let message = try AnthropicMessages.message(from: response)
            let made = try AnthropicMessages.message(from: Data(try #require(answer.message).utf8))
            expectSame(made, message)
            #expect(made.metadata[.usage] == message.metadata[.usage])
            let sent = try AnthropicMessages.messages(from: Data(try #require(answer.body).utf8))
            #expect(sent.map(\.role) == [.system, .user, .assistant, .user])
            #expect(sent.map(\.content) == ["Be brief.", "Go on.", message.content, "Go on."])
            expectSame(sent[2], message)
        }
    }

    @Test("makes of a stream what the accumulator makes")
    func streams() async throws {
        let streams = AnthropicStreams.all
        let answers = try await PythonClients.check(
            streams.map { .init(AnthropicMessages.format, "stream", Data($0.utf8)) })
        #expect(answers.count == streams.count)
        for (answer, stream) in zip(answers, streams) {
            var accumulator = AnthropicMessages.Accumulator()
            try accumulator.add(stream)
            #expect(answer.ok, "\(answer.error ?? "")")
            let made = try AnthropicMessages.message(from: Data((answer.message ?? "").utf8))
            expectSame(made, accumulator.message)
            #expect(made.metadata[.stopReason] == accumulator.message.metadata[.stopReason])
        }
    }

    @Test(
        "takes what came from other APIs",
        .enabled(if: SampleFiles.areThere, "there is no \(SampleFiles.folder.path)"))
    func othersAnswers() async throws {
        let answers = SampleFiles.paths(in: "provider_responses").compactMap { path -> ChatMessage? in
            guard let data = try? SampleFiles.data(path) else { return nil }
            return (try? OpenAIResponses.message(from: data)) ?? (try? OpenAIChat.message(from: data))
        }
        #expect(answers.count > 30)
        let cases = try answers.map { answer in
            let body = try AnthropicMessages.body(for: Self.conversation(with: answer), adding: Self.adding)
            return PythonClients.Case(AnthropicMessages.format, "request", body.data)
        }
        for (answer, said) in zip(answers, try await PythonClients.check(cases)) {
            #expect(said.ok, "\(answer.metadata[.responseID] ?? ""): \(said.error ?? "")")
        }
    }

    /// A question, an answer, and results for its calls.
    private static func conversation(with answer: ChatMessage) -> [ChatMessage] {
        let calls = answer.toolCalls.filter { $0.callID?.hasPrefix(BlockWriter.serverCallPrefix) == false }
        let results = calls.map { MessagePart.toolResult(callID: $0.callID ?? "", output: "done") }
        return [.user("Go on."), answer, results.isEmpty ? .user("Go on.") : .tool(results)]
    }

    private static func sampleConversations() throws -> [[ChatMessage]] {
        guard SampleFiles.areThere else { return [] }
        return try AnthropicSamples.expected.keys.sorted().map { name in
            conversation(with: try AnthropicMessages.message(from: AnthropicSamples.response(name)))
        }
    }
}
