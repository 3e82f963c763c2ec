import ChatStorageCore

/// The code of the guide to branches, as it stands there.
enum BranchExamples {
    static func editAndRegenerate(_ chats: any ChatStorage) async throws -> [ChatMessage] {
        try await chats.append(.user("A weekend in Kyoto?"), to: "trip")
        try await chats.append(.assistant("In spring, for the blossoms."), to: "trip")
        // The question is edited: both questions are there, and the new one is shown.
        try await chats.append(.user("A weekend in Kyoto in autumn?"), to: "trip", .insteadOf(1))
        try await chats.append(.assistant("For the maples, in November."), to: "trip")
        // The answer is made again, from what the model was given before.
        let prompt = try await chats.history(of: "trip", before: 4)
        try await chats.append(.assistant("Late November."), to: "trip", .insteadOf(4))
        return prompt
    }

    static func versions(_ chats: any ChatStorage, print: (String) -> Void) async throws {
        let places = try await chats.forks(of: "trip")
        for message in try await chats.messages(of: "trip") {
            for fork in places {
                let index = fork.successors.firstIndex { $0.sequence == message.sequence }
                if let index { print("\(message.sequence): ‹\(index + 1)/\(fork.successors.count)›") }
            }
        }
    }

    static func goBack(_ chats: any ChatStorage) async throws {
        let forks = try await chats.forks(of: "trip")
        if let fork = forks.first(where: { $0.after == 0 }) {
            try await chats.updateConversation("trip", .show(branch: fork.successors[0].sequence))
        }
    }

    static func read(_ chats: any ChatStorage) async throws -> (other: [Message], all: [Message]) {
        let other = try await chats.messages(MessageQuery(of: "trip", on: .through(5))).items
        let everything = try await chats.messages(MessageQuery(of: "trip", on: .all, limit: 100)).items
        return (other, everything)
    }

    static func remove(_ chats: any ChatStorage) async throws {
        try await chats.removeMessages([4], of: "trip")
        try await chats.removeMessages(MessageRemoval(.from(3), of: "trip"))
    }
}
