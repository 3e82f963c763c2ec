import ChatStorageCore
import ChatStorageInMemory
import ChatStorageProviders
import Foundation
import Testing

/// The examples of the library's page, as they stand there.
@Suite("The examples of the library's page")
struct DocumentationExamples {
    private let server = Server()
    private let tools = JSONText(written: #"[{"name":"weather","input_schema":{"type":"object"}}]"#)
    private let files = Files()

    /// Asks a model, runs the tools that it calls, and keeps all of it.
    func answer(to question: ChatMessage, in id: ConversationID, of chats: some ChatStorage) async throws -> String {
        try await chats.append(question, to: id)
        while true {
            let past = try await chats.history(of: id, window: .tokens(60_000))
            let body = try AnthropicMessages.body(
                for: past, adding: ["model": "claude-opus-5", "max_tokens": 8_000, "tools": tools])
            let answer = try AnthropicMessages.message(from: try await post(body.data))
            try await chats.append(answer, to: id, if: .exists)
            if answer.openToolCalls.isEmpty { return answer.content }
            try await chats.append(.tool(results(of: answer.openToolCalls)), to: id, if: .exists)
        }
    }

    struct StreamEnded: Error {}

    /// Shows an answer while it comes, and keeps what comes.
    func stream(
        _ lines: some AsyncSequence<String, any Error>, to id: ConversationID, of chats: some ChatStorage
    ) async throws {
        try await chats.append(streaming: .assistant, to: id) { draft in
            var answer = AnthropicMessages.Accumulator()
            for try await line in lines {
                try answer.add(line)
                draft.body = answer.message
                show(answer.text)
            }
            guard answer.isComplete else { throw StreamEnded() }
        }
    }

    @Test func aTurnWithTools() async throws {
        let chats = InMemoryBackend.prepared(roles: .withTools)
        let text = try await answer(to: .user("How warm is it in Rome?"), in: "c", of: chats)
        #expect(text == "It is 18 degrees.")
        #expect(try await chats.history(of: "c").map(\.role) == [.user, .assistant, .tool, .assistant])
        let second = String(decoding: server.requests[1], as: UTF8.self)
        #expect(second.contains(#"{"type":"thinking","thinking":"Hm","signature":"Eq=="}"#))
        #expect(second.contains(#"{"type":"tool_result","tool_use_id":"toolu_1","content":"18"}"#))
        #expect(second.hasPrefix(#"{"model":"claude-opus-5","max_tokens":8000,"tools":[{"name""#))
    }

    @Test func aStream() async throws {
        let chats = InMemoryBackend.prepared(with: [.init("c", [.user("Hi")])])
        let (lines, continuation) = AsyncThrowingStream.makeStream(of: String.self)
        for line in AnthropicStreams.all[0].split(separator: "\n", omittingEmptySubsequences: false) {
            continuation.yield(String(line))
        }
        continuation.finish()
        try await stream(lines, to: "c", of: chats)
        #expect(try await chats.history(of: "c").map(\.content) == ["Hi", "Hello 😀 \"you\" é\n"])
    }

    @Test func whatWasLeftOut() throws {
        let past: [ChatMessage] = [.user("Hi"), .assistant([.toolCall("weather", callID: "1", input: "{}")])]
        let body = try AnthropicMessages.body(for: past)
        for omission in body.omissions {
            print(omission.message ?? -1, omission.part ?? -1, omission.reason)
        }
        #expect(body.omissions.count == 1)
        let response = server.answers[1]
        var omissions: [Omission] = []
        let answer = try AnthropicMessages.message(from: response, omissions: &omissions)
        let model = answer.metadata[.model]
        let usage = answer.metadata[.usage]
        #expect(model == "claude-opus-5" && usage == ["output_tokens": 9] && omissions.isEmpty)
    }

    @Test func filesElsewhere() throws {
        let response = Data(
            (#"{"type":"message","role":"user","content":[{"type":"image","source":{"type":"base64","#
                + #""media_type":"image/gif","data":"R0lGODlhAQ=="}}]}"#).utf8)
        let message = try AnthropicMessages.message(from: response) { file in
            try files.save(file.data, mediaType: file.mediaType)
        }
        let body = try AnthropicMessages.body(for: [message]) { file in
            try files.read(file.url)
        }
        #expect(String(decoding: body.data, as: UTF8.self).contains(#""data":"R0lGODlhAQ==""#))
    }

    // MARK: What the examples take for granted

    private func post(_ body: Data) async throws -> Data { server.answer(body) }

    private func results(of calls: [MessagePart]) -> [MessagePart] {
        calls.map { .toolResult(callID: $0.callID ?? "", output: "18") }
    }

    private func show(_ text: String) {}

    /// A model that calls a tool once.
    private final class Server: @unchecked Sendable {
        // One test asks it, one request after the other.
        private(set) var requests: [Data] = []
        let answers = [
            #"{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-5","content":["#
                + #"{"type":"thinking","thinking":"Hm","signature":"Eq=="},"#
                + #"{"type":"tool_use","id":"toolu_1","name":"weather","input":{"city":"Rome"}}],"#
                + #""stop_reason":"tool_use","usage":{"output_tokens":9}}"#,
            #"{"id":"msg_2","type":"message","role":"assistant","model":"claude-opus-5","content":["#
                + #"{"type":"text","text":"It is 18 degrees."}],"stop_reason":"end_turn","usage":{"output_tokens":9}}"#,
        ].map { Data($0.utf8) }

        func answer(_ request: Data) -> Data {
            requests.append(request)
            return answers[min(requests.count, answers.count) - 1]
        }
    }

    /// A place for files.
    private final class Files: @unchecked Sendable {
        // One test uses it.
        private var saved: [String: Data] = [:]

        func save(_ data: Data, mediaType: String?) throws -> String {
            let url = "app:\(saved.count)"
            saved[url] = data
            return url
        }

        func read(_ url: String?) throws -> Data? { url.flatMap { saved[$0] } }
    }
}
