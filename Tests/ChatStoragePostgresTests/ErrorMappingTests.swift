import ChatStorageCore
import Testing

@testable import ChatStoragePostgres

/// SQLSTATEs and failed connections as the contract's codes.
@Suite struct ErrorMappingTests {
    @Test(arguments: [
        ("08006", ChatStorageError.Code.unavailable), ("53100", .unavailable), ("53300", .unavailable),
        ("57P01", .unavailable), ("57P03", .unavailable), ("57014", .unavailable), ("55P03", .unavailable),
        ("40001", .unavailable), ("58030", .unavailable), ("28P01", .accessDenied), ("28000", .accessDenied),
        ("42501", .accessDenied), ("3D000", .accessDenied), ("25006", .readOnly), ("42P01", .notPrepared),
        ("3F000", .notPrepared), ("XX001", .damaged), ("42703", .schemaMismatch), ("P0001", .schemaMismatch),
        ("22003", .damaged), ("0A000", .schemaMismatch),
    ])
    func aStateHasItsCode(sqlState: String, code: ChatStorageError.Code) {
        let error = ServerError(sqlState: sqlState, constraint: "k", table: "t").storageError(isWrite: true)
        #expect(error.code == code)
        #expect(error.cause == .init(engine: "PostgreSQL", code: sqlState, constraint: "k", table: "t"))
        #expect((error.writeOutcome == .notApplied) == error.isRetryable)
        #expect(ServerError(sqlState: sqlState).storageError(isWrite: false).writeOutcome == nil)
    }

    @Test func whatAnOperatorMustTellApartHasASentenceOfItsOwn() {
        let states = [
            "53300", "25006", "53100", "28P01", "28000", "3D000", "42501", "23505", "55P03", "57014", "57P01", "57P03",
            "42P01", "XX001", "08006", "58030", "53200", "22003",
        ]
        let messages = states.map { ServerError(sqlState: $0).storageError(isWrite: true).message }
        #expect(Set(messages).count == states.count)
    }

    @Test func ofAMessageOnlyATableOfOursIsKept() {
        for (message, table) in [
            ("permission denied for table chat_messages", "chat_messages"),
            ("keine Berechtigung für Tabelle conversations", "conversations"),
            ("must be owner of table chat_storage_schema", "chat_storage_schema"),
            ("对表 conversations 权限不够", "conversations"),
            ("droit refusé pour la table « conversations »", "conversations"),
            ("permission denied for schema chat", nil), ("permission denied for table my_conversations", nil),
            ("permission denied for table conversations2", nil), ("secret", nil), ("", nil),
        ] {
            #expect(ServerError.ownTable(in: message, among: SchemaDefinition.tables) == table)
        }
    }

    @Test("only the server's check of prepared statements makes one outdated")
    func onlyTheServersCheckOfPrepared() {
        #expect(ServerError.isOfChangedRows("0A000", function: "RevalidateCachedQuery"))
        #expect(!ServerError.isOfChangedRows("0A000", function: "transformOnConflictClause"))
        #expect(!ServerError.isOfChangedRows("0A000", function: nil))
        #expect(!ServerError.isOfChangedRows("XX000", function: "RevalidateCachedQuery"))
        #expect(!ServerError(sqlState: "0A000").isStatementOutdated)
        #expect(ServerError(sqlState: "0A000", isOfChangedRows: true).isStatementOutdated)
    }

    @Test func aRefusedConnectionIsKnownByTheStateInItsText() {
        let text = """
            connection to server at "db" (10.0.0.1), port 5432 failed: Connection refused
            \tIs the server running on that host and accepting TCP/IP connections?
            connection to server at "db" (10.0.0.2), port 5432 failed: FATAL:  28P01

            """
        let failure = ConnectFailure(text: text, password: "hunter2", needsPassword: false)
        #expect(failure.error.code == .accessDenied)
        #expect(failure.error.cause?.code == "28P01")
    }

    @Test func onlyWhatAServerSaidIsAskedForItsState() {
        #expect(ConnectFailure.isOfServer("connection to server at \"db\" (10.0.0.1), port 1 failed: FATAL:  no\n"))
        for text in [
            "connection to server at \"db\" (10.0.0.1), port 1 failed: Connection refused\n\tIs the server running?\n",
            "connection to server at \"db\" (10.0.0.1), port 1 failed: SSL error: certificate verify failed\n",
            "could not translate host name \"db\" to address: Name or service not known\n", "",
        ] {
            #expect(!ConnectFailure.isOfServer(text))
        }
    }

    @Test func aConnectionThatFailsOtherwiseIsUnavailable() {
        let text = "connection to server at \"db\", port 5432 failed: Connection refused\n"
        let failure = ConnectFailure(text: text, password: "", needsPassword: false)
        #expect(failure.error.code == .unavailable)
        #expect(failure.error.message.contains("Connection refused"))
        #expect(ConnectFailure(text: "fe_sendauth", password: "", needsPassword: true).error.code == .accessDenied)
    }

    @Test func aPasswordInTheTextHidesTheText() {
        let failure = ConnectFailure(text: "could not use \"hunter2\"", password: "hunter2", needsPassword: false)
        #expect(failure.error.code == .unavailable)
        #expect(!failure.error.description.contains("hunter2"))
    }

    @Test func attemptsToConnectComeEverLaterUpToABound() throws {
        var backoff = ConnectBackoff()
        let now = ContinuousClock.now
        #expect(backoff.allowsAttempt(now: now, underWay: 3))
        backoff.failed(now: now, jitter: 1)
        #expect(backoff.nextAttempt == now + ConnectBackoff.shortest)
        #expect(!backoff.allowsAttempt(now: now, underWay: 0))
        // Attempts that were made together with the first do not count again.
        for _ in 1...7 { backoff.failed(now: now, jitter: 1) }
        #expect(backoff.failures == 1 && backoff.nextAttempt == now + ConnectBackoff.shortest)
        var last = now
        for _ in 1...100 {
            last = try #require(backoff.nextAttempt)
            backoff.failed(now: last, jitter: 1)
        }
        let next = last + ConnectBackoff.longest
        #expect(backoff.nextAttempt == next)
        // One attempt at a time until one succeeds.
        #expect(backoff.allowsAttempt(now: next, underWay: 0) && !backoff.allowsAttempt(now: next, underWay: 1))
        backoff.succeeded()
        #expect(backoff.allowsAttempt(now: now, underWay: 1))
    }

    @Test func aWriteOfUnknownOutcomeIsNeverRepeated() {
        func call(_ request: Request) -> Call { Call(request, purpose: .session, deadline: .now) }
        let write = call(.write(.commit, to: .schema, Parameters()))
        let read = call(.read(.begin))
        guard case .failed(let error) = write.verdict(on: .unknown) else {
            Issue.record("the write would be repeated")
            return
        }
        #expect(error.code == .unavailable && error.writeOutcome == .unknown)
        guard case .again = read.verdict(on: .unknown), case .again = write.verdict(on: .notApplied(nil)),
            case .again = write.verdict(on: ServerError(sqlState: "40P01")),
            case .again = write.verdict(on: ServerError(sqlState: "25P02"))
        else {
            Issue.record("what is safe would not be repeated")
            return
        }
    }
}
