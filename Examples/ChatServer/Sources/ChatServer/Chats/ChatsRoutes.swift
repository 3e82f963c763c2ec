import ChatStorageCore
import Hummingbird

/// What the page needs beside OpenAI's APIs: the sidebar, branches, pins and read marks.
struct ChatsRoutes {
    func add(to routes: RouterGroup<UserContext>) {
        routes.get("chats", use: list)
        routes.get("chats/:id", use: show)
        routes.post("chats/:id", use: change)
    }

    /// The sidebar: the pinned chats, and a page of the others.
    @Sendable private func list(_ request: Request, _ context: UserContext) async throws -> Response {
        let cursor = request.query("after").map { ConversationCursor($0) }
        let others = try await context.chats.conversations(
            ConversationQuery(after: cursor, limit: 30, without: [.pinned, .unlisted], preview: 120))
        // The pinned ones come with the first page.
        let pinned =
            cursor == nil
            ? try await context.chats.conversations(ConversationQuery(limit: 50, with: [.pinned], preview: 120)).items
            : []
        return .json([
            "pinned": .array(pinned.map(\.sidebarJSON)), "chats": .array(others.items.map(\.sidebarJSON)),
            "next": JSONValue(others.next?.text),
        ])
    }

    /// A chat: the end of what is shown of it, with the places where it has branched.
    @Sendable private func show(_ request: Request, _ context: UserContext) async throws -> Response {
        let id = try context.conversationID
        guard let chat = try await context.chats.conversation(id) else { throw APIError.notFound("chat") }
        let before = request.query("before").flatMap { Int64($0) }
        let query = MessageQuery(of: id, before.map { .before($0) } ?? .end, limit: 60)
        let page = try await context.chats.messages(query)
        // Only a chat that has branched has forks to be read.
        let forks = chat.isBranched ? try await context.chats.forks(of: id) : []
        return .json([
            "chat": chat.sidebarJSON, "messages": .array(page.items.map { ChatMessageView($0, forks).json }),
            "has_more": .boolean(page.hasMore),
        ])
    }

    /// Renames a chat, pins it, marks it as read or unread, or shows another branch of it.
    @Sendable private func change(_ request: Request, _ context: UserContext) async throws -> Response {
        let body = try await request.object(context)
        var change = ConversationChange()
        if let title = try body.optional("title", as: String.self) { change = change.title(title).keepingPlace() }
        if let pinned = try body.optional("pinned", as: Bool.self) {
            change = pinned ? change.adding(label: .pinned) : change.removing(label: .pinned)
        }
        if let sequence = try body.optional("read", as: Int.self) { change = change.read(through: Int64(sequence)) }
        if let sequence = try body.optional("unread", as: Int.self) { change = change.unread(from: Int64(sequence)) }
        if let sequence = try body.optional("branch", as: Int.self) { change = change.show(branch: Int64(sequence)) }
        guard let chat = try await context.chats.updateConversation(context.conversationID, change) else {
            throw APIError.notFound("chat")
        }
        return .json(chat.sidebarJSON)
    }
}

/// A message as the page shows it.
struct ChatMessageView {
    private let message: Message
    private let fork: Fork?

    init(_ message: Message, _ forks: [Fork]) {
        self.message = message
        fork = forks.first { $0.successors.contains { $0.sequence == message.sequence } }
    }

    var json: JSONValue {
        let isResponse = message.metadata[.response] != nil
        return [
            "sequence": .integer(message.sequence), "role": .string(message.role.rawValue),
            "state": .string(message.state.rawValue), "items": .array(Items(message).all),
            "response": isResponse ? .string(Identifiers.response(message.id)) : .null,
            // From here a stream of it goes on.
            "seen": .integer(Int64(AnswerOutline(message).seen)),
            "failure": JSONValue(message.metadata[.failure]), "branches": branches,
        ]
    }

    /// Which of several messages it is, and those beside it: ‹2/3›.
    private var branches: JSONValue {
        guard let fork, let index = fork.successors.firstIndex(where: { $0.sequence == message.sequence }) else {
            return .null
        }
        func beside(_ index: Int) -> JSONValue {
            fork.successors.indices.contains(index) ? .integer(fork.successors[index].sequence) : .null
        }
        return [
            "number": .integer(Int64(index + 1)), "count": .integer(Int64(fork.successors.count)),
            "previous": beside(index - 1), "next": beside(index + 1),
        ]
    }
}

extension Conversation {
    fileprivate var sidebarJSON: JSONValue {
        [
            "id": .string(id.rawValue), "title": JSONValue(title),
            "preview": preview.map { ["role": .string($0.role.rawValue), "text": .string($0.text)] } ?? .null,
            "pinned": .boolean(labels.contains(.pinned)), "unread": .boolean(hasUnread),
            "answering": .boolean(preview?.state == .streaming), "last": .integer(head ?? lastSequence),
            "updated": .integer(updatedAt.microsecondsSinceEpoch / 1_000),
            // It changes when messages come or go, or another branch is shown.
            "version": .string("\(createdAt.microsecondsSinceEpoch)-\(lastSequence)-\(head ?? -1)-\(messageCount)"),
        ]
    }
}

extension Label {
    fileprivate static let pinned: Label = "pinned"
}
