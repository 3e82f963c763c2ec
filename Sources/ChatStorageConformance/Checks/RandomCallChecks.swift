import ChatStorageCore

extension Check {
    /// Random calls against the model.
    ///
    /// All backends are compared with one model, and the same seed gives the same calls, so they are also compared with
    /// each other.
    static let randomCalls: [Check] = [
        Check(
            "model.random-calls", .e1, .o1, .o3, .o4, .o5, .o6, .c1, .c3, .c4, .a1, .a4, .a8, .a9, .l1, .l3, .l4, .n1,
            .t2,
            timePerRandomCall: .milliseconds(50),
            why: "Bugs are where operations meet; random calls find combinations that nobody thought of."
        ) { context in
            context.expect(context.randomCalls > 0, "random calls are made", actual: "\(context.randomCalls)")
            var left = context.randomCalls
            var round = 0
            while left > 0, context.failures.isEmpty {
                var random = context.random(stream: round)
                let calls = RandomCall.sequence(of: min(left, 500), handles: 2, using: &random)
                if let deviation = try await context.deviation(in: calls) {
                    await context.report(deviation, in: calls)
                }
                left -= calls.count
                round += 1
            }
        }
    ]
}

/// A call of a sequence whose outcome differs from the model's.
private struct Deviation {
    /// The call's index; the number of calls for the comparison at the end.
    let index: Int
    let call: String
    let expectation: String
    let outcome: CallOutcome
}

extension CheckContext {
    /// Makes the calls one after the other on a fresh store, and finds the first that deviates from the model.
    fileprivate func deviation(in calls: [RandomCall]) async throws -> Deviation? {
        try await withFreshStore(handles: 2) { handles in
            var model = Model()
            var cursors: [String?: [ConversationCursor]] = [:]

            func deviation(_ call: StorageCall, tenant: String?, handle: Int, index: Int) async -> Deviation? {
                let outcome = await CallOutcome(of: call, on: handles[handle % handles.count].storage(of: tenant))
                if case .returned(.conversations(let page)) = outcome, let next = page.next {
                    cursors[tenant, default: []].append(next)
                }
                return model.expectation(brokenBy: outcome, of: call, tenant: tenant).map {
                    Deviation(index: index, call: summary(of: call), expectation: $0, outcome: outcome)
                }
            }

            for (index, random) in calls.enumerated() {
                let call = random.call(holding: cursors, of: model)
                if let found = await deviation(call, tenant: random.tenant, handle: random.handle, index: index) {
                    return found
                }
                // A clear does not return its time of update; a read does.
                if case .removeMessages(let removal) = call,
                    let found = await deviation(
                        .conversation(removal.conversationID), tenant: random.tenant, handle: random.handle,
                        index: index)
                {
                    return found
                }
            }
            for tenant in Set(calls.map(\.tenant)).sorted(by: { ($0 ?? "") < ($1 ?? "") }) {
                let list = StorageCall.conversations(after: nil, limit: .max)
                if let found = await deviation(list, tenant: tenant, handle: 0, index: calls.count) { return found }
                for id in Set(calls.compactMap(\.id)).sortedByUTF8() {
                    let reads: [StorageCall] = [
                        .messages(of: id, .end, limit: .max), .forks(id),
                        .messages(MessageQuery(of: id, on: .all, limit: .max)),
                    ]
                    for read in reads {
                        if let found = await deviation(read, tenant: tenant, handle: 1, index: calls.count) {
                            return found
                        }
                    }
                }
            }
            return nil
        }
    }

    /// Records a deviation as the check's failure, and then a shorter sequence that also deviates.
    fileprivate func report(_ deviation: Deviation, in calls: [RandomCall]) async {
        let part = Array(calls.prefix(deviation.index + 1))
        record(failure(deviation, in: part, "as the last of \(part.count) calls"))
        // The report should have the calls that led to it, not those of all attempts.
        recorder.pause()
        let end = ContinuousClock.now + Self.timeToShrink
        let short = await shrunk(part, attempts: 400) { candidate in
            guard ContinuousClock.now < end, !Task.isCancelled else { return false }
            return (try? await self.deviation(in: candidate)) != nil
        }
        recorder.restart()
        // Makes the calls once more, so that the report has them.
        guard let found = try? await self.deviation(in: short) else { return }
        let last = Array(short.prefix(found.index + 1))
        let words = found.index < short.count ? "as the last of" : "when all is read after"
        failureRecorder.replaceLast(
            by: failure(found, in: last, "\(words) \(last.count) calls, shrunk from \(part.count)"))
    }

    /// A sequence that is not shrunk completely is only longer than needed.
    private static let timeToShrink = Duration.seconds(20)

    private func failure(_ deviation: Deviation, in calls: [RandomCall], _ place: String) -> CheckFailure {
        let list = calls.enumerated().map { "    \($0 + 1). \($1)" }.joined(separator: "\n")
        return CheckFailure(
            "after random calls, \(deviation.call) is answered as the model says: \(deviation.expectation)",
            actual: "it \(deviation.outcome), \(place):\n\(list)")
    }
}

extension RandomCall {
    /// The id of the call's conversation.
    fileprivate var id: ConversationID? {
        switch kind {
        case .call(let call): call.conversationID
        case .appendIfUnchanged(let new, _): new.conversationID
        case .revise(let id, _, _, _, _, _): id
        case .page: nil
        }
    }
}
