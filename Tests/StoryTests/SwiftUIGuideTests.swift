import ChatStorageCore
import ChatStorageInMemory
import Observation
import Synchronization
import Testing

/// The models of the guide to SwiftUI, driven as views drive them.
@Suite(.timeLimit(.minutes(10))) @MainActor struct SwiftUIGuideTests {
    /// Says how many messages it was given.
    private nonisolated static let counting: ChatModel.Reply = { past in
        AsyncThrowingStream { stream in
            stream.yield("\(past.count) ")
            stream.yield("before: \(past.last?.content ?? "")")
            stream.finish()
        }
    }

    /// Says something, and then nothing until it is cancelled.
    private nonisolated static let endless: ChatModel.Reply = { _ in
        AsyncThrowingStream { $0.yield("Once ") }
    }

    private nonisolated func texts(_ rows: [ChatRow]) -> [String] { rows.map(\.text) }

    @Test func aQuestionIsShownAtOnceAndItsRowStaysTheSame() async throws {
        let chats = InMemoryBackend.prepared()
        let model = ChatModel("trip", of: chats, reply: Self.counting)
        let isChanged = Mutex(false)
        withObservationTracking {
            _ = model.rows
        } onChange: {
            isChanged.withLock { $0 = true }
        }
        model.send("Kyoto?")
        #expect(isChanged.withLock { $0 })
        #expect(model.rows.map(\.status) == [.sending])
        let question = try #require(model.rows.first?.id)
        model.send("One at a time")
        await model.work?.value
        #expect(texts(model.rows) == ["Kyoto?", "1 before: Kyoto?"])
        #expect(model.rows.map(\.status) == [.stored(.complete), .stored(.complete)])
        #expect(model.rows.first?.id == question && model.work == nil && model.problem == nil)

        let reopened = ChatModel("trip", of: chats, reply: Self.counting)
        await reopened.load()
        #expect(reopened.rows == model.rows)
        #expect(try await chats.conversation("trip")?.hasUnread == false)
    }

    @Test func stopKeepsWhatCame() async throws {
        let chats = InMemoryBackend.prepared()
        let model = ChatModel("trip", of: chats, reply: Self.endless)
        model.send("A story")
        while model.rows.last?.text != "Once " { await Task.yield() }
        let ids = model.rows.map(\.id)
        #expect(model.rows.last?.status == .stored(.streaming))
        model.stop()
        await model.work?.value
        #expect(model.rows.map(\.status) == [.stored(.complete), .stored(.stopped)])
        #expect(texts(model.rows) == ["A story", "Once "] && model.rows.map(\.id) == ids && model.problem == nil)
    }

    @Test func questionsAreEditedAndAnswersMadeAgain() async throws {
        let chats = InMemoryBackend.prepared()
        let model = ChatModel("trip", of: chats, reply: Self.counting)
        model.send("Kyoto?")
        await model.work?.value
        model.edit(model.rows[0], to: "Nara?")
        #expect(texts(model.rows) == ["Nara?"])
        await model.work?.value
        #expect(texts(model.rows) == ["Nara?", "1 before: Nara?"])
        #expect(model.rows.map(\.version) == ["‹2/2›", nil])
        model.regenerate(model.rows[1])
        await model.work?.value
        #expect(texts(model.rows) == ["Nara?", "1 before: Nara?"])
        #expect(model.rows.map(\.version) == ["‹2/2›", "‹2/2›"])

        await model.show(version: model.rows[0].versions[0])
        #expect(texts(model.rows) == ["Kyoto?", "1 before: Kyoto?"])
        #expect(model.rows.map(\.version) == ["‹1/2›", nil])
    }

    @Test func aQuestionThatWasNotSentIsSentAgainUnderItsKey() async throws {
        let store = InMemoryBackend.prepared()
        let failures = Failures(notApplied: 1, unknown: 1)
        let chats = InterceptedStorage(store, interceptor: failures)
        let model = ChatModel("trip", of: chats, reply: Self.counting)
        model.send("Kyoto?")
        await model.work?.value
        #expect(model.rows.map(\.status) == [.notSent] && model.problem != nil)
        let id = try #require(model.rows.first?.id)

        // This time it is stored, and only the acknowledgement is lost: reading shows that.
        model.resend(model.rows[0])
        await model.work?.value
        #expect(model.rows.map(\.id) == [id] && model.rows.map(\.status) == [.stored(.complete)])
        #expect(try await store.history(of: "trip") == [.user("Kyoto?")])
    }

    @Test func aQuestionIsSentAgainAfterNothingCouldBeReachedAtAll() async throws {
        let store = InMemoryBackend.prepared(with: [.init("trip", [.user("Hi"), .assistant("Hello")])])
        let outage = Outage()
        let model = ChatModel("trip", of: InterceptedStorage(store, interceptor: outage), reply: Self.counting)
        await model.load()
        outage.begin()
        model.send("Kyoto?")
        await model.work?.value
        #expect(texts(model.rows) == ["Hi", "Hello", "Kyoto?"])
        #expect(model.rows.last?.status == .notSent && model.problem != nil)

        outage.end()
        model.resend(model.rows[2])
        await model.work?.value
        #expect(texts(model.rows) == ["Hi", "Hello", "Kyoto?", "3 before: Kyoto?"])
        #expect(model.rows.map(\.status) == Array(repeating: .stored(.complete), count: 4))
    }

    @Test func theSidebarListsPinnedConversationsFirst() async throws {
        let chats = InMemoryBackend.prepared()
        for number in 1...70 {
            try await chats.append(.user("Question \(number)"), to: ConversationID("c\(number)"))
        }
        let model = SidebarModel(chats)
        await model.refresh()
        #expect(model.others.count == 50 && model.hasMore)
        await model.loadMore()
        #expect(model.others.count == 70 && !model.hasMore && Set(model.others.map(\.id)).count == 70)
        #expect(model.others.first?.preview?.text == "Question 70" && model.others.first?.hasUnread == true)

        await model.setPinned(true, "c7")
        #expect(model.pinned.map(\.id) == ["c7"] && !model.others.contains { $0.id == "c7" })
        await model.rename("c70", to: "Kyoto")
        #expect(model.others.first?.title == "Kyoto")
        await model.markRead(try #require(model.others.first))
        #expect(model.others.first?.hasUnread == false)
        await model.delete("c70")
        #expect(model.others.first?.id == "c69" && model.problem == nil)
        #expect(try await chats.conversation("c70") == nil)
        await model.rename("c69", to: String(repeating: "x", count: 300))
        #expect(model.problem?.contains("title") == true)
    }

    @Test func anOlderReadingOfTheSidebarDoesNotReplaceANewerOne() async throws {
        let store = InMemoryBackend.prepared(with: [.init("old", [.user("Hi")])])
        let delay = DelayedList()
        let model = SidebarModel(InterceptedStorage(store, interceptor: delay))
        let older = Task { await model.refresh() }
        while !delay.isWaiting { await Task.yield() }
        try await store.append(.user("Hello"), to: "new")
        await model.refresh()
        #expect(model.others.map(\.id) == ["new", "old"])
        delay.end()
        await older.value
        #expect(model.others.map(\.id) == ["new", "old"])
    }
}
