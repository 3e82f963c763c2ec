import ChatStorageCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Check {
    /// Values that leave the process as JSON and come back.
    static let codedValues: [Check] = [
        Check(
            "values.codable.returned", .t7, .t5,
            why: "Clients, caches and backups get a call's result as JSON, and must get all of it."
        ) { context in
            let chats = try await context.open()
            for (index, text) in SampleText.peculiar.enumerated() {
                let id = ConversationID("\(index) \(text)")
                let restored = try await chats.restoreConversation(
                    ConversationSnapshot(
                        id: id, title: text, createdAt: .earliest, updatedAt: .latest,
                        lastSequence: Limits.restoredSequence,
                        messages: [
                            .init(sequence: 7, role: .system, content: text, createdAt: .past, key: text),
                            .init(sequence: 9, role: .user, content: "", createdAt: .future),
                        ]))
                try context.expectCoded(restored, "a conversation")
                try context.expectCoded(restored.version, "its version")
                let messages = try await chats.messages(of: id)
                try context.expectCoded(messages, "its messages")
                try context.expectCoded(messages.map(\.id), "their ids")
                try context.expectCoded(try await chats.history(of: id), "its history")
            }
            try context.expectCoded(try await chats.append(.assistant("", key: " "), to: "new"), "a new message")
            try context.expectCoded(try await chats.createConversation("created"), "a conversation without a title")
            try context.expectCoded(try await chats.conversations(after: nil, limit: 5), "a page with a next one")
            try context.expectCoded(try await chats.conversations(after: nil, limit: 1_000), "the last page")
        },
        Check(
            "values.codable.given", .t7, .a8, .a9, .a10, .l3,
            why:
                "An outbox that loses keys sends messages twice, and a saved version or cursor must keep its meaning."
        ) { context in
            let chats = try await context.open()
            let outbox = SampleText.peculiar.map { ChatMessage.user($0, key: $0) }
            let sent = try await chats.append(outbox, to: "outbox")
            context.expect(
                try await chats.append(coded(outbox), to: "outbox"), equals: sent,
                "a saved append is the one made before")

            let version = try context.require(await chats.conversation("outbox"), "it is there").version
            try await chats.append(.assistant("answer"), to: "outbox", if: .unchanged(coded(version)))
            await context.expectError(.conflict, "a saved version that is outdated is a conflict") {
                try await chats.append(.assistant("late"), to: "outbox", if: .unchanged(coded(version)))
            }

            let snapshot = ConversationSnapshot.sample("restored", title: "title", messages: 3)
            try await chats.restoreConversation(coded(snapshot))
            context.expect(
                try await chats.conversation("restored"), equals: snapshot.conversation, "a saved snapshot is restored")
            try await context.expectContents(
                of: "restored", in: chats, equal: snapshot.messages.map(\.content),
                "the messages of a saved snapshot are restored")

            for number in 0..<5 { try await chats.createConversation(ConversationID("\(number)")) }
            let all = try await chats.conversations(limit: 100)
            var walked: [Conversation] = []
            var cursor: ConversationCursor?
            repeat {
                let page = try coded(await chats.conversations(after: cursor, limit: 2))
                walked += page.items
                cursor = page.next
            } while cursor != nil && walked.count <= all.count
            context.expect(walked, equals: all, "a walk by saved cursors gives each conversation once")
        },
    ]

    /// The value after a round trip through JSON.
    private static func coded<Value: Codable>(_ value: Value) throws -> Value {
        try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
    }
}

extension CheckContext {
    /// Records a failure unless a value survives a round trip through JSON.
    fileprivate func expectCoded<Value: Codable & Equatable>(
        _ value: Value, _ subject: String, file: String = #fileID, line: Int = #line
    ) throws {
        do {
            let data = try JSONEncoder().encode(value)
            expect(
                try JSONDecoder().decode(Value.self, from: data), equals: value, "\(subject) comes back from JSON",
                file: file, line: line)
        } catch is EncodingError {
            expect(false, "\(subject) can be JSON", actual: summary(of: value), file: file, line: line)
        } catch is DecodingError {
            expect(false, "\(subject) comes back from JSON", actual: summary(of: value), file: file, line: line)
        }
    }
}
