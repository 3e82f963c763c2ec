import ChatStorageCore
import Testing
import TestSupport

@testable import ChatStorageTransfer

@Suite("Chats of one path")
struct SimpleFormTests {
    private static let folder = "other_apps/"

    @Test("conversations with timestamps", .enabled(if: SampleFiles.areThere))
    func timestamps() throws {
        let sample = try FormSample("\(Self.folder)Dicoangelo+ucw__grok_export.json", .timedConversations)
        #expect(sample.archived.map(\.id) == ["grok-conv-001", "grok-conv-002"])
        #expect(sample.archived[0].messages.map(\.role) == [.user, .assistant, .user, .assistant])
        #expect(sample.archived[0].messages[1].createdAt == Timestamp("2024-03-10T12:00:05Z"))
    }

    @Test("TypingMind's chats, one of them empty", .enabled(if: SampleFiles.areThere))
    func typingMind() throws {
        let sample = try FormSample("\(Self.folder)K2daOz+chatgpt2typingmind__typingmind-1.json", .typingMind)
        #expect(
            sample.archived.map(\.title) == ["Deploying the staging cluster", "Corrupted entry", "Weeknight pasta"])
        #expect(sample.archived.map(\.messages.count) == [5, 0, 2])
        let chat = sample.archived[0]
        // The context's time is that of the export, so what follows it is earlier; a strict import refuses the chat.
        #expect(chat.messages[4].body.metadata[.model] == "o4-mini")
        #expect(chat.metadata["folderID"] == "f-1")
    }

    @Test("chatbot-ui's history, without ids and times of messages", .enabled(if: SampleFiles.areThere))
    func chatbotUI() throws {
        let sample = try FormSample("\(Self.folder)lotblocks+DumeeApp__chatbotui-export.json", .chatbotUI)
        let chat = try #require(sample.archived.first)
        #expect(chat.id == "493cb218-9ebb-4d35-af8b-5aded3f351be")
        #expect(chat.title == "Hello what are you able to do?")
        #expect(chat.messages.prefix(2).map(\.role) == [.user, .assistant])
        #expect(chat.messages.allSatisfy { $0.createdAt == nil })
        #expect(chat.messages[1].body.metadata[.model] != nil)
    }

    @Test("Kimi's messages come in the order of their times", .enabled(if: SampleFiles.areThere))
    func kimi() throws {
        let sample = try FormSample("\(Self.folder)matgir99+Reclaim-My-Chats__kimi_messages_sample.json", .kimi)
        let chat = try #require(sample.archived.first)
        #expect(chat.messages.map(\.role) == [.user, .assistant, .assistant])
        #expect(
            chat.messages.map(\.content) == [
                "What is e?", "Here is the answer:", "Euler number is $e \\approx 2.718$.",
            ])
        #expect(chat.messages[1].body.parts == [.reasoning("reasoning about e..."), .text("Here is the answer:")])
        #expect(chat.messages[0].createdAt == Timestamp(microsecondsSinceEpoch: 1_700_000_000_000_000))
    }

    @Test("the Gemini CLI's thoughts and calls are parts", .enabled(if: SampleFiles.areThere))
    func geminiCLI() throws {
        let sample = try FormSample("\(Self.folder)wesm+agentsview__gemini-cli-tool_calls.json", .geminiCLI)
        let chat = try #require(sample.archived.first)
        #expect(chat.id == "sess-uuid-2")
        #expect(chat.messages.map(\.role) == [.user, .assistant])
        #expect(chat.messages[1].body.parts.map(\.kind) == [.reasoning, .text, .toolCall])
        #expect(chat.messages[1].body.parts[2].name == "read_file")
        #expect(chat.messages[1].body.metadata[.model] == "gemini-2.5-pro")
    }

    @Test("Open Assistant's replies are branches", .enabled(if: SampleFiles.areThere))
    func openAssistant() throws {
        let sample = try FormSample("datasets_api/LAION-AI+Open-Assistant__en_100_tree.jsonl", .openAssistant)
        #expect(sample.archived.count == sample.values.count)
        let chat = try #require(sample.archived.first)
        #expect(chat.id == "ea201f57-d24a-40f3-a0a7-ad15b893e538")
        #expect(chat.path.map(\.role).prefix(2) == [.user, .assistant])
        #expect(chat.path.dropFirst().first?.body.metadata["rank"] == 0)
        #expect(chat.messages.count > chat.path.count)
    }

    @Test("nothing of the samples is lost", .enabled(if: SampleFiles.areThere))
    func nothingLost() throws {
        let samples: [(String, ChatForm, Set<String>)] = [
            ("Dicoangelo+ucw__grok_export.json", .timedConversations, ["role"]),
            ("K2daOz+chatgpt2typingmind__typingmind-1.json", .typingMind, ["role", "folders"]),
            ("lotblocks+DumeeApp__chatbotui-export.json", .chatbotUI, ["role", "folders", "prompts", "version"]),
            ("matgir99+Reclaim-My-Chats__kimi_messages_sample.json", .kimi, ["role", "type"]),
            ("wesm+agentsview__gemini-cli-tool_calls.json", .geminiCLI, ["type"]),
            ("../datasets_api/LAION-AI+Open-Assistant__en_100_tree.jsonl", .openAssistant, ["role"]),
        ]
        for (name, form, structure) in samples {
            let sample = try FormSample("\(Self.folder)\(name)", form)
            let lost = NothingLost.lost(from: sample.values, in: sample.conversations, structure: structure)
            #expect(lost.isEmpty, "\(name)")
        }
    }
}
