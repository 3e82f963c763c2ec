import ChatStorageCore
import Foundation
import Observation

/// What the view of one conversation shows and does.
@MainActor @Observable final class ChatModel {
    /// Asks a model: the conversation so far in, pieces of the answer out.
    typealias Reply = @Sendable ([ChatMessage]) -> AsyncThrowingStream<String, any Error>

    let id: ConversationID
    private(set) var rows: [ChatRow] = []
    /// What went wrong last; the view shows it and sets it to nil.
    var problem: String?
    /// A question and its answer under way, until the rows are those of the store again.
    private(set) var work: Task<Void, Never>?
    private var turn: Task<Void, any Error>?
    private let chats: any ChatStorage
    private let reply: Reply

    init(_ id: ConversationID, of chats: any ChatStorage, reply: @escaping Reply) {
        self.id = id
        self.chats = chats
        self.reply = reply
    }

    /// Reads the conversation, for the view's `task`, and says that it was read.
    func load() async {
        do {
            let forks = try await chats.forks(of: id)
            let stored = try await chats.messages(of: id, limit: 200).map { ChatRow($0, forks: forks) }
            show(stored)
            if let last = stored.last?.sequence {
                try await chats.updateConversation(id, .read(through: last))
            }
        } catch {
            problem = "\(error)"
        }
    }

    func send(_ text: String) {
        guard work == nil else { return }
        ask(ChatRow(.user, text))
    }

    /// Sends a question again that could not be sent, under the same key: it is stored once, whatever happened.
    func resend(_ row: ChatRow) {
        guard work == nil, row.status == .notSent else { return }
        rows.removeAll { $0.id == row.id }
        ask(ChatRow(.user, row.text, id: row.id, row.place))
    }

    /// Puts another question beside one, and answers it; both questions stay.
    func edit(_ row: ChatRow, to text: String) {
        guard work == nil, let sequence = row.sequence, removeRows(from: row) else { return }
        ask(ChatRow(.user, text, .insteadOf(sequence)))
    }

    /// Puts another answer beside one; both stay.
    func regenerate(_ row: ChatRow) {
        guard work == nil, let sequence = row.sequence, removeRows(from: row) else { return }
        begin { try await $0.answer(.insteadOf(sequence), key: UUID().uuidString) }
    }

    /// Ends the answer under way and keeps what came.
    func stop() { turn?.cancel() }

    /// Shows another version of a message, and what followed it.
    func show(version sequence: Int64) async {
        guard work == nil else { return }
        do {
            try await chats.updateConversation(id, .show(branch: sequence))
        } catch {
            problem = "\(error)"
        }
        await load()
    }

    private func ask(_ row: ChatRow) {
        rows.append(row)
        begin { model in
            let question = ChatMessage.user(row.text, key: row.id)
            let asked = try await model.chats.append(question, to: model.id, row.place)
            model.update(ChatRow(asked))
            try await model.answer(.after(asked.sequence), key: "\(row.id) answer")
        }
    }

    private func answer(_ place: AppendPlace, key: String) async throws {
        rows.append(ChatRow(.assistant, "", id: key))
        try await chats.append(streaming: .assistant, to: id, place, key: key) { draft in
            let past = try await chats.history(of: id, before: draft.message.sequence, window: .tokens(60_000))
            for try await piece in reply(past) {
                draft.append(piece)
                update(ChatRow(draft.message))
            }
        }
    }

    private func begin(_ body: @escaping @MainActor (ChatModel) async throws -> Void) {
        let turn = Task { try await body(self) }
        self.turn = turn
        work = Task {
            do {
                try await turn.value
            } catch is CancellationError {
                // Stop: what came is stored.
            } catch {
                problem = "\(error)"
            }
            self.turn = nil
            keepUnsent()
            await load()
            work = nil
        }
    }

    /// What was not stored while it was sent can be sent again, even if the store cannot be read now.
    private func keepUnsent() {
        rows.removeAll { $0.sequence == nil && $0.role == .assistant }
        for index in rows.indices where rows[index].sequence == nil { rows[index].status = .notSent }
    }

    /// Shows what is stored, and rows that are not.
    private func show(_ stored: [ChatRow]) {
        let ids = Set(stored.map(\.id))
        rows = stored + rows.filter { $0.sequence == nil && !ids.contains($0.id) }
    }

    private func update(_ row: ChatRow) {
        guard let index = rows.lastIndex(where: { $0.id == row.id }) else { return }
        rows[index] = row
    }

    private func removeRows(from row: ChatRow) -> Bool {
        guard let index = rows.firstIndex(where: { $0.id == row.id }) else { return false }
        rows.removeSubrange(index...)
        return true
    }
}
