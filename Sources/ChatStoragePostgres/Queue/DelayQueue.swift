/// Elements that are due at different times, soonest first.
///
/// A binary heap: a step costs little however many elements there are.
struct DelayQueue<Element> {
    private var entries: [(due: ContinuousClock.Instant, element: Element)] = []

    var count: Int { entries.count }

    /// When the next element is due; nil when there is none.
    var nextDue: ContinuousClock.Instant? { entries.first?.due }

    mutating func add(_ element: Element, due: ContinuousClock.Instant) {
        entries.append((due, element))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].due < entries[parent].due else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the element that is due first; nil when none is due yet.
    mutating func popDue(now: ContinuousClock.Instant) -> Element? {
        guard let first = entries.first, first.due <= now, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return first.element }
        entries[0] = last
        siftDown(0)
        return first.element
    }

    /// Removes the elements that satisfy a predicate, and returns them.
    mutating func removeAll(where isUnwanted: (Element) -> Bool) -> [Element] {
        var removed: [Element] = []
        entries.removeAll { entry in
            let isRemoved = isUnwanted(entry.element)
            if isRemoved { removed.append(entry.element) }
            return isRemoved
        }
        if !removed.isEmpty { for place in (0..<entries.count / 2).reversed() { siftDown(place) } }
        return removed
    }

    func forEach(_ body: (Element) -> Void) {
        for entry in entries { body(entry.element) }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in (2 * parent + 1)...(2 * parent + 2)
            where child < entries.count && entries[child].due < entries[least].due {
                least = child
            }
            guard least != parent else { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}

extension DelayQueue: Sendable where Element: Sendable {}
