import ChatStorageCore
import ChatStorageSupport
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// The thread that drives a store's connections.
///
/// Callers put requests into its inbox and suspend; it sends them, waits for the network in `poll`, and hands each
/// caller the answer. While it waits and little is under way, callers send their requests themselves, which saves
/// waking it. A caller whose short read is the only call under way first waits up to 200 microseconds without
/// suspending, if recent answers came that fast. To wake a suspended caller takes about 70 microseconds.
///
/// It starts with the first call and ends when the store is closed and no call is left.
final class EventLoop: Sendable {
    private enum Phase {
        case new, running, closing, ended
    }

    /// How soon encrypted connections are read even if `poll` sees nothing.
    private static let millisecondsUntilUnseen: Int32 = 20

    /// It wakes this long after the last call, so that callers need not wake it for their deadlines.
    private static let attention = Duration.seconds(1)

    /// How long a closing store waits for attempts to connect that it has stopped.
    ///
    /// All end at once, except during the look-up of a host's name, after which an attempt goes no further.
    private static let patience = Duration.seconds(5)

    /// State for the thread, except while it waits, and for callers that send by themselves.
    private struct Work {
        var dispatcher: Dispatcher
        /// When the thread wakes if nothing comes; nil for never.
        var sleepsUntil: ContinuousClock.Instant?
        /// When a closing store stops waiting for attempts to connect.
        var endsAt: ContinuousClock.Instant?
    }

    private struct Inbox {
        var phase = Phase.new
        var calls: BoundedQueue<Call>
        var connected: [Result<ServerConnection, ChatStorageError>] = []
        var closers: [CheckedContinuation<Void, Never>] = []
        /// The loop's counts.
        var load = Dispatcher.Load()
        var isWoken = false

        /// How many calls are not sent.
        var waitingCount: Int { calls.count + load.waiting }

        /// Notes that the loop is woken; false if it was before.
        mutating func wake() -> Bool {
            defer { isWoken = true }
            return !isWoken
        }
    }

    private let configuration: any QueueSettings
    private let observer: (any StorageObserver)?
    private let connector: Connector
    private let wakePipe: WakePipe
    private let inbox: Mutex<Inbox>
    private let work: Mutex<Work>
    /// How many callers were cancelled since their calls were last searched for.
    private let cancelled = Atomic<Int>(0)
    private let sweep = CancellationSweep()
    /// Only short reads spin, since a write waits for the disk.
    private let spin = AdaptiveSpin(longest: 200_000)
    /// Lets other tasks run: a read that spins does not suspend.
    private let yieldPolicy = YieldPolicy(callsPerLook: 4)

    init(_ configuration: any QueueSettings) throws {
        guard let wakePipe = WakePipe(), let stopPipe = WakePipe() else {
            throw ChatStorageError(.unavailable, "the process has no file descriptors left")
        }
        self.configuration = configuration
        observer = configuration.observer
        self.wakePipe = wakePipe
        connector = Connector(configuration, stopPipe: stopPipe)
        let calls = BoundedQueue<Call>(limit: configuration.waitingCalls, waitingFor: "a connection") { $0.isWanted }
        inbox = Mutex(Inbox(calls: calls))
        work = Mutex(Work(dispatcher: Dispatcher(configuration)))
    }

    /// Sends a request and waits for the answer.
    ///
    /// - Parameter meter: Measures the call that it is for.
    func run(_ request: Request, _ meter: CallMeter?) async throws -> Call.Answer {
        let timeout = ServerTimeouts.callTimeout(configuration.callTimeout, bytes: request.bytes)
        let deadline = ContinuousClock.now + timeout
        var isRefused = false
        /// When this read was sent, in nanoseconds; nil if others were under way, or if the caller has spun.
        var sentAt: Int64?
        var hasSpun = false
        do {
            let answer = try await CancellableContinuation<Call.Answer>.wait { pending in
                let call = Call(request, purpose: .caller(pending), deadline: deadline, meter: meter)
                switch send(call) {
                case .alone where request.isShortRead:
                    hasSpun = spin.wait(while: { pending.isWanted })
                    if !hasSpun { sentAt = MonotonicTime.now }
                case .alone, .besidesOthers: break
                case nil: isRefused = !handOver(call)
                }
            } onCancel: {
                cancelled.add(1, ordering: .relaxed)
            }
            if let sentAt { spin.note(nanoseconds: MonotonicTime.now - sentAt) }
            if hasSpun, yieldPolicy.isDue() { await Task.yield() }
            return answer
        } catch {
            // Otherwise callers that try again at once would take the threads from callers whose answers have come.
            if isRefused { await Task.yield() }
            throw error
        }
    }

    /// What the loop is doing; this does not wait for the loop.
    func statistics() -> StorageStatistics {
        let (waiting, load) = inbox.withLock { ($0.waitingCount, $0.load) }
        return StorageStatistics(
            waitingCalls: waiting, openConnections: load.open, busyConnections: load.busy,
            connectionLimit: configuration.connections)
    }

