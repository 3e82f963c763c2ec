/// A queue: elements leave in the order in which they came, each step in constant time on average.
///
/// Its code is visible to other modules, which makes it for their elements: without that each step looks the type up.
package struct FIFO<Element> {
    @usableFromInline var elements: [Element?] = []
    @usableFromInline var first = 0

    /// Makes an empty queue.
    @inlinable package init() {}

    /// How many elements wait.
    @inlinable package var count: Int { elements.count - first }

    /// Whether nothing waits.
    @inlinable package var isEmpty: Bool { count == 0 }

    /// The element that leaves next.
    @inlinable package var next: Element? { first < elements.count ? elements[first] : nil }

    /// Adds an element at the end.
    @inlinable package mutating func append(_ element: Element) {
        elements.append(element)
    }

    /// Takes the element that came first.
    @inlinable package mutating func popFirst() -> Element? {
        guard first < elements.count else { return nil }
        defer {
            elements[first] = nil
            first += 1
            if first > 64, first * 2 > elements.count {
                elements.removeFirst(first)
                first = 0
            }
        }
        return elements[first]
    }

    /// Calls the body with each element, in the order in which they came.
    @inlinable package func forEach(_ body: (Element) throws -> Void) rethrows {
        for case let element? in elements[first...] { try body(element) }
    }

    /// Removes all elements that satisfy a predicate.
    @inlinable package mutating func removeAll(where isUnwanted: (Element) -> Bool) {
        elements = elements[first...].filter { element in element.map { !isUnwanted($0) } ?? false }
        first = 0
    }
}

extension FIFO: Sendable where Element: Sendable {}
