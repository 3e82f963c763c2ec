import ChatStorageCore
import Synchronization

/// Keeps what a store says.
final class RecordingObserver: StorageObserver {
    enum Event: Sendable {
        case opened(ObservedConnection)
        case closed(ObservedConnection)
        case failed(ChatStorageError)
        case committed(ObservedCommit)
    }

    private let kept = Mutex<(calls: [ObservedCall], events: [Event])>(([], []))

    var calls: [ObservedCall] { kept.withLock { $0.calls } }
    var events: [Event] { kept.withLock { $0.events } }

    func calls(_ operation: StorageOperation) -> [ObservedCall] { calls.filter { $0.operation == operation } }

    var opened: [ObservedConnection] {
        events.compactMap { if case .opened(let connection) = $0 { connection } else { nil } }
    }
    var closed: [ObservedConnection] {
        events.compactMap { if case .closed(let connection) = $0 { connection } else { nil } }
    }
    var failures: [ChatStorageError] {
        events.compactMap { if case .failed(let error) = $0 { error } else { nil } }
    }
    var commits: [ObservedCommit] {
        events.compactMap { if case .committed(let commit) = $0 { commit } else { nil } }
    }

    func callEnded(_ call: ObservedCall) { kept.withLock { $0.calls.append(call) } }
    func connectionOpened(_ connection: ObservedConnection) { keep(.opened(connection)) }
    func connectionClosed(_ connection: ObservedConnection) { keep(.closed(connection)) }
    func connectionFailed(_ error: ChatStorageError) { keep(.failed(error)) }
    func transactionCommitted(_ commit: ObservedCommit) { keep(.committed(commit)) }

    private func keep(_ event: Event) { kept.withLock { $0.events.append(event) } }
}
