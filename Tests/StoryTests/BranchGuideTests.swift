import ChatStorageCore
import ChatStorageInMemory
import Testing

/// The examples of the guide to edited questions do what it says.
@Suite struct BranchGuideTests {
    @Test func theExamplesDoWhatTheGuideSays() async throws {
        let chats = InMemoryBackend.prepared()
        let prompt = try await BranchExamples.editAndRegenerate(chats)
        #expect(prompt == [.user("A weekend in Kyoto in autumn?")])
        #expect(try await chats.forks(of: "trip").map { $0.successors.map(\.sequence) } == [[1, 3], [4, 5]])
        #expect(try await chats.messages(of: "trip").map(\.sequence) == [3, 5])
        var lines: [String] = []
        try await BranchExamples.versions(chats) { lines.append($0) }
        #expect(lines == ["3: ‹2/2›", "5: ‹2/2›"])
        try await BranchExamples.goBack(chats)
        #expect(try await chats.messages(of: "trip").map(\.sequence) == [1, 2])
        let read = try await BranchExamples.read(chats)
        #expect(read.other.map(\.sequence) == [3, 5])
        #expect(read.all.map(\.sequence) == [1, 2, 3, 4, 5])
        try await BranchExamples.remove(chats)
        #expect(try await chats.messages(MessageQuery(of: "trip", on: .all)).items.map(\.sequence) == [1, 2])
    }
}
