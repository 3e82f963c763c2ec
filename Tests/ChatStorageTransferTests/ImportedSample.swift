import ChatStorageCore
import ChatStorageJSON
import ChatStorageInMemory
import ChatStorageSQLite
import Foundation
import Testing
import TestSupport

@testable import ChatStorageTransfer

/// A sample that is imported and read back.
enum ImportedSample {
    static func check(_ path: String) async throws {
        let folder = try TemporaryFolder()
        let memory = InMemoryBackend(roles: .withTools)
        var configuration = SQLiteBackend.Configuration(path: folder.path(of: "chats.sqlite"))
        configuration.roles = .withTools
        let sqlite = try await SQLiteBackend(configuration)
        for backend in [memory, sqlite] as [any ChatStorageBackend] {
            try await backend.prepare()
            try await check(path, backend)
            try await backend.close()
        }
    }

    private static func check(_ path: String, _ backend: any ChatStorageBackend) async throws {
        let file = ChatFile(
            path: SampleFiles.folder.appendingPathComponent(path).path, roles: RoleSet.withTools.roles)
        let storage = backend.tenant("t")
        let summary = try await Importer(storage: storage).run(file)
        var stored = 0
        for try await entry in file {
            guard let conversation = entry.conversation else { continue }
            stored += 1
            let read = try #require(try await storage.conversation(conversation.id))
            #expect(read.title == conversation.title && read.labels == conversation.labels)
            #expect(read.metadata == conversation.metadata)
            var messages: [Message] = []
            for try await message in storage.allMessages(of: conversation.id, on: .all) { messages.append(message) }
            #expect(messages.map(\.body) == conversation.messages.map(\.body))
            #expect(messages.map(\.writing) == conversation.messages.map(\.writing))
            for (message, own) in zip(messages, conversation.messages) {
                if let time = own.createdAt { #expect(message.createdAt == time, "message \(message.sequence)") }
            }
            var shown: [Int64] = []
            for try await message in storage.allMessages(of: conversation.id) { shown.append(message.sequence) }
            #expect(shown == conversation.path.compactMap(\.sequence))
        }
        #expect(summary.imported == stored && stored > 0)
        let again = try await Importer(storage: storage).run(file)
        #expect(again.unchanged == stored && again.imported == 0)
    }
}

extension FormSample {
    /// A sample in which some conversations may be invalid.
    init(_ path: String, _ form: ChatForm, skippingInvalid: Bool) throws {
        let readable = ChatForm(name: form.name, unit: form.unit) { value in
            do { return try form.read(value) } catch is InvalidConversation { return [] }
        }
        try self.init(path, skippingInvalid ? readable : form)
    }

    /// The conversations' values that have messages.
    var read: [JSONSlice] {
        values.flatMap { $0.elements.map(Array.init) ?? [$0] }.filter { value in
            ["mapping", "chat_messages", "messages", "chat", "history"].contains { value.present($0) != nil }
        }
    }
}
