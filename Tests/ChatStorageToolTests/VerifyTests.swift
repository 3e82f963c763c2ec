import Foundation
import TestSupport
import Testing

@Suite("verify: the conformance suite on a store in use")
struct VerifyTests {
    /// Chats of the default tenant and of another one, one of them with labels and with long metadata.
    private func fill(_ store: String, by tool: Tool) async throws {
        #expect(try await tool.run("import", Tool.sample, "--store", store).status == 0)
        #expect(try await tool.run("import", Tool.sample, "--store", store, "--tenant", "theirs").status == 0)
        #expect(try await tool.run("clear", "kyoto-weekend", "--store", store, "--tenant", "theirs").status == 0)
        #expect(try await tool.run("label", "--store", store, "kyoto-weekend", "+pinned", "+trip").status == 0)
        let notes = "notes=\"\(String(repeating: "long ", count: 400))\""
        #expect(try await tool.run("meta", "--store", store, "kyoto-weekend", notes).status == 0)
    }

    @Test(
        "passes on a SQLite file that holds other data, and leaves that as it was",
        .enabled(if: try TestBackends.sqlite.isSelected()))
    func sqlite() async throws {
        let tool = try Tool()
        try await fill("sqlite:chat.db", by: tool)
        let dump = { @Sendable in try dumpOfSQLite(tool.folder.path(of: "chat.db")) }
        try await expectFullPass(of: "sqlite:chat.db", named: "sqlite:chat.db", by: tool, dump: dump)
    }

    @Test(
        "passes with the documented rights on a PostgreSQL database that holds other data, and leaves that as it was",
        .enabled(if: try TestBackends.postgres.isSelected()))
    func postgres() async throws {
        let tool = try Tool()
        var hasRun = false
        try await DocumentedPrivileges.withTables { server, privileges in
            hasRun = true
            let store = "\(server.url(of: privileges.application))&options=-csearch_path%3D\(privileges.schema)"
            try await fill(store, by: tool)
            try await expectFullPass(of: store, named: "postgres://...", by: tool) {
                try await dumpOfPostgres(server, schema: privileges.schema)
            }
        }
        #expect(hasRun, "PostgreSQL's server is not installed")
    }

    private func expectFullPass(
        of store: String, named name: String, by tool: Tool, dump: @Sendable () async throws -> [String]
    ) async throws {
        let before = try await dump()
        #expect(before.count > 60)
        let result = try await tool.run(
            "verify", "--store", store, "--report-json", "report.json", "--report-junit", "report.xml")
        // What failed comes first, in few lines: the outputs and the reports are long.
        let report = try? json(tool, "report.json")
        let checks = report?["checks"] as? [[String: Any]] ?? []
        if let problem = problem(with: checks) { Issue.record("\(problem)") }

        func expect(_ condition: Bool, _ claim: Comment, sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(condition, claim, sourceLocation: sourceLocation)
        }
        let lastErrors = result.errors.split(separator: "\n").suffix(3).joined(separator: "\n")
        expect(result.status == 0, "it ends with status 0, and not with \(result.status): \(lastErrors)")
        expect(result.output.contains("\n\(name): "), "the store is named, without a password")
        expect(result.output.contains(" 0 failed, 0 waived, 0 skipped, "), "no check fails or is left out")
        expect(
            result.output.contains(": not applicable, it needs a store of its own, and this one can hold other data"),
            "what cannot run on a store in use is named")
        expect(
            result.output.hasSuffix("This is a full pass: every check that can apply to this store has passed.\n"),
            "the last line says that it is a full pass")
        let after = try await dump()
        let changed = Set(after).symmetricDifference(before).sorted().prefix(3)
        expect(after == before, "the other data are as they were: \(changed.joined(separator: "; "))")

        let excused = checks.filter { $0["outcome"] as? String == "notApplicable" }.compactMap {
            $0["reason"] as? String
        }
        let unexpected = excused.first { reason in
            !["it needs a store of its own", "a store in use ", "the backend declares "].contains {
                reason.hasPrefix($0)
            }
        }
        expect(unexpected == nil, "no other reason excuses a check: \(unexpected ?? "")")
        expect(excused.count < checks.count / 4, "most checks apply to a store in use")

        expect(report?["fullPass"] as? Bool == true, "the JSON report is of a full pass")
        expect(report?["filtered"] as? Bool == false, "the JSON report is of the whole suite")
        // On a busy machine some checks are named while they run.
        let lines = result.errors.split(separator: "\n").count { !$0.contains(": running for ") }
        expect(!checks.isEmpty && lines == checks.count, "each of \(checks.count) checks has its line: \(lines)")
        expect(
            result.errors.contains("/\(checks.count) durability.visible-at-once: passed ("), "a line counts its check")
        let xml = try String(contentsOfFile: tool.folder.path(of: "report.xml"), encoding: .utf8)
        expect(xml.contains("<property name=\"fullPass\" value=\"true\"/>"), "the XML report is of a full pass")
    }

