#if compiler(>=6.2)
/// The closure that writes an answer; it runs on the actor of the code around it.
public typealias AnswerBody = nonisolated(nonsending) (AnswerDraft) async throws -> Void
#else
/// The closure that writes an answer; it runs on the actor of the code around it.
public typealias AnswerBody = (AnswerDraft) async throws -> Void
#endif

/// The body of an answer, as a child task runs it.
///
// `@unchecked Sendable`: the caller waits while the child task runs on the caller's actor, so only one of them works.
struct AnswerTask: @unchecked Sendable {
    let body: AnswerBody

    func run(_ draft: AnswerDraft, on isolation: isolated (any Actor)?) async -> Step {
        do {
            // Swift 6.3 switches to the actor only for this function's own work. Without this line a body that is
            // `nonisolated(nonsending)` would run on no actor.
            try Task.checkCancellation()
            try await body(draft)
            return .ended(Task.isCancelled ? .stopped : .complete, nil)
        } catch {
            return Task.isCancelled ? .ended(.stopped, nil) : .ended(.failed, error)
        }
    }
}
