import ChatStorageCore
import Testing
import TestSupport

@testable import ChatStorageTransfer

@Suite("Google AI Studio prompts")
struct AIStudioFormTests {
    private static let folder = "other_apps/Sinity+polylogue__"
    private static let file = "other_apps/matgir99+Reclaim-My-Chats__aistudio_prompt_file.json"

    @Test("answers to one question are branches of it", .enabled(if: SampleFiles.areThere))
    func branches() throws {
        let chat = try #require(FormSample("\(Self.folder)branching_session.json", .aiStudio).archived.first)
        #expect(chat.id == "gemini-branching-1")
        #expect(chat.title == "Branching Gemini session")
        #expect(chat.createdAt == Timestamp("2025-02-01T13:00:00Z"))
        #expect(chat.messages.map(\.role) == [.user, .assistant, .assistant, .assistant, .assistant])
        #expect(chat.messages.map(\.predecessor) == [nil, nil, 1, nil, nil])
        #expect(chat.path.map(\.content).prefix(2) == ["Initial question.", "Second answer with grounding."])
        #expect(chat.messages[4].body.metadata["finishReason"] == "OTHER")
        #expect(chat.messages[2].body.metadata["grounding"] != nil)
    }

    @Test("a thought, code and its result are parts of the answer", .enabled(if: SampleFiles.areThere))
    func code() throws {
        let chat = try #require(FormSample("\(Self.folder)code_execution_prompt.json", .aiStudio).archived.first)
        try #require(chat.messages.map(\.role) == [.user, .assistant])
        let answer = chat.messages[1].body
        try #require(answer.parts.map(\.kind) == [.reasoning, .toolCall, .toolResult, .text])
        #expect(answer.parts[2].callID == (try #require(answer.parts[1].callID)))
        #expect(answer.openToolCalls.isEmpty)
        #expect(answer.content == "The answer is 4.")
        #expect(chat.messages[1].createdAt == Timestamp("2025-02-02T09:00:05Z"))
        #expect(answer.metadata["finishReason"] == "STOP")
    }

    @Test("files are parts of the question, and answers know their model", .enabled(if: SampleFiles.areThere))
    func files() throws {
        let turns = try #require(FormSample("\(Self.folder)multi_turn_prompt.json", .aiStudio).archived.first)
        #expect(turns.messages.map(\.role) == [.user, .assistant, .user, .assistant])
        #expect(turns.messages[0].body.parts[1].file == MessageFile(name: "report.pdf", id: "doc-abc"))
        let chat = try #require(FormSample(Self.file, .aiStudio).archived.first)
        try #require(chat.messages.map(\.role) == [.user, .assistant])
        try #require(turns.messages[0].body.parts.count == 2 && chat.messages[0].body.parts.count == 2)
        #expect(
            chat.messages[0].body.parts[1].file
                == MessageFile(name: "notes.pdf", id: "1DriveFileIdSynthetic000000000"))
        let answer = chat.messages[1].body
        #expect(answer.parts.map(\.kind) == [.reasoning, .text, .file, .text])
        #expect(answer.content == "Here is the answer with an image:\nAnd the follow-up explanation.")
        #expect(answer.parts[2].file?.mediaType == "image/png")
        #expect(answer.metadata[.model] == "models/gemini-test")
    }

    @Test("nothing of the samples is lost", .enabled(if: SampleFiles.areThere))
    func nothingLost() throws {
        let names = ["branching_session", "code_execution_prompt", "multi_turn_prompt"]
        for path in names.map({ "\(Self.folder)\($0).json" }) + [Self.file] {
            let sample = try FormSample(path, .aiStudio)
            let lost = NothingLost.lost(
                from: sample.values, in: sample.conversations, structure: ["role", "isThought", "branchParent"])
            #expect(lost.isEmpty, "\(path)")
        }
    }

    @Test("an instruction is a system message, and a text in pieces is one text")
    func instruction() throws {
        let sample = try FormSample(
            text: #"""
                {"systemInstruction": {"parts": [{"text": "Be brief."}]}, "chunkedPrompt": {"chunks": [
                  {"role": "user", "text": "Hi"},
                  {"role": "model", "text": "Hello there", "parts": [{"text": "Hel"}, {"text": "lo there"}]}]}}
                """#, .aiStudio)
        let chat = try #require(sample.archived.first)
        #expect(chat.messages.map(\.role) == [.system, .user, .assistant])
        #expect(chat.messages.map(\.content) == ["Be brief.", "Hi", "Hello there"])
        #expect(chat.messages[2].body.parts == [.text("Hello there")])
    }
}
