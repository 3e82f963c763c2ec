import ChatStorageCore
import ChatStorageTransfer
import Foundation
import TestSupport
import Testing

/// Texts read as chat files.
enum TestFile {
    static func read(
        _ text: String, roles: RoleSet = .standard, leniency: Leniency = .none
    ) async throws -> [ChatFile.Entry] {
        try await read(bytes: Array(text.utf8), roles: roles, leniency: leniency)
    }

    static func read(
        bytes: [UInt8], roles: RoleSet = .standard, leniency: Leniency = .none
    ) async throws -> [ChatFile.Entry] {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chats")
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return try await ChatFile(path: path, roles: roles.roles, leniency: leniency).reduce(into: []) { $0.append($1) }
    }

    /// The only conversation of a line.
    static func conversation(
        _ line: String, roles: RoleSet = .withTools, leniency: Leniency = .none
    ) async throws -> ArchivedConversation {
        let entries = try await read(line.replacing("\n", with: " "), roles: roles, leniency: leniency)
        #expect(entries.count == 1)
        return try #require(entries.first?.conversation, "\(entries.map(\.content))")
    }
}

extension ChatFile.Entry {
    var conversation: ArchivedConversation? {
        if case .conversation(let conversation) = content { conversation } else { nil }
    }

    var reason: String? {
        switch content {
        case .conversation: nil
        case .invalid(let reason), .fileDamaged(let reason): reason
        }
    }

    var isDamage: Bool {
        if case .fileDamaged = content { true } else { false }
    }
}
