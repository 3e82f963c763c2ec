import ChatStorageCore
import Observation

/// What a sidebar shows: pinned conversations, and the others by their last change.
@MainActor @Observable final class SidebarModel {
    private(set) var pinned: [Conversation] = []
    private(set) var others: [Conversation] = []
    /// Whether there are more than the list has.
    var hasMore: Bool { next != nil }
    /// What went wrong last; the view shows it and sets it to nil.
    var problem: String?
    private var next: ConversationCursor?
    /// How often it was read; what an older reading found is not shown.
    private var reading = 0
    private let chats: any ChatStorage

    init(_ chats: any ChatStorage) {
        self.chats = chats
    }

    /// Reads the lists: when the view appears, and after a turn of a chat.
    func refresh() async {
        reading += 1
        let reading = reading
        await attempt {
            let pinned = try await chats.conversations(
                ConversationQuery(with: ["pinned"], without: ["archived"], preview: 80))
            let page = try await chats.conversations(ConversationQuery(without: ["archived", "pinned"], preview: 80))
            guard reading == self.reading else { return }
            (self.pinned, others, next) = (pinned.items, page.items, page.next)
        }
    }

    /// Reads the next page: when the last row appears.
    func loadMore() async {
        guard let cursor = next else { return }
        let reading = reading
        await attempt {
            let page = try await chats.conversations(
                ConversationQuery(after: cursor, without: ["archived", "pinned"], preview: 80))
            guard reading == self.reading, cursor == next else { return }
            let known = Set(others.map(\.id))
            others += page.items.filter { !known.contains($0.id) }
            next = page.next
        }
    }

    func setPinned(_ isPinned: Bool, _ id: ConversationID) async {
        await change(id, isPinned ? .adding(label: "pinned") : .removing(label: "pinned"))
    }

    func rename(_ id: ConversationID, to title: String) async {
        await change(id, .title(title).keepingPlace())
    }

    /// Says that a conversation was read to its end, as it was listed.
    func markRead(_ chat: Conversation) async {
        await change(chat.id, .read(through: chat.lastSequence))
    }

    func delete(_ id: ConversationID) async {
        pinned.removeAll { $0.id == id }
        others.removeAll { $0.id == id }
        await attempt { try await chats.deleteConversation(id) }
        await refresh()
    }

    private func change(_ id: ConversationID, _ change: ConversationChange) async {
        await attempt { try await chats.updateConversation(id, change) }
        await refresh()
    }

    private func attempt(_ body: () async throws -> Void) async {
        do {
            try await body()
        } catch is CancellationError {
            // The view is gone.
        } catch {
            problem = "\(error)"
        }
    }
}
