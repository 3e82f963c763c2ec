import ChatStorageCore
import Foundation

/// A conversation's file: a line about the conversation, then a line for each message.
///
/// The file's name is a number: an id of 100 emoji, however encoded, is longer than names of files can be.
struct ChatFile: Sendable {
    private struct Heading: Codable {
        /// Missing for the default tenant.
        var tenant: String?
        var conversation: Conversation
    }

    static let pathExtension = "jsonl"

    private let url: URL
    let tenant: String?
    var chat: Chat

    /// The number that is the file's name.
    var number: Int { Int(url.deletingPathExtension().lastPathComponent) ?? 0 }

    init(of chat: Chat, tenant: String?, number: Int, in folder: URL) {
        url = folder.appendingPathComponent("\(number).\(Self.pathExtension)")
        self.tenant = tenant
        self.chat = chat
    }

    init(reading url: URL) throws {
        let lines = try Data(contentsOf: url).split(separator: UInt8(ascii: "\n"))
        let decoder = JSONDecoder()
        guard let heading = try lines.first.map({ try decoder.decode(Heading.self, from: $0) }) else {
            throw ChatStorageError(.damaged, "a file is empty")
        }
        self.url = url
        tenant = heading.tenant
        chat = Chat(
            heading.conversation, try lines.dropFirst().map { try decoder.decode(Chat.Message.self, from: $0) })
    }

    /// Replaces the file by another, written and on the disk before, so that there is always a whole one.
    func write(survivingPowerLoss: Bool) throws {
        let new = url.appendingPathExtension("new")
        try Self.throwingStorageErrors(.notApplied) {
            try Self.write(encoded(), to: new, synchronized: survivingPowerLoss)
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
        var data = try encoder.encode(Heading(tenant: tenant, conversation: chat.conversation))
        for message in chat.messages {
            data.append(UInt8(ascii: "\n"))
            data += try encoder.encode(message)
        }
        return data
    }

    /// A new name in a folder survives a loss of power once the folder is on the disk too; until then it may be lost.
    private func synchronizeFolder() throws {
        try Self.throwingStorageErrors(.unknown) {
            let handle = try FileHandle(forReadingFrom: url.deletingLastPathComponent())
            defer { try? handle.close() }
            try handle.synchronize()
        }
    }

    /// Writes a file, which `Data` would always synchronise.
    private static func write(_ data: Data, to url: URL, synchronized: Bool) throws {
        guard let file = fopen(url.path, "w") else {
            throw CocoaError(errno == EACCES ? .fileWriteNoPermission : .fileWriteUnknown)
        }
        defer { fclose(file) }
        let count = data.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        guard count == data.count, fflush(file) == 0, !synchronized || fsync(fileno(file)) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
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
