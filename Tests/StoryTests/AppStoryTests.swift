import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageProviders
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

/// An app's story on each backend: a turn with tools and thinking, a retry, another provider, a sidebar, an erasure.
@Suite struct AppStoryTests {
    @Test(.enabled(if: try TestBackends.memory.isSelected())) func inMemory() async throws {
        try await play(on: InMemoryBackend(roles: .withTools))
    }

    @Test(.enabled(if: try TestBackends.sqlite.isSelected())) func onSQLite() async throws {
        let folder = try TemporaryFolder()
        var configuration = SQLiteBackend.Configuration(path: folder.path(of: "chat.db"))
        configuration.roles = .withTools
        try await play(on: SQLiteBackend(configuration))
    }

    @Test(.enabled(if: try TestBackends.postgres.isSelected())) func onPostgres() async throws {
        try await TestPostgres.withSchema { url, schema in
            var configuration = PostgresBackend.Configuration(url: url)
            configuration.schema = schema
            configuration.roles = .withTools
            try await play(on: PostgresBackend(configuration))
        }
    }

    private func play(on backend: some ChatStorageBackend) async throws {
        try await backend.prepare()
        let chats = backend.tenant("ada")
        let anthropic = Model(answers: [Self.thinkingAndCall, Self.finalAnswer])
        let openAI = Model(answers: [Self.openAIAnswer])
        let app = ChatApp(chats: chats, postToAnthropic: anthropic.post, postToOpenAI: openAI.post)

        // The connection is lost before the model's last answer, and the turn is made again.
        anthropic.failsAt = 2
        await #expect(throws: Model.ConnectionLost.self) {
            try await app.ask("Weather in Kyoto?", in: "trip", turn: "1")
        }
        anthropic.rewind()
        let answer = try await app.ask("Weather in Kyoto?", in: "trip", turn: "1")
        #expect(answer.content == "It is 21 degrees.")
        #expect(answer.metadata[.model] == "claude-opus-5")
        let roles = try await chats.messages(of: "trip").map(\.role)
        #expect(roles == [.user, .assistant, .tool, .assistant])

        // What the model thought went back to it byte for byte, with its signature and its arguments.
        let sent = String(decoding: try #require(anthropic.bodies.last), as: UTF8.self)
        #expect(sent.contains(Self.thinkingBlock) && sent.contains(Self.callBlock))
        #expect(sent.contains("21 degrees in Kyoto"))

        // OpenAI gets the chat without Anthropic's thinking, and the app learns so.
        let (other, omissions) = try await app.askOpenAI("And tomorrow?", in: "trip")
        #expect(other.content == "Rain.")
        #expect(omissions.contains { $0.message == 1 && $0.part == 0 })
        let toOpenAI = String(decoding: try #require(openAI.bodies.last), as: UTF8.self)
        #expect(!toOpenAI.contains("signature") && toOpenAI.contains("toolu_1"))

        // The sidebar, and an edit of metadata by two callers at once.
        try await chats.append(.user("old"), to: "archive")
        try await chats.updateConversation("archive", .adding(label: "archived"))
        try await chats.updateConversation("trip", .title("Kyoto").adding(label: "pinned"))
        let sidebar = try await app.sidebar()
        #expect(sidebar == ["*•Kyoto (6): Rain."])
        async let rating = chats.updateMetadata(of: answer.sequence, .setting("rating", to: 1), in: "trip")
        async let note = chats.updateMetadata(of: answer.sequence, .setting("note", to: "good"), in: "trip")
        _ = try await (rating, note)
        let read = try await chats.messages(MessageQuery(of: "trip", .sequences([answer.sequence]))).items.first
        #expect(read?.metadata["rating"] == 1 && read?.metadata["note"] == "good" && read?.parts == answer.parts)

        // Ada asks to be forgotten; Bob's chats stay.
        try await backend.tenant("bob").append(.user("mine"), to: "trip")
        #expect(try await backend.eraseTenant("ada") == DeletionCount(conversations: 2, messages: 7))
        #expect(
            try await backend.tenants(TenantQuery()).items == [
                TenantSummary(name: "bob", conversations: 1, messages: 1)
            ])
        try await backend.close()
    }

    // MARK: What the models answer

    private static let thinkingBlock =
        #"{"type":"thinking","thinking":"The person wants the weather.","signature":"Eq\/8+sig=="}"#
    private static let callBlock =
        #"{"type":"tool_use","id":"toolu_1","name":"weather","input":{"city": "Kyoto", "days": 1.0}}"#
    private static let thinkingAndCall = #"""
        {"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-5","content":[\#(thinkingBlock),\#(callBlock)],
        "stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":20}}
        """#
    private static let finalAnswer = #"""
        {"id":"msg_2","type":"message","role":"assistant","model":"claude-opus-5",
        "content":[{"type":"text","text":"It is 21 degrees."}],"stop_reason":"end_turn","stop_sequence":null,
        "usage":{"input_tokens":30,"output_tokens":5}}
        """#
    private static let openAIAnswer = #"""
        {"id":"chatcmpl-1","object":"chat.completion","created":1767268800,"model":"gpt-5.5","choices":[{"index":0,
        "message":{"role":"assistant","content":"Rain."},"finish_reason":"stop"}],"usage":{"total_tokens":50}}
        """#
}

/// A model that answers from a list, and loses the connection once.
private final class Model {
    struct ConnectionLost: Error {}

    private let answers: [String]
    private var next = 0
    var failsAt: Int?
    private(set) var bodies: [Data] = []

    init(answers: [String]) {
        self.answers = answers
    }

    func post(_ body: Data) throws -> Data {
        bodies.append(body)
        next += 1
        if next == failsAt {
            failsAt = nil
            throw ConnectionLost()
        }
        return Data(answers[next - 1].utf8)
    }

    /// Answers from the start again, as a model does to a repeated request.
    func rewind() { next = 0 }
}
