import ChatStorageCore
import Foundation

/// The folder's conversations, in memory; a change is first written to its file: a failed write changes nothing.
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
                files[Key(file.chat.conversation.id, in: file.tenant)] = file
                lastNumber = max(lastNumber, file.number)
            }
        }
    }

    func chat(_ id: ConversationID, in tenant: String?) -> Chat? {
        files[Key(id, in: tenant)]?.chat
    }

    mutating func insert(_ chat: Chat, in tenant: String?) throws {
        let key = Key(chat.conversation.id, in: tenant)
        guard files[key] == nil else {
            throw ChatStorageError(.conversationExists, "a conversation of this id exists")
        }
        lastNumber += 1
        try write(ChatFile(of: chat, tenant: tenant, number: lastNumber, in: url), key)
    }

    /// Puts a changed conversation in the place of the one that is there.
    mutating func replace(_ chat: Chat, in tenant: String?) throws {
        let key = Key(chat.conversation.id, in: tenant)
        guard var file = files[key] else { return }
        file.chat = chat
        try write(file, key)
    }

    private mutating func write(_ file: ChatFile, _ key: Key) throws {
        try file.write(survivingPowerLoss: survivesPowerLoss)
        files[key] = file
        lists[key.tenant] = nil
    }

    mutating func remove(_ id: ConversationID, in tenant: String?) throws {
        let key = Key(id, in: tenant)
        guard let file = files[key] else { return }
        try file.remove(survivingPowerLoss: survivesPowerLoss)
        files[key] = nil
        lists[key.tenant] = nil
    }

    /// The answers under way of all tenants that were last written at a time or before.
    func unfinished(writtenBy time: Timestamp) -> [UnfinishedMessage] {
        files.values.flatMap { file in
            file.chat.messages.filter { message in
                message.writing.state == .streaming && message.writing.revisedAt ?? message.createdAt <= time
            }.map { UnfinishedMessage(tenant: file.tenant, message: file.chat.stored($0)) }
        }
    }

    /// The tenants after a name that have conversations, by the bytes of their names, the default one first.
    func tenants(after name: String?) -> [TenantSummary] {
        let chats = Dictionary(grouping: files.values) { Key("", in: $0.tenant) }.values
        return chats.map { files in
            TenantSummary(
                name: files[0].tenant, conversations: files.count,
                messages: files.reduce(0) { $0 + $1.chat.messages.count })
        }
        .sorted { ($0.name ?? "").utf8.lexicographicallyPrecedes(($1.name ?? "").utf8) }
        .filter { summary in name.map { $0.utf8.lexicographicallyPrecedes((summary.name ?? "").utf8) } ?? true }
    }

    /// A tenant's conversations, newest first, from the list's start or after a place in it.
    mutating func conversations(
        after place: (updatedAt: Timestamp, id: ConversationID)?, in tenant: String?
    ) -> ArraySlice<Conversation> {
        let tenant = tenant.map { Array($0.utf8) }
        let list =
            lists[tenant]
            ?? files.filter { $0.key.tenant == tenant }.map(\.value.chat.conversation)
            .sorted { $1.follows(($0.updatedAt, $0.id)) }
        lists[tenant] = list
        guard let place else { return list[...] }
        return list.suffix(from: list.start { $0.follows(place) })
    }
}
