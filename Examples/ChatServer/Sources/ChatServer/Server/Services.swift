import ChatStorageCore
import Logging
import ServiceLifecycle

/// Closes the store when everything that uses it has ended.
struct StoreService: Service {
    let backend: any ChatStorageBackend

    func run() async throws {
        try? await gracefulShutdown()
        try await backend.close()
    }
}

/// Closes the model when nobody asks it any more.
struct ModelService: Service {
    let model: any ChatModel

    func run() async throws {
        try? await gracefulShutdown()
        try await model.close()
    }
}

/// Ends answers whose server died: nobody writes them any more.
///
/// They end as stopped, so that models are given what there is of them.
struct RecoveryService: Service {
    let backend: any ChatStorageBackend
    /// After how long without a word an answer's server is taken to be dead.
    let silence: Duration
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                do {
                    let count = try await backend.endUnfinishedMessages(notRevisedFor: silence, as: .stopped)
                    if count > 0 {
                        logger.notice("ended answers of a server that died", metadata: ["count": "\(count)"])
                    }
                } catch let error as ChatStorageError {
                    // The database may be back at the next look.
                    logger.warning("cannot look for unfinished answers", metadata: ["error": "\(error)"])
                }
                try await Task.sleep(for: silence / 2)
            }
        }
    }
}
