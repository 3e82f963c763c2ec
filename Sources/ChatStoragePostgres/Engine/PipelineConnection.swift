import CLibPQ
import ChatStorageCore

/// A connection that serves many calls at once: libpq's functions around a ``Pipeline``.
///
/// One thread at a time uses it. `Ticket` is the caller.
class PipelineConnection<Ticket> {
    typealias TicketPipeline = Pipeline<Ticket, QueryResult>

    /// After this many bytes libpq must hand them to the network: its own buffer has no bound.
    private static var bytesBetweenFlushes: Int { 256 << 10 }
    /// A connection that has sent or received a larger value is closed after the calls under way: libpq's buffers grow
    /// to up to twice the size of a value, and never shrink.
    static var largeValue: Int { 4 << 20 }

    /// An answer that is not complete after this many reads, of up to about ten kilobytes each, is long.
    private static var readsOfLongAnswer: Int { 8 }

    private let connection: ServerConnection
    private let tables: [String]
    private var pipeline: TicketPipeline
    /// Whether libpq has bytes that the network has not taken yet.
    private(set) var wantsToWrite = false
    /// Whether libpq or the server reported that the session is over: no answer comes after that.
    private var isBroken = false
    /// Whether it has sent or received a large value.
    private(set) var hasLargeBuffers = false
    /// When the last answer came, or, if that is later, a call that found no other under way.
    private(set) var lastProgress = ContinuousClock.now
    /// How often the network was read since the last whole answer.
    private var readsOfAnswer = 0

    /// Takes over a connection.
    ///
    /// - Parameter tables: The tables that its errors may name.
    init(_ connection: ServerConnection, isBehindPooler: Bool, tables: [String]) {
        self.connection = connection
        self.tables = tables
        pipeline = TicketPipeline(isBehindPooler: isBehindPooler)
    }

    /// Behaves as behind a pooler from now on.
    func noticePooler() { pipeline.isBehindPooler = true }

    /// The socket's descriptor; libpq can only change it while it connects.
    var descriptor: Int32 { connection.descriptor }

    /// Whether another script could be sent without waiting for an answer.
    ///
    /// - Parameter statement: The script's ``Script/shareableStatement``.
    func canSendAtOnce(_ statement: PreparedSQL?) -> Bool { pipeline.canSendAtOnce(statement) }

    /// Takes a script, to be sent after those before it.
    func add(_ script: Script, for ticket: Ticket, now: ContinuousClock.Instant) {
        if pipeline.count == 0 { (lastProgress, readsOfAnswer) = (now, 0) }
        pipeline.add(script, for: ticket)
    }

    /// Hands messages to libpq, and libpq's bytes to the network as far as that takes them.
    ///
    /// - Returns: False when the connection is broken.
    func write() -> Bool {
        guard descriptor >= 0, flush() else { return false }
        var unflushed = wantsToWrite ? Self.bytesBetweenFlushes : 0
        while true {
            if unflushed >= Self.bytesBetweenFlushes {
                guard flush() else { return false }
                if wantsToWrite { return true }
                unflushed = 0
            }
            guard let message = pipeline.nextMessage() else { return flush() }
            guard send(message) else { return false }
            if case .execute(_, let step) = message {
                unflushed += step.bytes
                if step.bytes > Self.largeValue { hasLargeBuffers = true }
            }
        }
    }

    /// Whether answers may be in an encrypted record that was partly read: `poll` does not see them.
    var mayHoldUnreadBytes: Bool { pipeline.expectsReply && connection.isEncrypted }

    /// Makes libpq read what the network brought.
    ///
    /// - Returns: False when the connection is broken; what came before can still be received.
    func read() -> Bool {
        readsOfAnswer += 1
        return PQconsumeInput(connection.pointer) == 1
    }

