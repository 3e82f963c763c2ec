import ChatStorageCore

/// When calls and connections are given up, and when there is something to do.
extension Dispatcher {
    /// Ends calls whose deadline has passed; a connection whose server does not answer one is closed.
    mutating func expire(now: ContinuousClock.Instant) {
        guard let earliest = earliestDeadline, earliest <= now else { return }
        earliestDeadline = nil
        for index in connections.indices.reversed() where connections[index].givenUpAt.map({ $0 <= now }) ?? false {
            drop(index, .givenUp, now: now)
        }
        for connection in connections {
            connection.forEach { call in
                for member in call.members where member.deadline <= now {
                    if let meter = member.attempt?.meter { call.attempt?.end(meter, at: now) }
                    member.fail(Call.expired(member.request, .unknown))
                }
            }
        }
        for call in waiting.removeAll(where: { $0.deadline <= now }) {
            call.fail(Call.expired(call.request, .notApplied))
        }
        noteAllDeadlines(now: now)
    }

    /// When there is something to do even if the network brings nothing.
    func nextEvent(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        var events: [ContinuousClock.Instant] = []
        if let event = waiting.nextEvent(after: now) { events.append(event) }
        if waitingCount > 0, let end = attempts.expectedUntil, end > now { events.append(end) }
        if !isIdle || connections.contains(where: { !$0.isReady }), let earliestDeadline {
            events.append(earliestDeadline)
        }
        if lackingConnections > 0, connecting == 0, let attempt = attempts.next { events.append(attempt) }
        return events.min()
    }

    mutating func note(deadline: ContinuousClock.Instant) {
        earliestDeadline = min(earliestDeadline ?? deadline, deadline)
    }

    /// How often calls are searched for passed deadlines, at most: with many calls that takes some milliseconds.
    private static let deadlineAccuracy = Duration.milliseconds(10)

    private mutating func noteAllDeadlines(now: ContinuousClock.Instant) {
        var earliest: ContinuousClock.Instant?
        func note(_ deadline: ContinuousClock.Instant) { earliest = min(earliest ?? deadline, deadline) }
        func note(_ call: Call) { note(call.deadline) }
        waiting.forEach(note)
        for connection in connections {
            connection.forEach { call in
                for member in call.members where member.isWanted { note(member) }
            }
            if let time = connection.givenUpAt { note(time) }
        }
        earliestDeadline = earliest.map { max($0, now + Self.deadlineAccuracy) }
    }
}
