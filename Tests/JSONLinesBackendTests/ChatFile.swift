import ChatStorageCore
import Foundation

/// A conversation's file: a line about the conversation, then a line for each message.
///
/// The file's name means nothing: an id of 100 emoji, however encoded, is longer than names of files can be.
struct ChatFile: Sendable {
    private struct Heading: Codable {
        var tenant: String
        var id: ConversationID
        var title: String?
        var createdAt: Int64
        var updatedAt: Int64
        var lastSequence: Int64
    }

    private struct Line: Codable {
        var sequence: Int64
        var role: Role
        var content: String
        var createdAt: Int64
    }

    static let pathExtension = "jsonl"

    private let url: URL
    let tenant: String
    var snapshot: ConversationSnapshot

    init(of snapshot: ConversationSnapshot, tenant: String, in folder: URL) {
        url = folder.appendingPathComponent(UUID().uuidString).appendingPathExtension(Self.pathExtension)
        self.tenant = tenant
        self.snapshot = snapshot
    }

    init(reading url: URL) throws {
        let lines = try Data(contentsOf: url).split(separator: UInt8(ascii: "\n"))
        let decoder = JSONDecoder()
        guard let heading = try lines.first.map({ try decoder.decode(Heading.self, from: $0) }) else {
            throw ChatStorageError(.damaged, "a file is empty")
        }
        self.url = url
        tenant = heading.tenant
        snapshot = ConversationSnapshot(
            id: heading.id, title: heading.title, createdAt: Timestamp(microsecondsSinceEpoch: heading.createdAt),
            updatedAt: Timestamp(microsecondsSinceEpoch: heading.updatedAt), lastSequence: heading.lastSequence,
            messages: try lines.dropFirst().map { line in
                let line = try decoder.decode(Line.self, from: line)
                return .init(
                    sequence: line.sequence, role: line.role, content: line.content,
                    createdAt: Timestamp(microsecondsSinceEpoch: line.createdAt))
            })
    }

    /// Replaces the file by another, written and on the disk before, so that there is always a whole one.
    func write(survivingPowerLoss: Bool) throws {
        let new = url.appendingPathExtension("new")
        try Self.throwingStorageErrors(.notApplied) {
            try encoded().write(to: new)
            if survivingPowerLoss { try Self.synchronize(new) }
            guard rename(new.path, url.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        }
        if survivingPowerLoss { try synchronizeFolder() }
    }

    func remove(survivingPowerLoss: Bool) throws {
        try Self.throwingStorageErrors(.notApplied) { try FileManager.default.removeItem(at: url) }
        if survivingPowerLoss { try synchronizeFolder() }
    }

    private func encoded() throws -> Data {
        let encoder = JSONEncoder()
        var data = try encoder.encode(
            Heading(
                tenant: tenant, id: snapshot.id, title: snapshot.title,
                createdAt: snapshot.createdAt.microsecondsSinceEpoch,
                updatedAt: snapshot.updatedAt.microsecondsSinceEpoch, lastSequence: snapshot.lastSequence))
        for message in snapshot.messages {
            data.append(UInt8(ascii: "\n"))
            data += try encoder.encode(
                Line(
                    sequence: message.sequence, role: message.role, content: message.content,
                    createdAt: message.createdAt.microsecondsSinceEpoch))
        }
        return data
    }

    /// A new name in a folder survives a loss of power once the folder is on the disk too; until then it may or may not.
    private func synchronizeFolder() throws {
        try Self.throwingStorageErrors(.unknown) { try Self.synchronize(url.deletingLastPathComponent()) }
    }

    private static func synchronize(_ url: URL) throws {
        let handle = try FileHandle(forReadingFrom: url)
        defer { try? handle.close() }
        try handle.synchronize()
    }

    /// Runs work on files and turns its errors, which can quote paths and text, into the library's.
    static func throwingStorageErrors<Result>(
        _ outcome: ChatStorageError.WriteOutcome, _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch let error as ChatStorageError {
            throw error
        } catch is DecodingError {
            throw ChatStorageError(.damaged, "a file has a line that this backend did not write")
        } catch let error as CocoaError where [.fileReadNoPermission, .fileWriteNoPermission].contains(error.code) {
            throw ChatStorageError(.accessDenied, "the folder's permissions refuse it")
        } catch {
            throw ChatStorageError(.unavailable, "a file could not be read or written", writeOutcome: outcome)
        }
    }
}