    /// Ends the loop once the calls under way have ended, and waits for that.
    ///
    /// It waits even when its task is cancelled: calls end at their deadlines at the latest. An answer that has come
    /// may reach its caller a moment later.
    func close() async {
        await withCheckedContinuation { continuation in
            if beginClosing(continuation) { continuation.resume() }
        }
    }

    /// Ends the loop once the calls under way have ended.
    func abandon() {
        _ = beginClosing(nil)
    }

    /// How a caller has sent its call.
    private enum Sent {
        /// No other call is under way.
        case alone
        case besidesOthers
    }

    /// Sends a call from its caller's thread.
    ///
    /// - Returns: Nil if the loop must send it.
    private func send(_ call: Call) -> Sent? {
        typealias Outcome = (sent: Sent, wakes: Bool, connects: Int, answered: [Dispatcher.Answered])
        let outcome: Outcome?? = work.withLockIfAvailable { work in
            guard work.dispatcher.hasFewCalls,
                inbox.withLock({ $0.phase == .running && $0.calls.isEmpty && $0.connected.isEmpty })
            else { return nil }
            let descriptors = work.dispatcher.connections.map(\.descriptor)
            let now = ContinuousClock.now
            work.dispatcher.add(call)
            let connects = work.dispatcher.advance(now: now)
            inbox.withLock { $0.load = work.dispatcher.load }
            // The thread need not be woken unless it must now wait for more, or for something earlier.
            let connections = work.dispatcher.connections
            let event = work.dispatcher.nextEvent(after: now)
            let isEarlier = event.map { event in work.sleepsUntil.map { event < $0 } ?? true } ?? false
            let wakes =
                isEarlier || work.dispatcher.hasObservations
                || connections.contains { $0.wantsToWrite || $0.mayHoldUnreadBytes }
                || connections.map(\.descriptor) != descriptors
            let underWay = connections.reduce(0) { $0 + $1.count }
            let isAlone = underWay == 1 && work.dispatcher.waitingCount == 0
            return (isAlone ? .alone : .besidesOthers, wakes, connects, work.dispatcher.takeAnswered())
        }
        guard let outcome = outcome ?? nil else { return nil }
        for (call, results) in outcome.answered { call.succeed(results) }
        for _ in 0..<outcome.connects { beginToConnect() }
        if outcome.wakes { wakePipe.wake() }
        return outcome.sent
    }

    /// - Returns: False when the call was refused.
    private func handOver(_ call: Call) -> Bool {
        let (error, wakes): (ChatStorageError?, Bool) = inbox.withLock { inbox in
            if case .new = inbox.phase {
                guard DetachedThread.start({ [self] in loop() }) else { return (Self.noThread, false) }
                inbox.phase = .running
            }
            let waiting = inbox.waitingCount
            do throws(QueueRefusal) {
                try inbox.calls.append(call, besides: inbox.load.waiting)
                return (nil, inbox.wake())
            } catch .closed {
                return (.closed, false)
            } catch {
                // The loop makes room by forgetting calls whose callers were cancelled.
                let makesRoom = sweep.isDue(cancelled: cancelled.load(ordering: .relaxed), waiting: waiting)
                return (ChatStorageError(error), makesRoom && inbox.wake())
            }
        }
        if wakes { wakePipe.wake() }
        guard let error else { return true }
        call.fail(call.request.isWrite ? error.beforeWriting : error)
        return false
    }

    private static let noThread = ChatStorageError(.unavailable, "the process has no threads left")

    /// - Returns: Whether the loop has ended, or never began.
    private func beginClosing(_ closer: CheckedContinuation<Void, Never>?) -> Bool {
        let hasEnded = inbox.withLock { inbox in
            switch inbox.phase {
            case .new, .ended:
                inbox.phase = .ended
                inbox.calls.close()
                return true
            case .running, .closing:
                inbox.phase = .closing
                inbox.calls.close()
                // Makes the loop search at least once, for calls that were cancelled just before it got them.
                cancelled.add(1, ordering: .relaxed)
                if let closer { inbox.closers.append(closer) }
                return false
            }
        }
        if !hasEnded { wakePipe.wake() }
        return hasEnded
    }

    /// Connects on a thread of its own: it blocks, in DNS for instance.
    private func beginToConnect() {
        let hasThread = DetachedThread.start { [self] in connected(connector.connect()) }
        if !hasThread {
            connected(.failure(Self.noThread))
        }
    }

    private func connected(_ result: Result<ServerConnection, ChatStorageError>) {
        inbox.withLock { inbox in
            // A connection that comes too late is dropped, which closes it.
            if inbox.phase != .ended { inbox.connected.append(result) }
        }
        wakePipe.wake()
    }

    private func loop() {
        var readable: [Int32] = []
        var isActive = true
        while let wait = turn(readable: readable, isActive: isActive) {
            for _ in 0..<wait.connects { beginToConnect() }
            (readable, isActive) = self.wait(wait)
        }
        end()
    }

