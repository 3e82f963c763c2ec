import ChatStorageCore
import ChatStorageInMemory
import Foundation
import Testing

/// The guide shows the code of this target as it stands, and it does what the guide says.
@Suite struct GuideTests {
    @Test func codeInTheGuideIsTheCodeThatRuns() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let code = try String(contentsOf: folder.appendingPathComponent("GuideExamples.swift"), encoding: .utf8)
        let guide = try String(
            contentsOf: folder.appendingPathComponent(
                "../../Sources/ChatStorageCore/Documentation.docc/PartsAndLists.md"), encoding: .utf8)
        let blocks = guide.split(separator: "```swift\n").dropFirst()
            .compactMap { $0.split(separator: "```", omittingEmptySubsequences: false).first.map(String.init) }
        #expect(blocks.count >= 5)
        for block in blocks {
            // The body of a function is shown without the indentation that it has there.
            let indented = block.replacing(/(?m)^(?=.)/, with: "        ")
            #expect(code.contains(block) || code.contains(indented), "not in this target:\n\(block)")
        }
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
