import ChatStorageCore
import Foundation

/// The folder's conversations, in memory; a change is first written to its file, so that a failed write changes nothing.
struct ChatFolder: Sendable {
    /// What names a conversation; a tenant's name is compared by its bytes, as ids are, which `String` does not do.
    private struct Key: Hashable {
        let tenant: [UInt8]?
        let id: ConversationID

        init(_ id: ConversationID, in tenant: String?) {
            self.tenant = tenant.map { Array($0.utf8) }
            self.id = id
        }
    }

    private let url: URL
    private let survivesPowerLoss: Bool
    private var files: [Key: ChatFile] = [:]
    private var lastNumber = 0
    /// Each tenant's conversations in the order of the list, until one of them changes.
    private var lists: [[UInt8]?: [Conversation]] = [:]

    init(url: URL, survivesPowerLoss: Bool) {
        self.url = url
        self.survivesPowerLoss = survivesPowerLoss
    }

    mutating func load() throws {
        try ChatFile.throwingStorageErrors(.notApplied) {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            for file in try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
            where file.pathExtension == ChatFile.pathExtension {
                let file = try ChatFile(reading: file)
                files[Key(file.snapshot.id, in: file.tenant)] = file
                lastNumber = max(lastNumber, file.number)
            }
        }
    }

    func snapshot(_ id: ConversationID, in tenant: String?) -> ConversationSnapshot? {
        files[Key(id, in: tenant)]?.snapshot
    }

    mutating func insert(_ snapshot: ConversationSnapshot, in tenant: String?) throws -> ConversationSnapshot {
        let key = Key(snapshot.id, in: tenant)
        guard files[key] == nil else {
            throw ChatStorageError(.conversationExists, "a conversation of this id exists")
        }
        lastNumber += 1
        let file = ChatFile(of: snapshot, tenant: tenant, number: lastNumber, in: url)
        try file.write(survivingPowerLoss: survivesPowerLoss)
        files[key] = file
        lists[key.tenant] = nil
        return snapshot
    }

    /// Changes a conversation, which is updated now, or not earlier than before when the clock stepped back.
    mutating func update(
        _ id: ConversationID, in tenant: String?, _ change: (inout ConversationSnapshot) -> Void
    ) throws -> ConversationSnapshot? {
        let key = Key(id, in: tenant)
        guard var file = files[key] else { return nil }
        file.snapshot.updatedAt = max(file.snapshot.updatedAt, .now())
        change(&file.snapshot)
        try file.write(survivingPowerLoss: survivesPowerLoss)
        files[key] = file
        lists[key.tenant] = nil
        return file.snapshot
    }

    mutating func remove(_ id: ConversationID, in tenant: String?) throws -> Bool {
        let key = Key(id, in: tenant)
        guard let file = files[key] else { return false }
        try file.remove(survivingPowerLoss: survivesPowerLoss)
        files[key] = nil
        lists[key.tenant] = nil
        return true
    }

    /// A tenant's conversations, newest first, from the list's start or after a place in it.
    mutating func conversations(
        after place: (updatedAt: Timestamp, id: ConversationID)?, in tenant: String?
    ) -> ArraySlice<Conversation> {
        let tenant = tenant.map { Array($0.utf8) }
        let list =
            lists[tenant]
            ?? files.filter { $0.key.tenant == tenant }.map(\.value.snapshot.conversation)
            .sorted { $1.follows(($0.updatedAt, $0.id)) }
        lists[tenant] = list
        guard let place else { return list[...] }
        return list.suffix(from: list.start { $0.follows(place) })
    }
}
