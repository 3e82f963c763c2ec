import ChatStorageCore
import ChatStorageInMemory
import Testing

/// The guide shows the code of this target as it stands, and it does what the guide says.
@Suite struct GuideTests {
    @Test func codeInTheGuideIsTheCodeThatRuns() throws {
        let guide = try Guide("PartsAndLists")
        #expect(guide.blocks.count >= 5)
        let missing = try guide.blocks(notIn: "GuideExamples.swift")
        #expect(missing.isEmpty, "not in this target:\n\(missing.joined(separator: "\n"))")
    }

    @Test func theExamplesDoWhatTheGuideSays() async throws {
        let backend = InMemoryBackend(roles: .withTools)
        try await backend.prepare()
        let chats = backend.tenant("user-42")
        try await GuideExamples.tools(chats)
        try await GuideExamples.metadata(chats)
        let listed = try #require(try await GuideExamples.sidebar(chats).first)
        #expect(listed.title == "Kyoto" && listed.labels == ["pinned"] && listed.messageCount == 4)
        #expect(listed.readThrough == 3 && listed.hasUnread && listed.preview?.text == "21 degrees.")
        #expect(listed.metadata == ["colour": "green"])
        let last = try #require(try await chats.messages(of: "trip").last)
        #expect(last.metadata[.rating] == 1 && last.metadata[.model] == "claude-opus-5")
        try await GuideExamples.administration(backend, since: .latest)
        #expect(try await backend.tenants(TenantQuery()).items.isEmpty)
        #expect(try await GuideExamples.preview().history(of: "trip") == [.user("Hi"), .assistant("Hello")])
    }
}
