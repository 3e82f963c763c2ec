import CLibPQ
import ChatStorageCore

/// A connection that serves many calls at once: libpq's functions around a ``Pipeline``.
///
/// One thread at a time uses it.
final class PipelineConnection {
    typealias CallPipeline = Pipeline<Call, QueryResult>

    /// How much is under way on a connection at most.
    struct Limits {
        let calls: Int
        let bytes: Int
    }

    /// So many bytes go to libpq before it is asked whether the network took them: libpq's own buffer has no bound.
    private static let bytesBetweenFlushes = 256 << 10
    /// A connection without progress for so long gets no more calls: one that waits for a lock must not hold up others.
    static let stallTime = Duration.milliseconds(250)
    /// After this many reads, of up to some ten kilobytes each, without a whole answer a connection gets no more calls.
    private static let readsOfLongAnswer = 8

    /// A connection that has sent or received a larger value is closed after the calls under way: libpq's buffers grow
    /// with what goes through them, to up to twice its size, and never shrink.
    static let largeValue = 4 << 20

    private let connection: ServerConnection
    private var pipeline: CallPipeline
    private(set) var load = ConnectionLoad()
    /// Whether the session is set up, so that it can take calls.
    var isReady = false
    /// Whether the session has the library's settings, its timeouts among them.
    var isSetUp = false
    /// Whether it takes no more calls and is closed after those under way.
    var isRetiring = false
    /// Whether libpq has bytes that the network did not take yet.
    private(set) var wantsToWrite = false
    /// Whether libpq or the server reported that the session is over: no answer comes after that.
    private var isBroken = false
    private var hasLargeBuffers = false
    private var lastProgress = ContinuousClock.now
    /// How often the network was read since the last whole answer.
    private var readsOfAnswer = 0

    init(_ connection: ServerConnection, isBehindPooler: Bool) {
        self.connection = connection
        pipeline = CallPipeline(isBehindPooler: isBehindPooler)
    }

    /// Behaves as behind a pooler from now on.
    func noticePooler() { pipeline.isBehindPooler = true }

    /// The socket's descriptor; libpq can only change it while it connects.
    var descriptor: Int32 { connection.descriptor }

    /// Whether it takes another call.
    ///
    /// - Parameter statement: The call's ``Request/shareableStatement``.
    func accepts(_ bytes: Int, _ statement: PreparedSQL?, now: ContinuousClock.Instant, limits: Limits) -> Bool {
        guard isReady, !isRetiring, pipeline.count < limits.calls, pipeline.canSendAtOnce(statement) else {
            return false
        }
        guard pipeline.count > 0 else { return true }
        return pipeline.bytes + bytes <= limits.bytes && now - lastProgress < Self.stallTime
            && readsOfAnswer < Self.readsOfLongAnswer
    }

    func add(_ call: Call, now: ContinuousClock.Instant) {
        if pipeline.count == 0 { (lastProgress, readsOfAnswer) = (now, 0) }
        load.add(call.lane)
        pipeline.add(call.requestToSend, for: call)
    }

    /// Hands messages to libpq and libpq's bytes to the network, as far as it takes them.
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

    /// Whether answers may lie in an encrypted record that was read in part: `poll` does not see them.
    var mayHoldUnreadBytes: Bool { pipeline.expectsReply && connection.isEncrypted }

    /// Has libpq read what the network brought.
    ///
    /// - Returns: False when the connection is broken; what came before can still be received.
    func read() -> Bool {
        readsOfAnswer += 1
        return PQconsumeInput(connection.pointer) == 1
    }

    /// Takes the answers that libpq has read; it also reads while the network does not take all that it writes.
    ///
    /// - Returns: What follows, whether a Sync came (waiting calls may now be sent), and whether the connection lives.
    func receive(now: ContinuousClock.Instant) -> (actions: [CallPipeline.Action], hasSync: Bool, isAlive: Bool) {
        guard !isBroken else { return ([], false, false) }
        var actions: [CallPipeline.Action] = []
        var hasSync = false
        var ends = 0
        // Without a call under way this only has libpq read what the server sends unasked.
        while PQisBusy(connection.pointer) == 0, pipeline.expectsReply {
            let reply: CallPipeline.Reply
            if let result = PQgetResult(connection.pointer) {
                if Self.hasLargeRow(result) { hasLargeBuffers = true }
                guard let classified = Self.reply(result) else {
                    isBroken = true
                    return (actions, hasSync, false)
                }
                reply = classified
                if case .sync = reply { hasSync = true }
                ends = 0
                lastProgress = now
                readsOfAnswer = 0
            } else {
                // Two ends in a row: libpq has nothing at present, as before the Sync after a failed commit.
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
        // Answers that libpq handed out before it last read are whole, with or without their Sync.
        if readsOfAnswer >= Self.readsOfLongAnswer { actions += pipeline.endFinished() }
        return (actions, hasSync, true)
    }

    /// How many calls are under way.
    var count: Int { pipeline.count }

    /// When it is given up if no answer comes before; nil when no call is under way.
    ///
    /// That is the deadline of the call that the server works on. Later ones may have waited before they were sent, so
    /// their deadlines say nothing about the connection. Neither does one that passes while answers come.
    var givenUpAt: ContinuousClock.Instant? {
        // Twice, since a brief wait for a lock takes as long as a stall.
        pipeline.first.map { max($0.deadline, lastProgress + Self.stallTime * 2) }
    }

    /// Calls a body with each call under way.
    func forEach(_ body: (Call) -> Void) { pipeline.forEach(body) }

    /// Takes note that a call was answered.
    func ended(_ call: Call) {
        load.add(call.lane, -1)
        if hasLargeBuffers { isRetiring = true }
    }

    /// Closes the connection; nobody uses it afterwards.
    func finish() { connection.finish() }

    /// Gives up the calls under way.
    func lost() -> [(Call, CallPipeline.Loss)] {
        pipeline.lost()
    }

    private func flush() -> Bool {
        let result = PQflush(connection.pointer)
        wantsToWrite = result == 1
        return result >= 0
    }

    private func send(_ message: CallPipeline.Message) -> Bool {
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

    /// What a result of libpq means; nil when it tells that the connection is broken.
    private static func reply(_ result: OpaquePointer) -> CallPipeline.Reply? {
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
            return ServerError(result).map { .refusal($0) }
        }
    }
}