    /// Takes the answers that libpq has read; libpq also reads while the network does not take all that it writes.
    ///
    /// - Returns: What follows, whether a Sync came (waiting calls may now be sent), and whether the connection lives.
    func receive(now: ContinuousClock.Instant) -> (actions: [TicketPipeline.Action], hasSync: Bool, isAlive: Bool) {
        guard !isBroken else { return ([], false, false) }
        var actions: [TicketPipeline.Action] = []
        var hasSync = false
        var ends = 0
        // If no call is under way, this only lets libpq read what the server sends unasked.
        while PQisBusy(connection.pointer) == 0, pipeline.expectsReply {
            let reply: TicketPipeline.Reply
            if let result = PQgetResult(connection.pointer) {
                if Self.hasLargeRow(result) { hasLargeBuffers = true }
                guard let classified = classify(result) else {
                    isBroken = true
                    return (actions, hasSync, false)
                }
                reply = classified
                if case .sync = reply { hasSync = true }
                ends = 0
                lastProgress = now
                readsOfAnswer = 0
            } else {
                // Two ends in a row: libpq has nothing more now, as before the Sync after a failed commit.
                ends += 1
                if ends > 1 { break }
                reply = .end
            }
            for action in pipeline.receive(reply) {
                if case .close = action {
                    isBroken = true
                    return (actions, hasSync, false)
                }
                actions.append(action)
            }
        }
        // Answers that libpq handed out before its last read are whole, even without their Sync.
        if isInLongAnswer { actions += pipeline.endFinished() }
        return (actions, hasSync, true)
    }

    /// How many scripts are under way.
    var count: Int { pipeline.count }

    /// How many bytes of values they have.
    var bytes: Int { pipeline.bytes }

    /// The caller of the oldest of them.
    var oldest: Ticket? { pipeline.first }

    /// Whether a long answer is coming.
    var isInLongAnswer: Bool { readsOfAnswer >= Self.readsOfLongAnswer }

    /// Calls a body with the caller of each of them.
    func forEach(_ body: (Ticket) -> Void) { pipeline.forEach(body) }

    /// Closes the connection; it must not be used afterwards.
    func finish() { connection.finish() }

    /// Gives up what is under way.
    func lost() -> [(Ticket, TicketPipeline.Loss)] {
        pipeline.lost()
    }

    private func flush() -> Bool {
        let result = PQflush(connection.pointer)
        wantsToWrite = result == 1
        return result >= 0
    }

    private func send(_ message: TicketPipeline.Message) -> Bool {
        let connection = connection.pointer
        switch message {
        case .prepare(let name, let statement):
            let types = statement.parameters.map(\.rawValue)
            return PQsendPrepare(connection, name, statement.sql, Int32(types.count), types) == 1
        case .execute(let name?, let step):
            return step.parameters().withPointers { count, values, lengths, formats in
                PQsendQueryPrepared(connection, name, count, values, lengths, formats, 1) == 1
            }
        case .execute(nil, let step):
            let types = step.statement.parameters.map(\.rawValue)
            return step.parameters().withPointers { count, values, lengths, formats in
                PQsendQueryParams(connection, step.statement.sql, count, types, values, lengths, formats, 1) == 1
            }
        case .sync:
            return PQpipelineSync(connection) == 1
        }
    }

    /// Whether a single row has made libpq's buffer large.
    private static func hasLargeRow(_ result: OpaquePointer) -> Bool {
        guard PQresultMemorySize(result) > largeValue else { return false }
        return (0..<PQntuples(result)).contains { row in
            (0..<PQnfields(result)).reduce(0) { $0 + Int(PQgetlength(result, row, $1)) } > largeValue
        }
    }

    /// What a result of libpq means; nil when the connection is broken.
    private func classify(_ result: OpaquePointer) -> TicketPipeline.Reply? {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            return .answer(QueryResult(result))
        case PGRES_PIPELINE_SYNC:
            PQclear(result)
            return .sync
        case PGRES_PIPELINE_ABORTED:
            PQclear(result)
            return .skipped
        default:
            defer { PQclear(result) }
            return ServerError(result, tables: tables).map { .refusal($0) }
        }
    }
}
