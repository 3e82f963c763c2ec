import ChatStorageJSON

/// The bytes before a place between the elements of an array; they show whether an element can begin there.
struct ElementPlace: Sendable {
    /// The last byte before it that is not white space.
    private(set) var previous: UInt8?
    /// How far it is from the beginning of its line; nil if there is anything but blanks before it.
    private(set) var indent: Int?

    /// Goes over a byte.
    mutating func pass(_ byte: UInt8) {
        if byte == UInt8(ascii: "\n") {
            indent = 0
        } else if byte.isJSONWhiteSpace {
            indent = indent.map { $0 + 1 }
        } else {
            previous = byte
            indent = nil
        }
    }

    /// Goes over a whole element.
    mutating func passElement() {
        previous = UInt8(ascii: "}")
        indent = nil
    }

    /// Whether an element can begin here in damaged text, in which the brackets no longer show the nesting.
    ///
    /// If the file's elements begin lines, only a line with their indentation counts. So an object nested in a damaged
    /// conversation does not count, unless its indentation is the same.
    func canBeginElement(_ layout: ElementLayout) -> Bool {
        switch layout {
        case .lines(let indent): beginsLine && self.indent == indent
        case .inline: followsElement
        case .unknown, .mixed: beginsLine || followsElement
        }
    }

    private var beginsLine: Bool { indent != nil && previous != UInt8(ascii: ":") }

    private var followsElement: Bool {
        switch previous {
        case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "}"): true
        default: false
        }
    }
}

/// Where the elements of an array begin, judged by those read so far.
enum ElementLayout: Sendable, Equatable {
    case unknown
    /// Each in a line of its own, with an indentation.
    case lines(indent: Int)
    /// After one another.
    case inline
    case mixed

    /// Learns from the place of an element.
    mutating func learn(from place: ElementPlace) {
        // The first element is often in the line of the bracket, wherever the others are.
        if place.indent == nil, place.previous == UInt8(ascii: "[") { return }
        let seen = place.indent.map(ElementLayout.lines(indent:)) ?? .inline
        if self == .unknown { self = seen }
        if self != seen { self = .mixed }
    }
}
