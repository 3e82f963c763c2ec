import ChatStorageCore
import ChatStorageSQLite

/// Asks a model, and keeps the answer while it comes: a Stop or a crash leaves what there was.
func ask(_ question: String, in id: ConversationID, of chats: some ChatStorage) async throws -> Message {
    try await chats.append(.user(question), to: id)
    let past = try await chats.history(of: id, window: .tokens(60_000))  // what fits the model
    return try await chats.append(streaming: .assistant, to: id) { draft in
        for await piece in pieces(after: past) { draft.append(piece) }
    }
}

/// Your model's stream goes here.
func pieces(after past: [ChatMessage]) -> AsyncStream<String> {
    AsyncStream { stream in
        for piece in ["You ", "said: ", past.last?.content ?? ""] { stream.yield(piece) }
        stream.finish()
    }
}

let backend = try await SQLiteBackend(path: "chat.db")
try await backend.prepare()
let chats = backend.tenant("user-42")  // or the backend itself, for a single user
print(try await ask("A weekend in Kyoto?", in: "trip", of: chats).content)
try await backend.close()  // calls under way end first