    /// The checks of a report that did not pass though they apply, a line each; nil if there is none.
    private func problem(with checks: [[String: Any]]) -> String? {
        let lines = checks.compactMap { check -> String? in
            let outcome = check["outcome"] as? String ?? ""
            guard !["passed", "notApplicable"].contains(outcome) else { return nil }
            let rules = (check["rules"] as? [String] ?? []).joined(separator: " ")
            let failure = (check["failures"] as? [[String: Any]])?.first
            let parts = ["expectation", "expected", "actual"].compactMap { key in
                (failure?[key] as? String).map { "\(key): \($0.prefix(300))" }
            }
            let headline = "\(check["id"] as? String ?? "") (\(rules)) \(outcome)"
            return ([headline, check["reason"] as? String].compactMap(\.self) + parts).joined(separator: "; ")
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    @Test("a store that alters what it is given fails with status 1, and is emptied all the same")
    func broken() async throws {
        let tool = try Tool()
        try await fill("chat.db", by: tool)
        let path = tool.folder.path(of: "chat.db")
        try TestSQLiteConnection(path: path).execute(
            """
            CREATE TRIGGER trims AFTER INSERT ON chat_messages BEGIN
                UPDATE chat_messages SET content = trim(content) WHERE rowid = new.rowid;
            END
            """)
        let before = try dumpOfSQLite(path)
        let result = try await tool.run(
            "verify", "--store", "chat.db", "--only", "text.content.*", "--seed", "7", "--report-json", "report.json")
        #expect(result.status == 1)
        #expect(result.output.contains("This is not a full pass: only part of the suite ran, "))
        #expect(result.output.contains("contract T5: "))
        #expect(result.output.contains("handle 1: append("))
        #expect(
            result.output.contains("seed: 7\nrun it again: \(Tool.path) verify --store chat.db --only text.content."))
        #expect(try dumpOfSQLite(path) == before)

        let checks = try #require(try json(tool, "report.json")["checks"] as? [[String: Any]])
        let failed = try #require(checks.first { $0["outcome"] as? String == "failed" })
        #expect((failed["calls"] as? [String])?.isEmpty == false)
        let words = try #require(failed["command"] as? String).split(separator: " ").map(String.init)
        let again = try await tool.run(Array(words.dropFirst()), input: Data())
        #expect(again.status == 1)
        #expect(again.output.hasPrefix("1 check on sqlite:chat.db, seed 7.\n"))
        // A store that came from the environment is named too.
        let other = try await tool.run(
            "verify", "--only", "text.content.empty", "--only", "text.content.any-text",
            environment: ["CHATSTORAGE_URL": "sqlite:chat.db"])
        #expect(other.output.contains("run it again: \(Tool.path) verify --store sqlite:chat.db --only text.content."))
    }

    @Test("what cannot be removed again is a failure, and is named")
    func unremovable() async throws {
        let tool = try Tool()
        try await fill("chat.db", by: tool)
        try TestSQLiteConnection(path: tool.folder.path(of: "chat.db")).execute(
            "CREATE TRIGGER keep BEFORE DELETE ON conversations BEGIN SELECT RAISE(IGNORE); END")
        let result = try await tool.run(
            "verify", "--store", "chat.db", "--only", "tenants.default", "--report-json", "report.json",
            "--report-junit", "report.xml")
        #expect(result.status == 1)
        #expect(result.output.contains("\nharness.removal failed on sqlite:chat.db\n"))
        #expect(result.output.hasSuffix("This is not a full pass: only part of the suite ran, 2 checks failed.\n"))
        let checks = try #require(try json(tool, "report.json")["checks"] as? [[String: Any]])
        #expect(checks.last?["id"] as? String == "harness.removal")
        #expect(checks.last?["outcome"] as? String == "failed")
        let xml = try String(contentsOfFile: tool.folder.path(of: "report.xml"), encoding: .utf8)
        #expect(xml.contains("<failure message=\"what the run wrote is removed\">"))
        #expect(
            result.errors.contains(
                "chatstorage: the run's tenants could not be removed: conversations are left in chatstorage-conf"))
    }

