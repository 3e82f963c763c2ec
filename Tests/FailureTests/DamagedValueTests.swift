import ChatStorageConformance
import ChatStorageCore
import TestSupport
import Testing

@testable import FailureWriter

/// Rows whose counts, labels, metadata or parts somebody else wrote: what no backend writes is `damaged`, what says the
/// same in other words is read as that, and nothing else of the store is affected.
@Suite("Damaged values") struct DamagedValueTests {
    private static let victim = RowDamage.victim

    @Test("counts, labels, metadata, parts", arguments: try TestedStore.Kind.selected())
    func values(kind: TestedStore.Kind) async throws {
        var figures = Figures("damaged values, \(kind.rawValue)")
        var generator = SplitMix64(seed: try SoakCount.seed)
        let damages = RowDamage.all(of: kind)
        let count = max(damages.count, try SoakCount.rows.value)
        try await kind.withStore { store in
            let backend = try await FailureWriter.open(store.url, setting: store.setting)
            try await backend.prepare()
            for index in 0..<count {
                let damage = damages[index % damages.count]
                try await backend.restoreConversation(.sample("neighbour", messages: 2))
                try await backend.restoreConversation(RowDamage.snapshot)
                let before = await Self.replies(on: backend)
                try await store.execute(damage.sql)
                figures.faults += 1
                figures.add(Self.compare(await Self.replies(on: backend), with: before, after: damage))
                let call = Self.writes[Int.random(in: Self.writes.indices, using: &generator)]
                figures.add(await Self.expectSound(call, after: damage, on: backend))
                #expect(
                    try await backend.messages(of: "neighbour").map(\.content) == ["message 1", "message 2"],
                    "\(damage); \(call)")
                try await store.execute("DELETE FROM conversation_labels; DELETE FROM conversations")
            }
            try await backend.close()
        }
        figures.report()
    }

    /// What reads each kind of row.
    private static let reads: [(place: RowDamage.Place?, call: StorageCall)] = [
        (.conversation, .conversation(victim)),
        (.conversation, .getOrCreateConversation(victim, title: nil)),
        (.conversation, .conversations(after: nil, limit: 10)),
        (.conversation, .conversations(ConversationQuery(limit: 10, preview: 5))),
        (.conversation, .conversations(ConversationQuery(limit: 10, with: ["two"]))),
        (.label, .conversations(ConversationQuery(limit: 10, with: ["one"], without: ["x"], preview: 5))),
        (.message, .messages(of: victim, limit: 10)),
        (.message, .messages(of: victim, .after(1), limit: 1)),
        (.message, .messages(MessageQuery(of: victim, .sequences([1, 2, 3])))),
        (.message, .messages(MessageQuery(of: victim, .keys(["key 2"])))),
        (nil, .messages(MessageQuery(of: victim, .sequences([1, 3])))),
        (nil, .messages(of: "neighbour", limit: 10)),
        (nil, .conversation("neighbour")),
    ]

    /// Calls that change what is damaged, beside those of every operation.
    private static let writes: [StorageCall] =
        StorageCall.ofEveryOperation(on: victim) + [
            .append(RowDamage.snapshot.messages.map(\.body), to: victim),
            .append([RowDamage.snapshot.messages[1].body], to: victim, if: .exists),
            .reviseMessage(MessageRevision(of: victim, 2, metadata: .setting("more", to: 1))),
            .reviseMessage(MessageRevision(of: victim, 2, metadata: .removing("rating"))),
            .updateConversation(victim, .adding(label: "three").removing(label: "one")),
            .updateConversation(victim, .metadata(.setting("b", to: 1))),
            .updateConversation(victim, .metadata(.replacing(with: [:]))),
            .updateConversation(victim, .read(through: .max)), .updateConversation(victim, .unread(from: 1)),
            .append(NewMessages([.user("all is read")], to: victim, marksRead: true)),
            .deleteConversation(ConversationDeletion(victim, without: ["one"])),
        ]

    private static func replies(on backend: any ChatStorageBackend) async -> [CallOutcome] {
        var replies: [CallOutcome] = []
        for (_, call) in reads { replies.append(await CallOutcome(of: call, on: backend.defaultTenant)) }
        return replies
    }

    /// - Returns: How many calls returned.
    private static func compare(
        _ after: [CallOutcome], with before: [CallOutcome], after damage: RowDamage
    ) -> Int {
        var returned = 0
        for (index, (place, call)) in reads.enumerated() {
            let isHit = place == damage.place || (place == .label && damage.place == .conversation)
            switch isHit ? damage.answer : .same {
            case .damaged:
                #expect(
                    after[index] == .threw(.damaged) || (damage.hidesLabels && isWithoutVictim(call, after[index])),
                    "\(damage); \(call)")
            case .same: #expect(after[index] == before[index], "\(damage); \(call)")
            case .asStored:
                guard case .returned(let reply) = after[index], reply.isSound else {
                    Issue.record("\(damage); \(call): \(after[index])")
                    continue
                }
            case .unchecked:
                guard case .returned = after[index] else {
                    Issue.record("\(damage); \(call): \(after[index])")
                    continue
                }
            }
            if case .returned = after[index] { returned += 1 }
        }
        return returned
    }

    /// Whether a list by labels has passed over the conversation.
    private static func isWithoutVictim(_ call: StorageCall, _ outcome: CallOutcome) -> Bool {
        guard case .conversations(let query) = call, !query.with.isEmpty,
            case .returned(.conversations(let page)) = outcome
        else { return false }
        return page.items.allSatisfy { $0.id != victim }
    }

    /// The codes that a call on a damaged row can fail with; all but `damaged` also occur on a sound row.
    private static let codes: Set<ChatStorageError.Code> = [
        .damaged, .conversationExists, .conflict, .idempotencyMismatch, .messageNotFound, .tooManyLabels,
        .metadataTooLarge,
    ]

    /// - Returns: How many calls returned.
    private static func expectSound(
        _ call: StorageCall, after damage: RowDamage, on backend: any ChatStorageBackend
    ) async -> Int {
        switch await CallOutcome(of: call, on: backend.defaultTenant) {
        case .returned(let reply):
            if case .unchecked = damage.answer { return 1 }
            #expect(reply.isSound, "\(damage); \(call): \(reply)")
            return 1
        case .threw(let code):
            #expect(codes.contains(code), "\(damage); \(call)")
        case .threwOther(let error):
            Issue.record("\(damage); \(call): \(error)")
        }
        return 0
    }
}
