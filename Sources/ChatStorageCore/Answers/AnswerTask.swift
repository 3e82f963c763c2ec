#if compiler(>=6.2)
/// What writes an answer; it runs on the actor of the code that it stands in.
public typealias AnswerBody = nonisolated(nonsending) (AnswerDraft) async throws -> Void
#else
/// What writes an answer; it runs on the actor of the code that it stands in.
public typealias AnswerBody = (AnswerDraft) async throws -> Void
#endif

/// The body of an answer, as a child task runs it.
///
// `@unchecked Sendable`: the caller waits for the child task, which runs on the caller's actor, so one of them works.
struct AnswerTask: @unchecked Sendable {
    let body: AnswerBody

    func run(_ draft: AnswerDraft, on isolation: isolated (any Actor)?) async -> Step {
        do {
            // Swift 6.3 goes to the actor only for work of its own, not for the body: with nothing before the call, a body
            // of a `nonisolated(nonsending)` function would run on no actor.
            try Task.checkCancellation()
            try await body(draft)
            return .ended(Task.isCancelled ? .stopped : .complete, nil)
        } catch {
            return Task.isCancelled ? .ended(.stopped, nil) : .ended(.failed, error)
        }
    }
}
