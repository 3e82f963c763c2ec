import ChatStorageCore
import ChatStorageSQLite

func ask(_ question: String, in id: ConversationID, of chats: some ChatStorage) async throws -> String {
    try await chats.append(.user(question), to: id)
    let history = try await chats.history(of: id, limit: 50)  // role and content, as LLM APIs take them
    let answer = "You said: \(history.last?.content ?? "")"  // your model's answer to the history goes here
    try await chats.append(.assistant(answer), to: id, if: .exists)  // deleted meanwhile: stays deleted
    return answer
}

let backend = try await SQLiteBackend(path: "chat.db")
try await backend.prepare()
let chats = backend.tenant("user-42")  // or the backend itself, for a single user
print(try await ask("A weekend in Kyoto?", in: "trip", of: chats))
try await backend.close()  // calls under way end first
