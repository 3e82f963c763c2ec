import ChatStorageTransfer
import Foundation
import TestSupport

/// Texts read as chat files.
enum TestFile {
    static func read(_ text: String) async throws -> [ChatFile.Entry] {
        try await read(bytes: Array(text.utf8))
    }

    static func read(bytes: [UInt8]) async throws -> [ChatFile.Entry] {
        let folder = try TemporaryFolder()
        try Data(bytes).write(to: URL(fileURLWithPath: folder.path(of: "chats")))
        return try await ChatFile(path: folder.path(of: "chats")).reduce(into: []) { $0.append($1) }
    }
}

extension ChatFile.Entry {
    var conversation: ArchivedConversation? {
        if case .conversation(let conversation) = content { conversation } else { nil }
    }

    var reason: String? {
        switch content {
        case .conversation: nil
        case .invalid(let reason), .restNotRead(let reason): reason
        }
    }

    var isRestNotRead: Bool {
        if case .restNotRead = content { true } else { false }
    }
}
