import ChatStorageCore
import ChatStorageSupport

/// A call that waits for the writer, whatever it returns.
protocol WriteCall: AnyObject, Sendable {
    /// About how many bytes it writes.
    var bytes: Int { get }
    /// Whether its caller still waits.
    var isWanted: Bool { get }
    /// Measures it, if there is an observer.
    var meter: CallMeter? { get }
    /// Whether the work is still wanted; true is a promise to do it.
    func begin() -> Bool
    /// Does the work inside a transaction and keeps what it returns. Can be repeated after a rollback.
    func attempt(_ database: Database) throws
    /// Answers with what the last attempt returned, once it is committed.
    func succeed()
    /// Answers with an error.
    func fail(_ error: any Error)
}

/// A call whose work returns a `Result`.
///
/// `@unchecked Sendable`: `outcome` is touched by the writer's thread only.
final class Write<Result: Sendable>: WriteCall, @unchecked Sendable {
    private let call: CancellableContinuation<Result>
    private let body: @Sendable (Database) throws -> Result
    private var outcome: Result?
    let bytes: Int
    let meter: CallMeter?

    init(
        call: CancellableContinuation<Result>, meter: CallMeter?, bytes: Int,
        body: @escaping @Sendable (Database) throws -> Result
    ) {
        self.call = call
        self.meter = meter
        self.bytes = bytes
        self.body = body
    }

    var isWanted: Bool { call.isWanted }

    func begin() -> Bool {
        call.begin()
    }

    func attempt(_ database: Database) throws {
        outcome = try body(database)
    }

    func succeed() {
        guard let outcome else {
            call.end(.failure(ChatStorageError(.damaged, "a committed call has no result")))
            return
        }
        call.end(.success(outcome))
    }

    func fail(_ error: any Error) {
        call.end(.failure((error as? SQLiteFailure)?.error(writeOutcome: .notApplied) ?? error))
    }
}
