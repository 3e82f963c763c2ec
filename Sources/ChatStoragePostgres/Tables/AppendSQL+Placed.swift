import ChatStorageCore

/// The statements of appends that name a place, do not move the head, or go to a conversation whose head is not the
/// newest message.
///
/// There are three in one transaction: the first creates the conversation if it may, the second locks its row, and the
/// third reads the messages and adds the new ones. Its snapshot begins under the lock: a statement that waited for the
/// lock itself would see older messages.
extension AppendSQL {
    /// Creates the conversation if it is not there, with its first values.
    var creation: PreparedSQL {
        let first = ConditionalAppend.first
        return names.statement(
            "create_for_append", [.text, .text] + first.types,
            """
            WITH c AS (
                INSERT INTO \(names.conversations)
                    (tenant, conversation_id, created_at, updated_at, last_sequence, \(first.names))
                VALUES ($1, $2, now(), now(), 0, \(first.parameters(from: 3)))
                ON CONFLICT (tenant, conversation_id) DO NOTHING
                RETURNING tenant, conversation_id, updated_at, labels)
            \(labels.listing)
            """)
    }

    /// Adds messages of any form at their place, to a conversation with or without labels, at a version or at any.
    var placedAppend: PreparedSQL {
        let columns = ConditionalAppend.placed
        let shape = MessageTable.full
        func parameter(_ name: String) -> String { columns.parameter(name, from: Self.first + shape.count) }
        let (after, replaced) = (parameter("after"), parameter("instead_of"))
        let (movesHead, createdAt) = (parameter("moves_head"), parameter("created_at"))
        let branches = BranchSQL(names: names)
        let parent = "CASE WHEN added.number = 1 THEN c.parent END"
        return names.statement(
            "placed_append", [.text, .text] + shape.types + columns.types,
            """
            WITH \(found(shape)),
            place AS (
                SELECT v.last_sequence, v.created_at, v.message_count, v.cleared_through, v.labels, v.head, n.newest,
                    CASE WHEN \(after) = 0 THEN 0 WHEN \(after) IS NOT NULL
                            THEN (SELECT f.sequence FROM \(branches.message(after)) AS f)
                        WHEN \(replaced) IS NOT NULL
                            THEN (SELECT \(branches.predecessor(of: "f")) FROM \(branches.message(replaced)) AS f)
                        ELSE coalesce(v.head, n.newest) END AS predecessor
                FROM \(names.conversations) AS v CROSS JOIN (SELECT coalesce(\(branches.newest), 0) AS newest) AS n
                WHERE \(names.messages(of: "v"))),
            c AS (
                UPDATE \(names.conversations) AS v
                SET last_sequence = v.last_sequence + \(Self.count), message_count = v.message_count + \(Self.count),
                    updated_at = greatest(now(), v.updated_at),
                    read_through = CASE WHEN \(parameter("marks_read")) THEN v.last_sequence + \(Self.count)
                        ELSE v.read_through END,
                    head = CASE WHEN NOT \(movesHead) THEN coalesce(place.head, place.newest) END,
                    is_branched = NOT \(movesHead) OR place.predecessor <> place.newest OR \(branches.hasJumps)
                FROM place
                WHERE \(names.messages(of: "v")) AND place.predecessor IS NOT NULL AND \(Self.isNew)
                    AND \(BranchSQL.isAsLooked("v", "place"))
                    AND (\(createdAt) IS NULL OR v.created_at = \(createdAt)
                        AND v.last_sequence = \(parameter("last_sequence"))
                        AND v.cleared_through = \(parameter("cleared_through"))
                        AND v.head IS NOT DISTINCT FROM \(parameter("head")))
                RETURNING v.tenant, v.conversation_id, v.created_at, v.updated_at, v.last_sequence, v.cleared_through,
                    v.labels, v.head, nullif(place.predecessor, place.newest) AS parent),
            l AS (\(labels.listing)),
            added AS (
                \(insertion(of: shape, more: [("parent", parent)] + writing(parameter("is_streaming"))))
                RETURNING sequence, created_at, parent)
            \(AppendLook.found)
            UNION ALL \(AppendLook.added(parent: "parent"))
            UNION ALL \(AppendLook.after(hasLabels: "labels IS NOT NULL", head: "head"))
            UNION ALL \(AppendLook.before(from: "place", hasPlace: "predecessor IS NOT NULL"))
            """)
    }
}
