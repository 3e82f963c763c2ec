import ChatStorageCore
import Foundation
import Testing

/// What errors say.
@Suite struct ChatStorageErrorTests {
    private static let codes: [(ChatStorageError.Code, String, String)] = [
        (.invalidArgument, "invalidArgument", "invalid_argument"), (.invalidRole, "invalidRole", "invalid_role"),
        (.invalidCursor, "invalidCursor", "invalid_cursor"),
        (.conversationExists, "conversationExists", "conversation_exists"),
        (.conversationNotFound, "conversationNotFound", "conversation_not_found"),
        (.messageNotFound, "messageNotFound", "message_not_found"), (.conflict, "conflict", "conflict"),
        (.idempotencyMismatch, "idempotencyMismatch", "idempotency_mismatch"),
        (.unavailable, "unavailable", "unavailable"), (.accessDenied, "accessDenied", "access_denied"),
        (.readOnly, "readOnly", "read_only"), (.damaged, "damaged", "damaged"),
        (.notPrepared, "notPrepared", "not_prepared"), (.schemaTooNew, "schemaTooNew", "schema_too_new"),
        (.schemaMismatch, "schemaMismatch", "schema_mismatch"), (.closed, "closed", "closed"),
        (.tooManyLabels, "tooManyLabels", "too_many_labels"),
        (.metadataTooLarge, "metadataTooLarge", "metadata_too_large"),
    ]

    @Test func theMessageIsWhatAnAppShows() {
        let error: any Error = ChatStorageError(.unavailable, "the disk is full", writeOutcome: .notApplied)
        #expect(error.localizedDescription == "the disk is full")
    }

    @Test func codesHaveNamesOfBothKinds() {
        for (code, name, snakeCaseName) in Self.codes {
            #expect(code.description == name)
            #expect(code.snakeCaseName == snakeCaseName)
        }
        #expect(Set(Self.codes.map(\.0)).count == Self.codes.count)
    }

    @Test func onlyWhatMayPassCanBeTriedAgain() {
        let retryable = Self.codes.map(\.0).filter { ChatStorageError($0, "x").isRetryable }
        #expect(Set(retryable) == [.unavailable, .readOnly])
    }

    @Test func theDescriptionHasAllParts() {
        #expect(ChatStorageError(.closed, "the storage is closed").description == "closed: the storage is closed")
        let cause = ChatStorageError.Cause(engine: "PostgreSQL", code: "57014")
        #expect(
            ChatStorageError(.unavailable, "late", writeOutcome: .notApplied, cause: cause).description
                == "unavailable: late (not applied) [PostgreSQL 57014]")
        let constraint = ChatStorageError.Cause(engine: "SQLite", code: "275", constraint: "role", table: "messages")
        #expect(
            ChatStorageError(.unavailable, "lost", writeOutcome: .unknown, cause: constraint).description
                == "unavailable: lost (outcome unknown) [SQLite 275, constraint role, table messages]")
    }
}