    @Test("an interrupted run removes what it wrote and says what it is worth", arguments: [SIGINT, SIGTERM, SIGHUP])
    func interrupted(signal: Int32) async throws {
        let tool = try Tool()
        try await fill("chat.db", by: tool)
        let path = tool.folder.path(of: "chat.db")
        let before = try dumpOfSQLite(path)
        let run = try RunningTool(
            tool, "verify", "--store", "chat.db", "--report-json", "report.json", "--report-junit", "report.xml")
        // Until a check has written something.
        while try dumpOfSQLite(path) == before { await Task.yield() }
        kill(run.processID, signal)
        let result = try await run.end()
        #expect(result.status == 128 + signal)
        #expect(result.output.contains(": skipped, the run was interrupted\n"))
        #expect(result.errors.contains("A second interrupt leaves it in the tenants chatstorage-conformance-"))
        #expect(result.output.contains("This is not a full pass: "))
        #expect(try dumpOfSQLite(path) == before)
        #expect(try json(tool, "report.json")["fullPass"] as? Bool == false)
    }

    @Test("what a killed run has left is removed by the statement of the help")
    func killed() async throws {
        let tool = try Tool()
        try await fill("chat.db", by: tool)
        let path = tool.folder.path(of: "chat.db")
        let before = try dumpOfSQLite(path)
        let run = try RunningTool(tool, "verify", "--store", "chat.db")
        while try dumpOfSQLite(path) == before { await Task.yield() }
        kill(run.processID, SIGKILL)
        _ = try await run.end()
        let help = try await tool.run("verify", "--help").output.split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        let start = try #require(help.firstIndex { $0.hasPrefix("DELETE FROM") })
        let statement = help[start...(start + 1)].joined(separator: " ")
        let connection = try TestSQLiteConnection(path: path)
        try connection.execute("PRAGMA busy_timeout = 10000")
        try connection.execute(statement)
        #expect(try dumpOfSQLite(path) == before)
    }

    @Test("a part of the suite is no full pass, whatever its result; memory has a store for each check")
    func filtered() async throws {
        let tool = try Tool()
        let result = try await tool.run(
            "verify", "--store", "memory:", "--only", "errors.not-prepared,*.isolated", "--seed", "1",
            "--report-json", "report.json", "--report-junit", "report.xml")
        #expect(result.status == 2)
        #expect(result.output.hasPrefix("3 checks on memory, seed 1.\nmemory: 3 passed, 0 failed, 0 waived, 0 skipped"))
        #expect(result.output.contains(" (a part of the suite's "))
        #expect(result.output.hasSuffix("\nThis is not a full pass: only part of the suite ran.\n"))
        let report = try json(tool, "report.json")
        #expect(report["filtered"] as? Bool == true)
        #expect(report["fullPass"] as? Bool == false)
        #expect(report["seed"] as? String == "1")
        let xml = try String(contentsOfFile: tool.folder.path(of: "report.xml"), encoding: .utf8)
        #expect(xml.contains("(a part of the suite's "))
    }

