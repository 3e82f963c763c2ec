import ChatStorageCore
import Logging

/// Which events were logged lately, and how many equal ones have come since.
struct EventLedger {
    private struct Entry {
        /// Until this time, equal events are only counted.
        var end: ContinuousClock.Instant
        /// The events that came since the line; nil if none did.
        var unreported: CountedEvents?
    }

    /// How many kinds are distinguished.
    static let capacity = 128

    private var entries: [EventKind: Entry] = [:]
    /// Until this time the ledger does not search for more room.
    private var nextTidying: ContinuousClock.Instant?

    /// Notes an event.
    ///
    /// - Returns: The events to log in one line now, this one included; nil if it is only counted.
    mutating func note(
        _ kind: EventKind, level: Logger.Level, duration: Duration?, at now: ContinuousClock.Instant,
        every interval: Duration
    ) -> CountedEvents? {
        let kind = keptKind(for: kind, at: now, every: interval)
        var events = CountedEvents(kind: kind, level: level, longest: duration)
        if let unreported = entries[kind]?.unreported {
            events.count += unreported.count
            events.longest = max(unreported.longest ?? .zero, duration ?? .zero)
        }
        if let end = entries[kind]?.end, now < end {
            entries[kind]?.unreported = events
            return nil
        }
        entries[kind] = Entry(end: now + interval)
        return events
    }

    /// Takes the events that were counted in intervals that have ended, and begins new intervals for their kinds.
    mutating func takeUnreported(at now: ContinuousClock.Instant, every interval: Duration) -> [CountedEvents] {
        let ended = entries.filter { $0.value.end <= now }
        for (kind, entry) in ended {
            entries[kind] = entry.unreported == nil ? nil : Entry(end: now + interval)
        }
        return ended.compactMap(\.value.unreported)
    }

    /// Takes all events that are in no line yet.
    mutating func takeUnreported() -> [CountedEvents] {
        defer { entries = [:] }
        return entries.values.compactMap(\.unreported)
    }

    /// Whether there are events that are in no line yet.
    var hasUnreported: Bool { entries.values.contains { $0.unreported != nil } }

    /// The kind itself if it is known or there is room for it, otherwise one of a few rougher kinds.
    private mutating func keptKind(
        for kind: EventKind, at now: ContinuousClock.Instant, every interval: Duration
    ) -> EventKind {
        guard entries[kind] == nil, entries.count >= Self.capacity else { return kind }
        if nextTidying.map({ $0 <= now }) ?? true {
            nextTidying = now + interval
            entries = entries.filter { $0.value.end > now || $0.value.unreported != nil }
        }
        return entries.count < Self.capacity ? kind : kind.rough
    }
}
