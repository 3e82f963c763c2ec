/// A queue: elements leave in the order in which they came, each step in constant time on average.
///
/// Its code is inlinable, so that other modules specialise it for their elements: otherwise each step looks up the
/// type.
public struct FIFO<Element> {
    @usableFromInline var elements: [Element?] = []
    @usableFromInline var first = 0

    /// Makes an empty queue.
    @inlinable public init() {}

    /// How many elements wait.
    @inlinable public var count: Int { elements.count - first }

    /// Whether nothing waits.
    @inlinable public var isEmpty: Bool { count == 0 }

    /// The element that leaves next.
    @inlinable public var next: Element? { first < elements.count ? elements[first] : nil }

    /// The element at a position, or nil; only another element may take its place.
    @inlinable public subscript(position: Int) -> Element? {
        _read {
            if 0 <= position, position < count { yield elements[first + position] } else { yield nil }
        }
        _modify {
            var none: Element?
            if 0 <= position, position < count { yield &elements[first + position] } else { yield &none }
        }
    }

    /// Adds an element at the end.
    @inlinable public mutating func append(_ element: Element) {
        elements.append(element)
    }

    /// Takes the element that came first.
    @inlinable public mutating func popFirst() -> Element? {
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
    @inlinable public func forEach(_ body: (Element) throws -> Void) rethrows {
        for case let element? in elements[first...] { try body(element) }
    }

    /// Whether any element satisfies a predicate.
    @inlinable public func contains(where predicate: (Element) throws -> Bool) rethrows -> Bool {
        try elements[first...].contains { element in try element.map(predicate) ?? false }
    }

    /// Removes all elements that satisfy a predicate.
    @inlinable public mutating func removeAll(where isUnwanted: (Element) -> Bool) {
        elements = elements[first...].filter { element in element.map { !isUnwanted($0) } ?? false }
        first = 0
    }
}

extension FIFO: Sendable where Element: Sendable {}
