import ChatStorageCore
import CoreMetrics

/// The metrics of calls.
final class OperationMetrics: Sendable {
    private struct Failure: Hashable {
        let operation: Int
        let code: ChatStorageError.Code?
    }

    private let maker: MetricsMaker
    private let names: MetricsObserver.Names
    /// The timers of calls that succeeded, by the operation's index: this needs no lock and no look-up by name.
    private let durations: [Timer?]
    private let repeats: [Counter?]
    private let queueTime: Timer?
    private let lockWait: Timer?
    private let batchSize: Recorder?
    /// Made when they are needed; there are few error codes, so they are bounded.
    private let failures = MetricCache<Failure, Timer>()

    init(_ maker: MetricsMaker, _ names: MetricsObserver.Names) {
        self.maker = maker
        self.names = names
        let operations = StorageOperation.allCases.sorted { $0.index < $1.index }
        durations = operations.map { maker.timer(names.operationDuration, (names.operation, $0.rawValue)) }
        repeats = operations.map { maker.counter(names.repeats, (names.operation, $0.rawValue)) }
        queueTime = maker.timer(names.queueTime)
        lockWait = maker.timer(names.lockWait)
        batchSize = maker.recorder(names.batchSize)
    }

    func note(_ call: ObservedCall) {
        let index = call.operation.index
        let duration =
            switch call.outcome {
            case .succeeded: durations[index]
            case .failed(let error): timer(of: call, code: error.code)
            case .cancelled: timer(of: call, code: nil)
            }
        duration?.record(call.duration)
        queueTime?.record(call.queued)
        if call.lockWait > .zero { lockWait?.record(call.lockWait) }
        if call.batchSize > 0 { batchSize?.record(call.batchSize) }
        if call.repeats > 0 { repeats[index]?.increment(by: call.repeats) }
    }

    /// The timer of calls that failed with a code; without one, of calls that were cancelled.
    private func timer(of call: ObservedCall, code: ChatStorageError.Code?) -> Timer? {
        failures.metric(Failure(operation: call.operation.index, code: code)) {
            maker.timer(
                names.operationDuration, (names.operation, call.operation.rawValue),
                (names.errorType, call.outcome.errorType ?? ""))
        }
    }
}

extension StorageOperation {
    /// Its index in an array, since hashing it would hash its name.
    var index: Int {
        switch self {
        case .createConversation: 0
        case .conversation: 1
        case .updateConversation: 2
        case .deleteConversation: 3
        case .conversations: 4
        case .append: 5
        case .reviseMessage: 6
        case .messages: 7
        case .forks: 8
        case .removeMessages: 9
        case .restoreConversation: 10
        case .prepare: 11
        case .tenants: 12
        case .unfinishedMessages: 13
        }
    }
}
