import ChatStorageCore
import ChatStorageTransfer
import Foundation
import Testing
import TestSupport

@Suite("Samples of other apps")
struct OtherAppSampleTests {
    private static let prefix = "other_apps/"

    /// The files that are read, with how many conversations they have.
    private static let read: [String: Int] = [
        "Dicoangelo+ucw__grok_export.json": 2, "K2daOz+chatgpt2typingmind__typingmind-1.json": 3,
        "Sinity+polylogue__branching_session.json": 1, "Sinity+polylogue__code_execution_prompt.json": 1,
        "Sinity+polylogue__multi_turn_prompt.json": 1, "ceyaima+deepseek-exporter__deepseek-raw.json": 1,
        "ceyaima+deepseek-exporter__deepseek-tree.json": 1,
        "edwardbrazier+chat-export-structurer__example_grok.json": 1,
        "lotblocks+DumeeApp__librechat-export.json": 1, "lotblocks+DumeeApp__librechat-linear.json": 1,
        "lotblocks+DumeeApp__librechat-opts-nonr-branches.json": 1,
        "matgir99+Reclaim-My-Chats__aistudio_prompt_file.json": 1,
        "matgir99+Reclaim-My-Chats__kimi_messages_sample.json": 1, "modelcaddy+panchat__gemini_myactivity.json": 3,
        "synthetic__copilot-activity-history.csv": 2, "synthetic__deepseek-conversations-dev.json": 1,
        "wesm+agentsview__gemini-cli-tool_calls.json": 1,
        "yetanotherchris+openwebui-importer__grok_example.json": 1,
        "../datasets_api/generated__langchain_messages_to_dict.json": 1,
    ]

    @Test("a file is recognised and read", .enabled(if: SampleFiles.areThere), arguments: read.keys.sorted())
    func reads(name: String) async throws {
        let path = SampleFiles.folder.appendingPathComponent("\(Self.prefix)\(name)").path
        let entries = try await ChatFile(path: path, roles: Role.standard.union([.tool, .developer]))
            .reduce(into: []) { $0.append($1) }
        #expect(entries.compactMap(\.reason) == [])
        #expect(entries.compactMap(\.conversation).count == Self.read[name])
    }

    /// Files that are named, not read.
    private static let named: [String: String] = [
        "Arize-ai+openinference__openinference_client_span_tool_calls.json": "is an OpenInference span; not read yet",
        "Arize-ai+openinference__otel_genai_client_span_tool_calls.json": "is an OpenTelemetry span; not read yet",
        "Arize-ai+openinference__thinking-streaming.json": "is a recorded HTTP answer; not read yet",
        "BipinRimal314+ai-trace-auditor__langfuse_export.json": "is Langfuse's traces; not read yet",
        "BipinRimal314+ai-trace-auditor__otel_chat_trace.json": "is an OpenTelemetry trace; not read yet",
        "LAION-AI+Open-Assistant__test_generic_data.json": "is a list of Open Assistant's messages; not read yet",
        "OpenBMB+ToolBench__10_ChatGPT_DFS_woFilter_w2.json": "is a ToolBench answer; not read yet",
        "SWE-agent+SWE-agent__6e44b9__sweagenttestrepo-1c2844.traj": "is a SWE-agent trajectory; not read yet",
        "langchain-ai+langsmith-sdk__langsmith_py_wrap_openai_.json": "is LangSmith's runs; not read yet",
        "openai+openai-agents-python__v1_17.json": "is a run state of OpenAI's agents; not read yet",
    ]

    @Test("a file that is not read is named", .enabled(if: SampleFiles.areThere), arguments: named.keys.sorted())
    func names(name: String) async throws {
        let path = SampleFiles.folder.appendingPathComponent("datasets_api/\(name)").path
        let error = await #expect(throws: ChatFileError.self) {
            for try await _ in ChatFile(path: path) {}
        }
        #expect(error?.message == Self.named[name])
    }
}
