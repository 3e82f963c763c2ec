import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import TestSupport
import Testing

/// Random calls, each compared with the store in memory, which is the reference.
@Suite(.timeLimit(.minutes(5))) struct RandomCallTests {
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func everyCallAnswersAsTheReference(seed: UInt64) async throws {
        try await withBackend { backend, schema in
            let reference = InMemoryBackend()
            try await reference.prepare()
            let calls = RandomCalls(seed: seed, reference, backend)
            for call in 1...300 {
                if let difference = await calls.step() {
                    Issue.record("\(difference)")
                    return
                }
                if call % 50 == 0 {
                    #expect(try await calls.compareAll() == nil)
                    #expect(try await Self.faults(schema) == [])
                }
            }
        }
    }

    /// What is not as the library writes it.
    private static func faults(_ schema: String) async throws -> [String?] {
        let conversation = "m.tenant = c.tenant AND m.conversation_id = c.conversation_id"
        let before = """
            coalesce((SELECT max(b.sequence) FROM \(schema).chat_messages b WHERE b.tenant = m.tenant
                AND b.conversation_id = m.conversation_id AND b.sequence < m.sequence), 0)
            """
        let newest = "coalesce((SELECT max(m.sequence) FROM \(schema).chat_messages m WHERE \(conversation)), 0)"
        let rows = try await TestPostgres.execute(
            """
            SELECT 'a predecessor that is the one before ' || m.sequence FROM \(schema).chat_messages m
            WHERE m.parent = \(before)
            UNION ALL SELECT 'a predecessor that is not there ' || m.sequence FROM \(schema).chat_messages m
            WHERE m.parent <> 0 AND NOT EXISTS (SELECT FROM \(schema).chat_messages p WHERE p.tenant = m.tenant
                AND p.conversation_id = m.conversation_id AND p.sequence = m.parent AND m.parent < m.sequence)
            UNION ALL SELECT 'a head that is the newest' FROM \(schema).conversations c WHERE c.head = \(newest)
            UNION ALL SELECT 'a head that is not there' FROM \(schema).conversations c WHERE c.head <> 0
                AND NOT EXISTS (SELECT FROM \(schema).chat_messages m WHERE \(conversation) AND m.sequence = c.head)
            UNION ALL SELECT 'branched' FROM \(schema).conversations c WHERE c.is_branched <> (c.head IS NOT NULL
                OR EXISTS (SELECT FROM \(schema).chat_messages m WHERE \(conversation) AND m.parent IS NOT NULL))
            UNION ALL SELECT 'a count' FROM \(schema).conversations c WHERE c.message_count
                <> (SELECT count(*) FROM \(schema).chat_messages m WHERE \(conversation))
            UNION ALL SELECT 'a label' FROM \(schema).conversations c WHERE cardinality(coalesce(c.labels, '{}'))
                <> (SELECT count(*) FROM \(schema).conversation_labels m WHERE \(conversation)
                    AND m.updated_at = c.updated_at)
            """)
        return rows.map { $0[0] }
    }
}
