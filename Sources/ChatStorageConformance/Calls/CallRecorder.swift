import ChatStorageCore
import Synchronization

/// The last calls of a check, with their results.
final class CallRecorder: Sendable {
    /// What was called: an operation of a tenant's handle, or a function of the backend by its name.
    enum Call {
        case storage(StorageCall)
        case backend(String)
    }

    private struct Entry {
        let handle: String
        let call: Call
        var result: Result<StorageReply?, any Error>?
    }

    private struct State {
        var entries: [Entry] = []
        var forgotten = 0
        var isPaused = false
    }

    private static let kept = 60
    private let state = Mutex(State())

    /// Makes a call and notes how it ends.
    func record<Reply>(
        _ call: Call, by handle: String, reply: (Reply) -> StorageReply?, body: () async throws -> Reply
    ) async throws -> Reply {
        guard let number = begin(Entry(handle: handle, call: call)) else { return try await body() }
        do {
            let result = try await body()
            end(number, .success(reply(result)))
            return result
        } catch {
            end(number, .failure(error))
            throw error
        }
    }

    /// The last calls in the order they began, one per line, numbered from the check's first call.
    var lines: [String] {
        let (entries, forgotten) = state.withLock { ($0.entries, $0.forgotten) }
        let calls = entries.enumerated().map { index, entry in
            "#\(forgotten + index + 1) \(entry.handle): \(entry.call) \(Self.outcome(entry.result))"
        }
        return forgotten == 0 ? calls : ["(\(forgotten) calls before these)"] + calls
    }

    /// Stops recording.
    func pause() {
        state.withLock { $0.isPaused = true }
    }

    /// Forgets the recorded calls and starts again.
    func restart() {
        state.withLock { $0 = State() }
    }

    private func begin(_ entry: Entry) -> Int? {
        state.withLock { state in
            guard !state.isPaused else { return nil }
            state.entries.append(entry)
            if state.entries.count > Self.kept {
                state.entries.removeFirst()
                state.forgotten += 1
            }
            return state.forgotten + state.entries.count - 1
        }
    }

    private func end(_ number: Int, _ result: Result<StorageReply?, any Error>) {
        state.withLock { state in
            guard state.entries.indices.contains(number - state.forgotten) else { return }
            state.entries[number - state.forgotten].result = result
        }
    }

    private static func outcome(_ result: Result<StorageReply?, any Error>?) -> String {
        switch result {
        case .success(let reply?): "returned \(summary(of: reply))"
        case .success(nil): "returned"
        case .failure(let error): "threw \(error)"
        case nil: "has not returned"
        }
    }
}

extension CallRecorder.Call: CustomStringConvertible {
    var description: String {
        switch self {
        case .storage(let call): summary(of: call)
        case .backend(let name): name
        }
    }
}

/// Records a handle's calls and passes them on.
struct RecordingInterceptor: StorageInterceptor {
    let recorder: CallRecorder
    let handle: String

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        let label = tenant.map { "\(handle), tenant \(summary(of: $0))" } ?? handle
        return try await recorder.record(.storage(call), by: label, reply: { $0 }) { try await call.perform(on: base) }
    }

    func prepare(_ base: any ChatStorageBackend, _ preparation: Preparation) async throws {
        let name = preparation == .verify ? "prepare(.verify)" : "prepare()"
        try await recorder.record(.backend(name), by: handle, reply: { _ in nil }) {
            try await base.prepare(preparation)
        }
    }

    func close(_ base: any ChatStorageBackend) async throws {
        try await recorder.record(.backend("close()"), by: handle, reply: { _ in nil }) { try await base.close() }
    }
}
