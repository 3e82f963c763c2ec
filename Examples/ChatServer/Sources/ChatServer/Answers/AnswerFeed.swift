import ChatStorageCore
import ServiceLifecycle
import Synchronization

/// Passes on what is written of answers under way, once the store has it.
///
/// It stands between the server and its store and looks at the store's replies. So what a client is sent of an answer
/// is in the store already: if the server dies, a client has seen nothing that is lost.
final class AnswerFeed: StorageInterceptor, Service {
    /// What a follower hears.
    enum News: Sendable {
        /// The message as it is stored now.
        case written(Message)
        /// Nothing for a while: another process may have written it.
        case silence
    }

    private typealias Follower = AsyncStream<News>.Continuation

    private struct State {
        var followers: [AnswerID: [Int: Follower]] = [:]
        var last = 0
        var hasEnded = false
    }

    private let state = Mutex(State())
    /// After how long without news followers look at the store.
    private let silence: Duration

    init(silence: Duration) {
        self.silence = silence
    }

    /// The news of an answer, the newest if several came since the last, until the server stops.
    func news(of id: AnswerID) -> AsyncStream<News> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let number = state.withLock { state -> Int? in
                guard !state.hasEnded else { return nil }
                state.last += 1
                state.followers[id, default: [:]][state.last] = continuation
                return state.last
            }
            guard let number else { return continuation.finish() }
            continuation.onTermination = { [weak self] _ in self?.forget(number, of: id) }
        }
    }

    private func forget(_ number: Int, of id: AnswerID) {
        state.withLock { state in
            state.followers[id]?[number] = nil
            if state.followers[id]?.isEmpty ?? false { state.followers[id] = nil }
        }
    }

    private func followers(of id: AnswerID) -> [Follower] {
        state.withLock { $0.followers[id].map { Array($0.values) } ?? [] }
    }

    // MARK: Between the server and its store

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        let reply = try await call.perform(on: base)
        if case .message(let message) = reply, let tenant {
            for follower in followers(of: AnswerID(user: tenant, message.id)) { follower.yield(.written(message)) }
        }
        return reply
    }

    // MARK: The service

    /// Wakes all followers now and then, so that they also notice what other processes write.
    ///
    /// When the server stops, its own answers have ended, and clients that follow another server's answers go
    /// elsewhere.
    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: self.silence)
                for follower in self.allFollowers() { follower.yield(.silence) }
            }
        }
        for follower in allFollowers(ending: true) { follower.finish() }
    }

    private func allFollowers(ending: Bool = false) -> [Follower] {
        state.withLock { state in
            if ending { state.hasEnded = true }
            return state.followers.values.flatMap(\.values)
        }
    }
}
