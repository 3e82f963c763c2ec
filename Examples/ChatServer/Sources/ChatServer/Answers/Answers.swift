import ChatStorageCore
import Logging
import ServiceLifecycle
import Synchronization

/// What an answer is made of.
struct AnswerOrder: Sendable {
    var conversationID: ConversationID
    var place: AppendPlace
    /// What makes the answer repeatable; nil for nothing.
    var key: String?
    /// What is kept beside the answer from its beginning.
    var metadata: Metadata
    /// The prompt, once the answer has its place.
    var prompt: @Sendable (Message) async throws -> Prompt
}

/// Writes each answer in its own task, which goes on when the client that asked has gone.
final class Answers: Service {
    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var last = 0
        /// The tasks of the answers that have their places.
        var writers: [AnswerID: Int] = [:]
        /// The beginnings of answers that have keys, for requests that come twice at once.
        var beginnings: [String: Task<Message, any Error>] = [:]
        var isStopping = false
        var idle: CheckedContinuation<Void, Never>?
    }

    private let model: any ChatModel
    private let checkpoints: AnswerCheckpoints
    private let grace: Duration
    private let logger: Logger
    private let state = Mutex(State())

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - model: What answers.
    ///   - checkpoints: How often the store gets what came.
    ///   - grace: How long answers go on after the server was asked to stop.
    init(model: any ChatModel, checkpoints: AnswerCheckpoints, grace: Duration, logger: Logger) {
        self.model = model
        self.checkpoints = checkpoints
        self.grace = grace
        self.logger = logger
    }

    // MARK: Beginning

    /// Begins an answer, unless the one of its key is there.
    ///
    /// - Returns: The answer's message: most often empty, and under way.
    func begin(_ order: AnswerOrder, for user: User) async throws -> Message {
        guard let key = order.key else { return try await start(order, for: user) }
        let name = "\(user.name)\u{0}\(order.conversationID)\u{0}\(key)"
        let beginning = state.withLock { state in
            if let beginning = state.beginnings[name] { return beginning }
            let beginning = Task {
                // An answer that another process writes, or wrote until it died, is not taken away from it.
                let known = try await user.chats.messages(MessageQuery(of: order.conversationID, .keys([key])))
                if let message = known.items.first { return message }
                return try await self.start(order, for: user)
            }
            state.beginnings[name] = beginning
            return beginning
        }
        defer { state.withLock { $0.beginnings[name] = nil } }
        return try await beginning.value
    }

    private func start(_ order: AnswerOrder, for user: User) async throws -> Message {
        let (stored, begun) = AsyncThrowingStream<Message, any Error>.makeStream(bufferingPolicy: .bufferingOldest(1))
        try state.withLock { state in
            guard !state.isStopping else { throw CancellationError() }
            state.last += 1
            let number = state.last
            state.tasks[number] = Task {
                await self.write(order, for: user, as: number, begun: begun)
                self.forget(number)
            }
        }
        for try await message in stored { return message }
        throw CancellationError()
    }

    // MARK: Writing

    /// Writes an answer from its append to its end.
    private func write(
        _ order: AnswerOrder, for user: User, as number: Int,
        begun: AsyncThrowingStream<Message, any Error>.Continuation
    ) async {
        do {
            let done = try await user.chats.append(
                streaming: .assistant, to: order.conversationID, order.place, key: order.key,
                metadata: order.metadata, checkpoints: checkpoints
            ) { draft in
                let message = draft.message
                state.withLock { $0.writers[AnswerID(user: user.name, message.id)] = number }
                begun.yield(message)
                do {
                    try await model.answer(try await order.prompt(message)) { draft.body = $0 }
                } catch {
                    if !Task.isCancelled { draft.body.metadata[.failure] = ModelError.message(of: error) }
                    throw error
                }
            }
            // If the body did not run, another request of the key was quicker.
            begun.yield(done)
            begun.finish()
        } catch {
            begun.finish(throwing: error)
            if !(error is CancellationError) {
                logger.warning("an answer was not written whole", metadata: ["error": "\(error)"])
            }
        }
    }

    private func forget(_ number: Int) {
        let idle = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.tasks[number] = nil
            state.writers = state.writers.filter { $0.value != number }
            return state.tasks.isEmpty ? state.idle.take() : nil
        }
        idle?.resume()
    }

    // MARK: Stopping

    /// Stops an answer; one that has ended is left as it is.
    func stop(_ id: Message.ID, of user: User) async throws {
        let task = state.withLock { state in
            state.writers[AnswerID(user: user.name, id)].flatMap { state.tasks[$0] }
        }
        if let task {
            // Its writer stores all that came.
            task.cancel()
            await task.value
        } else {
            // Another process writes it, and notices within seconds.
            try await user.chats.endAnswer(id.sequence, of: id.conversationID)
        }
    }

    /// Waits for the server's end, gives answers a while, and then stops those that are left.
    func run() async throws {
        try? await gracefulShutdown()
        state.withLock { $0.isStopping = true }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await Task.sleep(for: self.grace)
                for task in self.state.withLock({ Array($0.tasks.values) }) { task.cancel() }
            }
            await idle()
            group.cancelAll()
        }
    }

    private func idle() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if !state.tasks.isEmpty { state.idle = continuation }
                return state.tasks.isEmpty
            }
            if isIdle { continuation.resume() }
        }
    }
}

extension MetadataKey<String> {
    /// Why an answer is not whole.
    static var failure: MetadataKey { MetadataKey("failure") }
}
