import ChatStorageCore

/// Appends one message to a conversation.
struct AppendOne<Storage: ChatStorage>: Operation {
    let storage: Storage

    func call(_ load: inout Load) async throws {
        load.seen &+= Int(try await storage.append(load.message(), to: load.id()).sequence)
    }
}

/// Reads the last 20 messages of a conversation.
struct ReadLast<Storage: ChatStorage>: Operation {
    let storage: Storage

    func call(_ load: inout Load) async throws {
        load.seen &+= try await storage.messages(of: load.id(), limit: 20).count
    }
}

/// Lists the 50 conversations that were updated last.
struct ListConversations<Storage: ChatStorage>: Operation {
    let storage: Storage

    func call(_ load: inout Load) async throws {
        load.seen &+= try await storage.conversations(limit: 50).count
    }
}