    @Test("a store is not made, unless that is asked for")
    func prepare() async throws {
        let tool = try Tool()
        let missing = try await tool.run("verify", "--only", "tenants.isolated")
        #expect(missing.status == 1)
        #expect(missing.errors == "chatstorage: there is no store at chat.db; --prepare makes one\n")
        _ = try TestSQLiteConnection(path: tool.folder.path(of: "empty.db")).execute("CREATE TABLE t (x)")
        let empty = try await tool.run("verify", "--store", "empty.db", "--only", "tenants.isolated")
        #expect(empty.status == 1)
        #expect(
            empty.errors == "chatstorage: the database has none of the library's tables; --prepare makes it ready\n")
        #expect(try await tool.run("verify", "--prepare", "--only", "tenants.isolated").status == 2)
    }

    @Test(
        "a user who cannot write is told before the checks run", .enabled(if: try TestBackends.postgres.isSelected()))
    func readOnly() async throws {
        let tool = try Tool()
        try await TestPostgres.withSchema { url, schema in
            try await TestPostgres.execute("CREATE SCHEMA \(schema)")
            let store = url + (url.contains("?") ? "&" : "?") + "options=-csearch_path%3D\(schema)"
            try await fill(store, by: tool)
            let result = try await tool.run("verify", "--store", store + "%20-cdefault_transaction_read_only%3Don")
            #expect(result.status == 1)
            #expect(result.output == "")
            #expect(result.errors.contains("the checks need to write, but the store refuses: "))
        }
    }

    @Test("the list names ids, rules and reasons; wrong options are refused")
    func options() async throws {
        let tool = try Tool()
        let list = try await tool.run("verify", "--list")
        #expect(list.status == 0)
        let lines = list.output.split(separator: "\n")
        #expect(lines.count > 120)
        #expect(lines[0].split(separator: " ") == ["ID", "RULES", "WHY"])
        #expect(lines[1].hasPrefix("harness.store.starts-empty "))
        #expect(lines[1].contains(" C5 "))
        let tenants = try await tool.run("verify", "--list", "--only", "tenants.")
        let some = tenants.output.split(separator: "\n").dropFirst()
        #expect(!some.isEmpty && some.allSatisfy { $0.hasPrefix("tenants.") })

        #expect(try await tool.run("verify", "--only", "no.such").status == 64)
        #expect(try await tool.run("verify", "--tenant", "x").status == 64)
        #expect(try await tool.run("verify", "--random-calls", "0").status == 64)
        #expect(try await tool.run("verify", "--random-calls", "-5").errors.contains("takes 1 or more"))
        #expect(try await tool.run("verify", "--seed", "-1").errors.contains("The value '-1' is invalid"))
        #expect(try await tool.run("verify", "--report-json", "-").status == 64)
        #expect(try await tool.run("verify", "--store", "other://x").status == 64)
        let folder = try await tool.run("verify", "--store", tool.folder.path)
        #expect(folder.status == 1)
        #expect(folder.errors == "chatstorage: \(tool.folder.path) is a folder and not a database file\n")
        let unwritable = try await tool.run("verify", "--store", "memory:", "--report-json", "none/report.json")
        #expect(unwritable.status == 1)
        #expect(
            unwritable.errors == "chatstorage: none/report.json: cannot be written: no such file or directory\n")
    }

    @Test("no report holds a password", .enabled(if: try TestBackends.postgres.isSelected()))
    func password() async throws {
        let tool = try Tool()
        let schema = "chatstorage_test_verify_password"
        let store = adding("password=xyzzy&options=-csearch_path%3D\(schema)", to: try await TestPostgres.url())
        try await TestPostgres.execute("CREATE SCHEMA IF NOT EXISTS \(schema)")
        let result = try await tool.run(
            "verify", "--store", store, "--prepare", "--only", "tenants.isolated", "--report-json", "report.json",
            "--report-junit", "report.xml")
        try await TestPostgres.execute("DROP SCHEMA \(schema) CASCADE")
        #expect(result.status == 2)
        let reports = try ["report.json", "report.xml"].map {
            try String(contentsOfFile: tool.folder.path(of: $0), encoding: .utf8)
        }
        #expect(reports[0].contains(#"/chatstorage verify --store \"$CHATSTORAGE_URL\" --only tenants.isolated"#))
        for text in reports + [result.output, result.errors] { #expect(!text.contains("xyzzy")) }
    }

    private func json(_ tool: Tool, _ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: tool.folder.path(of: name)))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}

/// The schema and all rows of a database file, a text each.
private func dumpOfSQLite(_ path: String) throws -> [String] {
    let connection = try TestSQLiteConnection(path: path)
    // A run that ends has the file for itself for a moment.
    try connection.execute("PRAGMA busy_timeout = 10000")
    let schema = try connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")
    let tables = [
        "conversations", "conversation_labels", "conversation_metadata", "chat_messages", "chat_roles",
        "chat_storage_schema",
    ]
    let rows = try tables.flatMap { table in
        try connection.execute("SELECT '\(table)', * FROM \(table)").map { "\($0)" }.sorted()
    }
    return schema.map { "\($0)" } + rows
}

/// The tables, constraints and all rows of a schema, a text each.
private func dumpOfPostgres(_ server: PostgresServer, schema: String) async throws -> [String] {
    var texts = try await server.execute(
        """
        SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = '\(schema)'
        UNION ALL
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = '\(schema)'::regnamespace
        ORDER BY 1, 2, 3
        """
    ).map { "\($0)" }
    for table in ["conversations", "conversation_labels", "chat_messages", "chat_storage_schema"] {
        // A row's hidden columns show whether it was written again, even with the same values.
        texts += try await server.execute(
            "SELECT ctid, xmin, t::text FROM \(schema).\(table) AS t ORDER BY t::text COLLATE \"C\""
        ).map { "\($0)" }
    }
    return texts
}
