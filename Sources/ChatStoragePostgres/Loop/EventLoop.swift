import ChatStorageCore
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
/// caller the answer. It starts with the first call and ends when the store is closed and no call is left.
final class EventLoop: Sendable {
    private enum Phase {
        case new, running, closing, ended
    }

    /// How soon encrypted connections are read although `poll` sees nothing.
    private static let millisecondsUntilUnseen: Int32 = 20

    private struct Inbox {
        var phase = Phase.new
        var calls: [Call] = []
        var connected: [Result<ServerConnection, ChatStorageError>] = []
        var closers: [CheckedContinuation<Void, Never>] = []
        /// How many calls the loop holds that are not sent.
        var waitingInLoop = 0
        var isWoken = false
    }

    private let configuration: PostgresBackend.Configuration
    private let connector: Connector
    private let wakePipe: WakePipe
    private let inbox = Mutex(Inbox())

    init(_ configuration: PostgresBackend.Configuration) throws {
        guard let wakePipe = WakePipe() else {
            throw ChatStorageError(.unavailable, "the process has no file descriptors left")
        }
        self.configuration = configuration
        self.wakePipe = wakePipe
        connector = Connector(configuration)
    }

    /// Sends a request and waits for the answer.
    func run(_ request: Request) async throws -> Call.Answer {
        // Long requests may take longer: a second more for each MiB.
        let timeout = configuration.callTimeout + .seconds(request.bytes >> 20)
        let deadline = ContinuousClock.now + timeout
        return try await PendingCall<Call.Answer>.wait { pending in
            submit(Call(request, purpose: .caller(pending), deadline: deadline))
        }
    }

    /// Ends the loop once the calls under way have ended, and waits for that.
    ///
    /// Calls end at their deadlines at the latest, so it waits also when its task is cancelled.
    func close() async {
        await withCheckedContinuation { continuation in
            if beginClosing(continuation) { continuation.resume() }
        }
    }

    /// Ends the loop once the calls under way have ended.
    func abandon() {
        _ = beginClosing(nil)
    }

    private func submit(_ call: Call) {
        enum Admission {
            case accepted(wakes: Bool)
            case full(wakes: Bool)
            case closed, noThread
        }
        let admission: Admission = inbox.withLock { inbox in
            switch inbox.phase {
            case .closing, .ended: return .closed
            case .new:
                guard DetachedThread.start({ [self] in loop() }) else { return .noThread }
                inbox.phase = .running
            case .running: break
            }
            let wakes = !inbox.isWoken
            inbox.isWoken = true
            // The loop makes room by forgetting those whose callers were cancelled.
            guard inbox.calls.count + inbox.waitingInLoop < configuration.waitingCalls else {
                return .full(wakes: wakes)
            }
            inbox.calls.append(call)
            return .accepted(wakes: wakes)
        }
        func refuse(_ message: String) {
            let error = ChatStorageError(.unavailable, message)
            call.fail(call.request.isWrite ? error.beforeWriting : error)
        }
        switch admission {
        case .accepted(let wakes): if wakes { wakePipe.wake() }
        case .closed: call.fail(ChatStorageError.closed)
        case .full(let wakes):
            if wakes { wakePipe.wake() }
            refuse("\(configuration.waitingCalls) calls wait for a connection already")
        case .noThread: refuse("the process has no threads left")
        }
    }

    /// - Returns: Whether the loop has ended, or never began.
    private func beginClosing(_ closer: CheckedContinuation<Void, Never>?) -> Bool {
        let hasEnded = inbox.withLock { inbox in
            switch inbox.phase {
            case .new, .ended:
                inbox.phase = .ended
                return true
            case .running, .closing:
                inbox.phase = .closing
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
            connected(.failure(ChatStorageError(.unavailable, "the process has no threads left")))
        }
    }

    private func connected(_ result: Result<ServerConnection, ChatStorageError>) {
        inbox.withLock { inbox in
            // A connection that comes too late is closed by being dropped.
            if inbox.phase != .ended { inbox.connected.append(result) }
        }
        wakePipe.wake()
    }

    private func loop() {
        var dispatcher = Dispatcher(
            configuration, session: configuration.sessionRequest, connect: { [self] in beginToConnect() })
        while true {
            let isClosing = takeInbox(&dispatcher)
            if isClosing { dispatcher.removeUnwanted() }
            let now = ContinuousClock.now
            dispatcher.expire(now: now)
            dispatcher.advance(now: now)
            inbox.withLock { $0.waitingInLoop = dispatcher.waitingCount }
            if isClosing, dispatcher.isIdle, end() { return }
            wait(&dispatcher, now: now)
        }
    }

    /// - Returns: Whether the store is closing.
    private func takeInbox(_ dispatcher: inout Dispatcher) -> Bool {
        let (calls, connected, isClosing) = inbox.withLock { inbox in
            defer {
                inbox.isWoken = false
                inbox.calls = []
                inbox.connected = []
            }
            if inbox.calls.count + inbox.waitingInLoop >= configuration.waitingCalls { dispatcher.removeUnwanted() }
            inbox.waitingInLoop = dispatcher.waitingCount + inbox.calls.count
            return (inbox.calls, inbox.connected, inbox.phase == .closing)
        }
        for call in calls { dispatcher.add(call) }
        let now = ContinuousClock.now
        for result in connected { dispatcher.connected(result, now: now) }
        return isClosing
    }

    /// Ends the loop unless a call has come meanwhile.
    private func end() -> Bool {
        let closers: [CheckedContinuation<Void, Never>]? = inbox.withLock { inbox in
            guard inbox.calls.isEmpty else { return nil }
            inbox.phase = .ended
            inbox.connected = []
            return inbox.closers
        }
        closers?.forEach { $0.resume() }
        return closers != nil
    }

    /// Waits for the network, for a wake or for a time, and reads what came.
    private func wait(_ dispatcher: inout Dispatcher, now: ContinuousClock.Instant) {
        var descriptors = [pollfd(fd: wakePipe.readEnd, events: Int16(POLLIN), revents: 0)]
        for connection in dispatcher.connections {
            // While bytes wait to be written the server may wait for us to read.
            let events = Int16(POLLIN) | (connection.wantsToWrite ? Int16(POLLOUT) : 0)
            descriptors.append(pollfd(fd: connection.descriptor, events: events, revents: 0))
        }
        var timeout = dispatcher.nextEvent(after: now).map { event in
            let milliseconds = (event - .now) / .milliseconds(1)
            return Int32(min(max(milliseconds.rounded(.up), 0), 60_000))
        }
        let unseen = dispatcher.connections.filter(\.mayHoldUnreadBytes).map(\.descriptor)
        if !unseen.isEmpty { timeout = min(timeout ?? .max, Self.millisecondsUntilUnseen) }
        guard poll(&descriptors, nfds_t(descriptors.count), timeout ?? -1) >= 0 else { return }
        if descriptors[0].revents != 0 { wakePipe.drain() }
        let now = ContinuousClock.now
        // What can be written is written by the next turn of the loop.
        let readable = descriptors.dropFirst().filter { $0.revents & ~Int16(POLLOUT) != 0 }.map(\.fd)
        for descriptor in Set(readable + unseen) { dispatcher.read(descriptor: descriptor, now: now) }
    }
}
