/// The damages of rows in an engine's language.
struct RowDamages {
    let isPostgres: Bool

    private func update(
        _ table: String, _ column: String, to value: String, _ answer: RowDamage.Answer,
        at place: RowDamage.Place, where more: String = ""
    ) -> RowDamage {
        let victim =
            isPostgres
            ? "conversation_id = 'victim'"
            : "conversation = (SELECT conversation FROM conversations WHERE conversation_id = 'victim')"
        return RowDamage(
            place: place, answer: answer,
            sql: "\(isPostgres ? "" : "PRAGMA foreign_keys = OFF; ")"
                + "UPDATE \(table) SET \(column) = \(value) WHERE \(victim)\(more)")
    }

    func conversation(_ column: String, _ value: String, _ answer: RowDamage.Answer) -> RowDamage {
        update("conversations", column, to: value, answer, at: .conversation)
    }

    func message(_ column: String, _ value: String, _ answer: RowDamage.Answer) -> RowDamage {
        update("chat_messages", column, to: value, answer, at: .message, where: " AND sequence = 2")
    }

    func repeated(_ text: String, _ count: Int) -> String {
        isPostgres ? "repeat('\(text)', \(count))" : "replace(hex(zeroblob(\(count))), '00', '\(text)')"
    }

    /// Texts that SQLite keeps and PostgreSQL refuses.
    var noTexts: [String] { isPostgres ? [] : ["CAST(x'ff' AS TEXT)", "CAST(x'7b007d' AS TEXT)"] }

    // MARK: Counts

    /// A conversation of three messages cannot have more, nor fewer than none.
    var counts: [RowDamage] {
        [isPostgres ? "message_count" : "removed_count", "read_through", "cleared_through"].flatMap { column in
            ["-9223372036854775808", "-1", "4", "9223372036854775807"].map { conversation(column, $0, .damaged) }
                + [conversation(column, "0", .asStored), conversation(column, "3", .asStored)]
        }
    }

    // MARK: Labels

    var labels: [RowDamage] {
        let damaged: [String]
        let same: [String]
        let stored: [String]
        if isPostgres {
            damaged = ["'{NULL}'", "'{one,NULL}'", "ARRAY[ARRAY['one'],ARRAY['two']]", "'[5:6]={one,two}'"]
            same = ["'{two,one}'", "'{one,one,two}'"]
            stored = [
                "'{two,\"\"}'", "'{}'", "NULL",
                "(SELECT array_agg(i::text) || ARRAY['two'] FROM generate_series(1, 40) i)",
            ]
        } else {
            damaged =
                [
                    "''", "'null'", "'{}'", "'1'", "'['", "'[1]'", #"'["one",null]'"#, #"'["one","two"]x'"#,
                    #"'["\ud800"]'"#, #"'["two","a\u0000"]'"#,
                ]
                + noTexts + ["\(repeated("[", 100_000)) || \(repeated("]", 100_000))"]
            same = [#"'["two","one"]'"#, #"'["one","one","two"]'"#, #"' [ "\u006fne" , "two" ] '"#]
            stored = [#"'["two",""]'"#, "'[]'", "NULL"]
        }
        return damaged.map { conversation("labels", $0, .damaged) } + same.map { conversation("labels", $0, .same) }
            + stored.map { conversation("labels", $0, .asStored) }
    }

    /// The rows by which a label's conversations are found, which repeat what the conversations' rows say.
    var listedLabels: [RowDamage] {
        let one = " AND label = 'one'"
        func label(_ column: String, _ value: String, _ answer: RowDamage.Answer) -> RowDamage {
            update("conversation_labels", column, to: value, answer, at: .label, where: one)
        }
        let moved =
            isPostgres ? ("updated_at", "'infinity'", "'1999-01-01'") : ("updated_at_us", "1", "9223372036854775806")
        return [
            label(moved.0, moved.1, .damaged), label(moved.0, moved.2, .damaged),
            label("label", "'stranger'", .asStored), label("label", "''", .asStored),
            label("tenant", "'stranger'", .asStored),
        ].filter { !isPostgres || !$0.sql.contains("SET tenant") }
            + (isPostgres
                ? []
                : [
                    label("conversation_id", "'neighbour'", .asStored), label("conversation", "999", .asStored),
                    label(
                        "conversation",
                        "(SELECT conversation FROM conversations WHERE conversation_id = 'neighbour')", .asStored),
                ])
    }
}
