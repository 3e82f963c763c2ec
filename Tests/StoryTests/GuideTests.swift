import ChatStorageCore
import ChatStorageInMemory
import Testing

/// The examples of tool calls, of metadata and lists, and of failures do what their guides say.
@Suite struct GuideTests {
    @Test func theExamplesDoWhatTheGuideSays() async throws {
        let backend = InMemoryBackend(roles: .withTools)
        try await backend.prepare()
        let chats = backend.tenant("user-42")
        try await GuideExamples.tools(chats)
        let (rating, colour) = try await GuideExamples.metadata(chats)
        #expect(rating == 1 && colour == .string("green"))
        let listed = try #require(try await GuideExamples.sidebar(chats).first)
        #expect(listed.title == "Kyoto" && listed.labels == ["pinned"] && listed.messageCount == 4)
        #expect(listed.readThrough == 3 && listed.hasUnread && listed.preview?.text == "21 degrees.")
        #expect(listed.metadata == ["colour": "green"])
        let last = try #require(try await chats.messages(of: "trip").last)
        #expect(last.metadata[.rating] == 1 && last.metadata[.model] == "claude-opus-5")
        for number in 1...120 {
            try await chats.append(.user("\(number)"), to: ConversationID("\(number)"))
            try await chats.append(.user("\(number)"), to: "long")
        }
        let (oldest, leastRecent) = try await GuideExamples.pages(chats)
        #expect(oldest.map(\.content) == (1...20).map(String.init) && leastRecent.last?.id == "trip")
        try await GuideExamples.answer(chats) { history in "\(history.count)" }
        #expect(try await chats.messages(of: "trip").last?.content == "4")
        await #expect(throws: ChatStorageError.self) {
            try await GuideExamples.answer(chats) { _ in
                try await chats.append(.user("Wait"), to: "trip")
                return "too late"
            }
        }
        #expect(try await chats.messages(of: "trip").last?.content == "Wait")
        let saved = try await GuideExamples.save("Hi", key: "1", in: "trip", of: chats, .init())
        #expect(saved == .stored)
        let gone = try await GuideExamples.save("Hi", key: "1", in: "none", of: chats, .init())
        #expect(gone == .gone)
        #expect(try await GuideExamples.preview().history(of: "trip") == [.user("Hi"), .assistant("Hello")])
    }
}
