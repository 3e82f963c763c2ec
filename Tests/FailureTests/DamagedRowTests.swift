import ChatStorageConformance
import ChatStorageCore
import TestSupport
import Testing

@testable import FailureWriter

/// Rows that somebody else wrote, with values at the ends of what the engine can hold: every call returns or says
/// `damaged`, and no arithmetic on them ends the process.
@Suite("Damaged rows") struct DamagedRowTests {
    private static let numbers = ["-9223372036854775808", "-1", "0", "9223372036854775807"]
    private static let times = ["'-infinity'", "'infinity'", "'4713-01-01 BC'", "'294276-12-31'"]
    private static let texts = ["''", "'é\u{301}'", "'null'"]

    @Test("values at the ends of their types", arguments: try TestedStore.Kind.selected())
    func extremes(kind: TestedStore.Kind) async throws {
        var figures = Figures("damaged rows, \(kind.rawValue)")
        let victim = ConversationID("victim")
        let snapshot = ConversationSnapshot.sample(victim, title: "title", messages: 3)
        let calls = StorageCall.ofEveryOperation(on: victim) + Self.keyedCalls(on: victim)
        var generator = SplitMix64(seed: try SoakCount.seed)
        let cases = Self.damages(of: kind).flatMap { damage in calls.map { (damage, $0) } }.shuffled(using: &generator)
        let count = try SoakCount.rows.value
        try await kind.withStore { store in
            let backend = try await FailureWriter.open(store.url, setting: store.setting)
            try await backend.prepare()
            for (damage, call) in cases.prefix(count) {
                try await backend.restoreConversation(.sample("neighbour", messages: 2))
                try await backend.restoreConversation(snapshot)
                try await store.execute(damage)
                figures.faults += 1
                do {
                    let reply = try await call.perform(on: backend.defaultTenant)
                    #expect(reply.isSound, "\(damage); \(call): \(reply)")
                    figures.add(1)
                } catch let error as ChatStorageError {
                    #expect(Self.codes.contains(error.code), "\(damage); \(call): \(error)")
                }
                let neighbour = try await backend.messages(of: "neighbour").map(\.content)
                #expect(neighbour == ["message 1", "message 2"], "\(damage); \(call)")
                try await store.execute("DELETE FROM conversations")
            }
            try await backend.close()
        }
        figures.report()
    }

    /// The codes that calls on a damaged row can fail with; all but `damaged` also occur on a sound row.
    private static let codes: Set<ChatStorageError.Code> = [
        .damaged, .conversationExists, .conflict, .idempotencyMismatch, .messageNotFound,
    ]

    private static func keyedCalls(on id: ConversationID) -> [StorageCall] {
        let keyed = [ChatMessage.user("one", key: "key"), .user("two", key: "other")]
        return [.append(keyed, to: id, if: .createIfMissing), .append(keyed, to: id, if: .exists)]
    }

    private static func damages(of kind: TestedStore.Kind) -> [String] {
        let isPostgres = kind == .postgres
        let (times, suffix) = isPostgres ? (times, "") : (numbers, "_us")
        // PostgreSQL lets no text in that is not UTF-8 or has U+0000.
        let texts = texts + (isPostgres ? [] : ["CAST(x'ff' AS TEXT)", "CAST(x'610062' AS TEXT)"])
        let conversation = [
            ("last_sequence", numbers), ("created_at\(suffix)", times), ("updated_at\(suffix)", times),
            ("title", texts),
        ]
        // A program that does not enforce foreign keys can have written any role's number.
        let roles = isPostgres ? [] : [("role", ["9"] + numbers)]
        let unconstrained = isPostgres ? "" : "PRAGMA foreign_keys = OFF; "
        let ofVictim =
            isPostgres
            ? "conversation_id = 'victim'"
            : "conversation = (SELECT conversation FROM conversations WHERE conversation_id = 'victim')"
        let message =
            [
                ("sequence", numbers), ("created_at\(suffix)", times), ("content", texts),
                ("message_key", texts + ["'key'"]),
            ] + roles
        func updates(_ table: String, _ damages: [(String, [String])], _ row: String) -> [String] {
            damages.flatMap { column, values in
                values.map { value in
                    "\(unconstrained)UPDATE \(table) SET \(column) = \(value) WHERE \(ofVictim)\(row)"
                }
            }
        }
        return updates("conversations", conversation, "") + updates("chat_messages", message, " AND sequence = 2")
    }
}
