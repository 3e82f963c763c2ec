import ChatStorageCore
import Foundation
import Testing
import TestSupport

@testable import ChatStorageTransfer

@Suite("Microsoft Copilot's activity history")
struct CopilotFormTests {
    private static let path = "other_apps/synthetic__copilot-activity-history.csv"

    @Test("rows become conversations, questions before their answers", .enabled(if: SampleFiles.areThere))
    func rows() async throws {
        let file = SampleFiles.folder.appendingPathComponent(Self.path).path
        var chats: [ArchivedConversation] = []
        for try await entry in ChatFile(path: file) { chats.append(try #require(entry.conversation)) }
        #expect(chats.map(\.title) == [nil, "Git flag explained"])
        #expect(
            chats.map { $0.messages.map(\.role) } == [[.user, .assistant], [.user, .assistant, .user, .assistant]])
        #expect(
            chats[1].messages.map(\.content) == [
                "hi", "Hello 👋🏽", "what does --no-git-tag-version do?",
                "**Short answer:**\n- it skips \"tagging\"\n- see docs, §2",
            ])
        #expect(chats[1].messages[0].createdAt == Timestamp("2026-07-26T23:19:02Z"))
    }

    @Test("an author that is not known is an error")
    func unknownAuthor() {
        let error = #expect(throws: InvalidConversation.self) {
            try FormSample(text: #"[{"Conversation": "", "Time": "", "Author": "x", "Message": "secret"}]"#, .copilot)
        }
        #expect(error?.reason == "[].Author is \"x\", not one of: AI, Human")
    }
}