    /// Takes a turn, and then hands out the answers that have come.
    private func turn(readable: [Int32], isActive: Bool) -> Wait? {
        let (wait, answered, observations) = work.withLock { work in
            let wait = turn(&work, readable: readable, isActive: isActive)
            return (wait, work.dispatcher.takeAnswered(), work.dispatcher.takeObservations())
        }
        for (call, results) in answered { call.succeed(results) }
        // Only this thread reports, so that reports are in order, and outside the lock.
        if let observer { for observation in observations { observation.tell(observer) } }
        return wait
    }

    /// What the thread waits for.
    private struct Wait {
        var descriptors: [pollfd]
        var timeout: Int32
        /// Connections that may hold bytes that `poll` does not see.
        let unseen: [Int32]
        /// How many connections to open.
        let connects: Int
    }

    /// Reads what came, and sends what can be sent.
    ///
    /// - Returns: What to wait for; nil if the store is closed and nothing of it is open any more.
    private func turn(_ work: inout Work, readable: [Int32], isActive: Bool) -> Wait? {
        let arrival = ContinuousClock.now
        for descriptor in readable { work.dispatcher.read(descriptor: descriptor, now: arrival) }
        let isClosing = takeInbox(&work.dispatcher)
        let now = ContinuousClock.now
        work.dispatcher.expire(now: now)
        let connects = work.dispatcher.advance(now: now)
        inbox.withLock { $0.load = work.dispatcher.load }
        if isClosing, work.dispatcher.isIdle {
            connector.stop()
            let end = work.endsAt ?? now + Self.patience
            work.endsAt = end
            guard work.dispatcher.connecting > 0, now < end else {
                work.dispatcher.disconnect()
                return nil
            }
        }
        var event = work.dispatcher.nextEvent(after: now)
        if let end = work.endsAt { event = min(event ?? end, end) }
        if isActive { event = min(event ?? now + Self.attention, now + Self.attention) }
        work.sleepsUntil = event
        var wait = Wait(
            descriptors: [pollfd(fd: wakePipe.readEnd, events: Int16(POLLIN), revents: 0)], timeout: -1,
            unseen: work.dispatcher.connections.filter(\.mayHoldUnreadBytes).map(\.descriptor), connects: connects)
        for connection in work.dispatcher.connections {
            // While bytes wait to be written, the server may be waiting for this side to read.
            let events = Int16(POLLIN) | (connection.wantsToWrite ? Int16(POLLOUT) : 0)
            wait.descriptors.append(pollfd(fd: connection.descriptor, events: events, revents: 0))
        }
        if let event {
            let milliseconds = (event - now) / .milliseconds(1)
            wait.timeout = Int32(min(max(milliseconds.rounded(.up), 0), 60_000))
        }
        if !wait.unseen.isEmpty {
            wait.timeout =
                wait.timeout < 0 ? Self.millisecondsUntilUnseen : min(wait.timeout, Self.millisecondsUntilUnseen)
        }
        return wait
    }

    /// - Returns: Whether the store is closing.
    private func takeInbox(_ dispatcher: inout Dispatcher) -> Bool {
        let cancelledBefore = cancelled.load(ordering: .relaxed)
        let (calls, connected, isClosing) = inbox.withLock { inbox in
            defer {
                inbox.isWoken = false
                inbox.connected = []
            }
            inbox.load.waiting = dispatcher.waitingCount + inbox.calls.count
            return (inbox.calls.popAll(), inbox.connected, inbox.phase == .closing)
        }
        calls.forEach { dispatcher.add($0) }
        let now = ContinuousClock.now
        for result in connected { dispatcher.connected(result, now: now) }
        if sweep.isDue(cancelled: cancelledBefore, waiting: dispatcher.waitingCount, isClosing: isClosing) {
            cancelled.subtract(cancelledBefore, ordering: .relaxed)
            dispatcher.removeUnwanted()
        }
        return isClosing
    }

    /// Resumes the callers that close the store; no call has come since they asked.
    private func end() {
        let closers = inbox.withLock { inbox in
            inbox.phase = .ended
            inbox.connected = []
            defer { inbox.closers = [] }
            return inbox.closers
        }
        for closer in closers { closer.resume() }
    }

    /// Waits for the network, for a wake or for a time.
    ///
    /// - Returns: What can be read, and whether anything came.
    private func wait(_ wait: Wait) -> (readable: [Int32], isActive: Bool) {
        var descriptors = wait.descriptors
        let count = poll(&descriptors, nfds_t(descriptors.count), wait.timeout)
        guard count >= 0 else { return ([], true) }
        if descriptors[0].revents != 0 { wakePipe.drain() }
        // The next turn of the loop writes what can be written.
        let readable = descriptors.dropFirst().filter { $0.revents & ~Int16(POLLOUT) != 0 }.map(\.fd)
        return (wait.unseen.isEmpty ? readable : Array(Set(readable + wait.unseen)), count > 0)
    }
}
