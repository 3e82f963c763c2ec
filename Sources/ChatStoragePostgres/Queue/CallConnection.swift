/// A connection and the calls that it carries.
final class CallConnection: PipelineConnection<Call> {
    typealias CallPipeline = Pipeline<Call, QueryResult>

    /// How much may be under way on a connection.
    struct Limits {
        let calls: Int
        let bytes: Int
    }

    /// A connection without progress for this long gets no more calls: one that waits for a lock must not hold up
    /// others.
    static let stallTime = Duration.milliseconds(250)

    private(set) var load = ConnectionLoad()
    /// Whether the session is set up, so that it can take calls.
    var isReady = false
    /// Whether the session has the library's settings, its timeouts among them.
    var isSetUp = false
    /// Whether it must be kept, however large libpq's buffers have become, since it is the only one of its kind.
    var isKept = false
    /// Whether it takes no more calls and is closed after those under way.
    var isRetiring = false

    /// Whether it takes another call.
    ///
    /// - Parameter statement: The call's ``Script/shareableStatement``.
    func accepts(_ bytes: Int, _ statement: PreparedSQL?, now: ContinuousClock.Instant, limits: Limits) -> Bool {
        guard isReady, !isRetiring, count < limits.calls, canSendAtOnce(statement) else { return false }
        guard count > 0 else { return true }
        return self.bytes + bytes <= limits.bytes && now - lastProgress < Self.stallTime && !isInLongAnswer
    }

    func add(_ call: Call, now: ContinuousClock.Instant) {
        load.add(call.lane)
        add(call.scriptToSend, for: call, now: now)
    }

    /// Notes that a call was answered.
    func ended(_ call: Call) {
        load.add(call.lane, -1)
        if hasLargeBuffers, !isKept { isRetiring = true }
    }

    /// When it is given up if no answer comes before; nil if no call is under way.
    ///
    /// That is the deadline of the call that the server works on. Later ones may have waited before they were sent, so
    /// their deadlines say nothing about the connection. Neither does one that passes while answers come.
    var givenUpAt: ContinuousClock.Instant? {
        // Twice the stall time, since a brief wait for a lock takes as long as a stall.
        oldest.map { max($0.deadline, lastProgress + Self.stallTime * 2) }
    }
}
