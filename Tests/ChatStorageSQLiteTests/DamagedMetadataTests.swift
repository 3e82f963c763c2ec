import ChatStorageCore
import ChatStorageSQLite
import TestSupport
import Testing

/// Conversations that another program has damaged: they can be deleted all the same, and their metadata replaced.
@Suite struct DamagedMetadataTests: SQLiteSuite {
    let folder: TemporaryFolder
    private let backend: SQLiteBackend

    init() async throws {
        folder = try TemporaryFolder()
        backend = try await folder.openStore()
        for (number, labels) in ([[], ["pinned"], []] as [Set<Label>]).enumerated() {
            let text = JSONValue.string(String(repeating: "x", count: 1_000 * number))
            try await backend.append(
                [.user("one"), .user("two")], to: ConversationID("\(number)"),
                if: .create(labels: labels, metadata: ["a": text]))
        }
    }

    /// What other programs can do to the middle one, to the last, whose metadata is beside its row, or to all titles.
    static let damages = [
        "UPDATE conversations SET metadata = '{' WHERE conversation_id = '1'",
        "UPDATE conversations SET metadata = '' WHERE conversation_id = '1'",
        "DELETE FROM conversation_metadata", "UPDATE conversation_metadata SET metadata = '{\"a\":'",
        "UPDATE conversations SET title = CAST(x'ff' AS TEXT)",
    ]
    static let damagedLabels = ["UPDATE conversations SET labels = '[' WHERE conversation_id = '1'"]

    @Test(arguments: damages + damagedLabels) func aTenantIsErased(damage: String) async throws {
        try execute(damage)
        await expectError(.damaged) { try await backend.conversations() }
        let expected = DeletionCount(conversations: 3, messages: 6)
        #expect(try await backend.eraseTenant(nil, isDryRun: true) == expected)
        #expect(try await backend.eraseDefaultTenant() == expected)
        #expect(try await backend.tenants(TenantQuery()).items == [])
        try await backend.close()
    }

    @Test(arguments: damages, [nil, "pinned", "other"] as [Label?])
    func oldOnesAreDeleted(damage: String, label: Label?) async throws {
        try execute(damage)
        let labels = label.map { Set([$0]) } ?? []
        let left = label == "pinned" ? 1 : 0
        let expected = DeletionCount(conversations: 3 - left, messages: 6 - 2 * left)
        for isDryRun in [true, false] {
            let count = try await backend.deleteConversations(
                ofTenant: nil, updatedBefore: .latest, without: labels, isDryRun: isDryRun)
            #expect(count == expected)
        }
        #expect(try await backend.tenants(TenantQuery()).items.map(\.conversations) == (left == 0 ? [] : [left]))
        try await backend.close()
    }

    /// It cannot be known then which conversations the labels spare.
    @Test(arguments: damagedLabels) func labelsThatDecideAreRead(damage: String) async throws {
        try execute(damage)
        await expectError(.damaged) {
            try await backend.deleteConversations(ofTenant: nil, updatedBefore: .latest, without: ["pinned"])
        }
        await expectError(.damaged) {
            try await backend.deleteConversation(ConversationDeletion("1", without: ["pinned"]))
        }
        #expect(try await backend.deleteConversations(ofTenant: nil, updatedBefore: .latest).conversations == 3)
        try await backend.close()
    }

    @Test func anotherObjectInPlaceOfAllMendsIt() async throws {
        let long: Metadata = ["b": .string(String(repeating: "x", count: 2_000))]
        for damage in Self.damages.dropLast() {
            for metadata in [["b": 1], [:], long] as [Metadata] {
                try await backend.updateConversation("1", .metadata(.replacing(with: ["b": 1])))
                try await backend.updateConversation("2", .metadata(.replacing(with: long)))
                try execute(damage)
                let id: ConversationID = damage.hasSuffix("'1'") ? "1" : "2"
                await expectError(.damaged) {
                    try await backend.updateConversation(id, .metadata(.setting("c", to: 1)))
                }
                let changed = try await backend.updateConversation(
                    id, .metadata(.replacing(with: metadata)).read(through: 1))
                #expect(changed?.metadata == metadata && changed?.readThrough == 1)
                #expect(try await backend.conversation(id) == changed)
                #expect(try await backend.conversations().count == 3)
            }
        }
        try await backend.close()
    }
}
