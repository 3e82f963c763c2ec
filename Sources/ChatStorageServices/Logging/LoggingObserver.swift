public import ChatStorageCore
public import Logging
import Synchronization

/// Logs what is slow and what fails in a store.
///
/// ```swift
/// configuration.observer = LoggingObserver(Logger(label: "chats"), system: .postgresql)
/// ```
///
/// It logs no text, title, label or metadata of a chat, and names tenants and conversations only with `showsNames`.
///
/// | what | level |
/// |---|---|
/// | a call, commit or checkpoint that took ``slowThreshold`` or longer | warning, or its failure's if that is more |
/// | a call that failed as `unavailable`, `readOnly`, `accessDenied` or `damaged` | error |
/// | a call that failed as `notPrepared`, `schemaTooNew` or `schemaMismatch` | error |
/// | a call on a store that is closed | notice |
/// | a call that the store refused: all other codes, such as `conflict`, which apps expect | debug |
/// | a call whose task was cancelled | debug |
/// | a connection that was lost | warning |
/// | connecting failed | error, or warning if it may succeed later |
/// | a connection that was opened or closed | debug |
/// | a checkpoint that could not move the whole log | notice |
///
/// ## Metadata
///
/// | key | value |
/// |---|---|
/// | `db.system.name` | the kind of database |
/// | `db.operation.name` | what the call does, such as `append messages` |
/// | `db.operation.batch.size` | how many calls shared its transaction or statement, if more than one |
/// | `error.type` | the error's code in snake case, such as `unavailable`; `cancelled` |
/// | `db.response.status_code` | the engine's own code: a SQLSTATE, SQLite's extended result code, an errno |
/// | `chatstorage.duration` | from the beginning of the call to its end, in seconds, as all times here |
/// | `chatstorage.queued` | how much of it the call waited in the library |
/// | `chatstorage.lock_wait` | how much of it the call waited for somebody else's lock |
/// | `chatstorage.engine` | how much of it the engine worked |
/// | `chatstorage.repeats` | how often the library tried again by itself, if it did |
/// | `chatstorage.write_outcome` | whether a failed write happened, if that is a question: `not_applied` or `unknown` |
/// | `chatstorage.events` | how many equal events the line stands for, if more than one |
/// | `chatstorage.longest` | the longest of their durations, in seconds |
/// | `chatstorage.tenant`, `chatstorage.conversation.id` | whose call it was, if `showsNames` says so |
/// | `chatstorage.connection.purpose` | what a connection is for |
/// | `chatstorage.connection.open` | how many connections are open now |
/// | `chatstorage.calls` | how many calls a commit held |
/// | `chatstorage.pages` | how many pages the log had at a checkpoint |
///
/// ## Floods
///
/// For equal events (the same operation, error and engine's code) it logs one line in each ``interval``, and counts the
/// others. The next line says how many it stands for; it comes with the next such event, with the next call of any kind
/// after the interval, or when the observer is released. At most 128 kinds of event are distinguished; beyond these,
/// events that differ only in operation or engine's code share a line. So a database that is down for a day, with
/// thousands of callers, makes a few lines every ten seconds.
public final class LoggingObserver: StorageObserver {
    /// The duration from which a call, commit or checkpoint is slow.
    public let slowThreshold: Duration
    /// Whether lines name tenants and conversations, which can be people's names.
    public let showsNames: Bool
    /// The time in which equal events make one line.
    public let interval: Duration

    let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private let ledger = Mutex(EventLedger())
    /// Whether the ledger has events that no line stands for yet.
    private let hasUnreported = Atomic(false)

    /// Makes an observer.
    ///
    /// - Parameters:
    ///   - logger: Where it logs to. The logger's level is checked for each event.
    ///   - system: The kind of database, which every line names.
    ///   - slowThreshold: The duration from which a call, commit or checkpoint is slow; by default a second.
    ///   - showsNames: Whether lines name tenants and conversations; by default not.
    ///   - interval: The time in which equal events make one line; by default ten seconds. Zero logs each event.
    public convenience init(
        _ logger: Logger, system: DatabaseSystem, slowThreshold: Duration = .seconds(1), showsNames: Bool = false,
        interval: Duration = .seconds(10)
    ) {
        self.init(
            logger, system: system, slowThreshold: slowThreshold, showsNames: showsNames, interval: interval,
            now: { ContinuousClock.now })
    }

    /// Makes an observer with a test's clock.
    init(
        _ logger: Logger, system: DatabaseSystem, slowThreshold: Duration = .seconds(1), showsNames: Bool = false,
        interval: Duration = .seconds(10), now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        var logger = logger
        logger[metadataKey: "db.system.name"] = .string(system.name)
        self.logger = logger
        self.slowThreshold = slowThreshold
        self.showsNames = showsNames
        self.interval = interval
        self.now = now
    }

    deinit {
        for event in ledger.withLock({ $0.takeUnreported() }) { logSum(event) }
    }

    /// Logs an event, or counts it if an equal one was logged a short while ago.
    func report(
        _ kind: EventKind, level: Logger.Level, duration: Duration? = nil, error: ChatStorageError? = nil,
        metadata: () -> Logger.Metadata
    ) {
        guard level >= logger.logLevel else { return }
        let reported = ledger.withLock { ledger in
            let reported = ledger.note(kind, level: level, duration: duration, at: now(), every: interval)
            if reported == nil { hasUnreported.store(true, ordering: .relaxed) }
            return reported
        }
        guard let reported else { return }
        logger.log(level: level, kind.message, error: error, metadata: metadata().merging(reported.sum) { $1 })
    }

    /// Logs how many events were counted in intervals that have ended.
    func reportCounted() {
        // The clock is read only while something is counted.
        guard hasUnreported.load(ordering: .relaxed) else { return }
        let due = ledger.withLock { ledger in
            let due = ledger.takeUnreported(at: now(), every: interval)
            hasUnreported.store(ledger.hasUnreported, ordering: .relaxed)
            return due
        }
        for event in due { logSum(event) }
    }

    private func logSum(_ event: CountedEvents) {
        logger.log(
            level: event.level, event.kind.message, metadata: event.kind.metadata.merging(event.sum) { $1 })
    }
}
