import ChatStorageCore

extension Check {
    /// Histories of concurrent calls: for each, some order must explain all results.
    static let linearisability = HistoryTheme.all.map { theme in
        Check("linearisability.\(theme.name)", rules: theme.rules, why: theme.reason) { context in
            try await context.expectLinearisable(theme)
        }
    }
}

extension CheckContext {
    /// Lets a theme's callers meet on a new conversation in each round.
    fileprivate func expectLinearisable(_ theme: HistoryTheme) async throws {
        let handles = try await open(handles: theme.callers)
        for round in 0..<theme.rounds where failures.isEmpty {
            let id = ConversationID("round \(round)")
            let recorder = HistoryRecorder()
            var random = random(stream: -1 - round)
            var first: [HistoryEntry] = []
            for call in theme.first(id, &random) {
                first.append(await recorder.record(call, by: 0, on: handles[0].asDefaultTenant))
            }
            let seen = first
            _ = try await concurrently(theme.callers) { number in
                var random = self.random(stream: round * theme.callers + number)
                var caller = HistoryCaller(number: number, conversation: id, entries: seen)
                for _ in 0..<theme.calls {
                    let call = theme.next(caller, &random)
                    caller.entries.append(
                        await recorder.record(call, by: number, on: handles[number].asDefaultTenant))
                }
            }
            for call in theme.last(id) { await recorder.record(call, by: 0, on: handles[0].asDefaultTenant) }
            expectOrder(of: recorder.history)
        }
    }

    private func expectOrder(of history: [HistoryEntry]) {
        let linearisation = Linearisation(of: history)
        expect(
            linearisation.isComplete, "an order of the calls explains what all of them returned",
            actual: """
                no order of the \(history.count) calls does; the longest that fits is
                \(linearisation.longest.map { "    \(history[$0])" }.joined(separator: "\n"))
                  and none of these can follow:
                \(linearisation.obstacles.map { "    \($0)" }.joined(separator: "\n"))
                """)
    }
}
