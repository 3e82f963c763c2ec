import ChatStorageJSON

/// Cuts a JSON array into its elements, without parsing them.
///
/// One stray quote or bracket changes the meaning of everything after it. So after an element whose structure breaks,
/// it looks for the next element: a `{` at a place where an element can begin (``ElementPlace``), and that begins a
/// whole conversation. The bytes between are one damaged piece; if no other element comes, the rest is not read.
///
/// The text of a message is never taken for an element: a JSON string has no line breaks and no quotes without a
/// backslash, so a conversation inside a message's text does not parse.
package struct ArraySplitter: TextSplitter {
    private enum Step {
        case beforeArray
        /// Where an element begins, or the array ends if it is empty.
        case beforeFirst
        /// After a comma, where an element begins.
        case beforeElement
        case element
        case afterElement
        /// After damage, where no element has been found yet.
        case searching
        case afterArray
        /// After damage, when too much has been searched in vain.
        case givenUp
    }

    /// How many bytes after an element are searched for the comma.
    private static let maximumWhiteSpace = 1 << 16

    /// From how many elements it learns the names that all have.
    private static let elementsLearned = 3

    private let maximumBytes: Int
    /// Whether the array is a member of an object, whose other members may follow.
    private let isMember: Bool
    /// The names that the first elements of such an array have in common.
    private var names: Set<String>?
    private var step = Step.beforeArray
    /// The bytes still needed; those before `start` are not.
    private var buffer: [UInt8] = []
    private var start = 0
    /// The line and the place in the file of the byte at `start`.
    private var line = 1
    private var offset: Int64
    private var place = ElementPlace()
    private var layout = ElementLayout.unknown
    private var scan = StructureScan()
    private var elements = 0
    private var damage: ArrayDamage?
    /// How many bytes were followed in vain, in elements that then broke.
    private var bytesInVain: Int64 = 0

    /// Starts at the beginning of a file, or after its byte order mark.
    package init(maximumBytes: Int = ArraySplitter.defaultMaximumBytes, offset: Int64 = 0) {
        self.maximumBytes = maximumBytes
        isMember = false
        self.offset = offset
    }

    /// Starts at the bracket of an array that is a member of an object.
    ///
    /// - Parameters:
    ///   - line: The line of the bracket.
    ///   - offset: Its place in the file.
    ///   - elements: How many elements the arrays before it have.
    init(memberAtLine line: Int, offset: Int64, after elements: Int, maximumBytes: Int) {
        self.maximumBytes = maximumBytes
        isMember = true
        self.line = line
        self.offset = offset
        self.elements = elements
    }

    /// What follows a member's array; nil until it has ended.
    var rest: (bytes: ArraySlice<UInt8>, line: Int, offset: Int64, elements: Int)? {
        isAtEndOfMember ? (buffer[start...], line, offset, elements) : nil
    }

    private var isAtEndOfMember: Bool { isMember && step == .afterArray }

    package mutating func split(_ chunk: [UInt8], into pieces: inout [TextPiece]) {
        // Pieces share the buffer that they were cut from, so the rest of it is copied.
        if start == buffer.count {
            buffer = chunk
        } else {
            if start > 0 { buffer = Array(buffer[start...]) }
            buffer.append(contentsOf: chunk)
        }
        start = 0
        while start < buffer.count, !isAtEndOfMember, advance(into: &pieces) {}
    }

    package mutating func finish(into pieces: inout [TextPiece]) {
        // Looks for other elements that the last one has swallowed.
        while step == .element {
            if scan.hasEnded, !buffer[start...].contains(UInt8(ascii: "{")) {
                // It contains no other element, so only one end is missing: its own or the array's.
                step = .afterElement
                while start < buffer.count { pass() }
            } else {
                giveUp(at: offset + Int64(buffer.count - start), "is cut off by the end of the file", isEnd: true)
                while start < buffer.count, !isAtEndOfMember, advance(into: &pieces) {}
            }
        }
        if let damage {
            pieces.append(damage.pieceAtEnd(lastByte: place.previous, bracket: UInt8(ascii: isMember ? "}" : "]")))
        } else if step != .afterArray {
            let content = TextPiece.Content.restNotRead("is the end of the file, not of the array")
            pieces.append(TextPiece(line: line, offset: offset, element: nil, content: content))
        }
        damage = nil
    }

    /// Does one step; false if it needs more bytes.
    private mutating func advance(into pieces: inout [TextPiece]) -> Bool {
        let byte = buffer[start]
        switch step {
        case .element: return advanceElement(into: &pieces)
        case .searching:
            guard byte == UInt8(ascii: "{"), place.canBeginElement(layout) else { break }
            begin()
            return true
        case .givenUp: break
        case _ where byte.isJSONWhiteSpace: break
        case .beforeArray:
            if byte == UInt8(ascii: "[") { step = .beforeFirst }
        case .beforeFirst where byte == UInt8(ascii: "]"): step = .afterArray
        case .beforeFirst, .beforeElement:
            if byte != UInt8(ascii: ","), byte != UInt8(ascii: "]") {
                begin()
                return true
            }
            elements += 1
            add(.broken("is missing before a comma or bracket"), into: &pieces)
            step = byte == UInt8(ascii: ",") ? .beforeElement : .afterArray
        case .afterElement where byte == UInt8(ascii: ","): step = .beforeElement
        case .afterElement where byte == UInt8(ascii: "]"): step = .afterArray
        case .afterElement:
            search("has no comma after the element before")
            return true
        case .afterArray:
            search("has text after the end of the array")
            return true
        }
        pass()
        return true
    }

    private mutating func advanceElement(into pieces: inout [TextPiece]) -> Bool {
        var scan = scan
        // One byte more than an element may have, since a number ends with the byte after it.
        let bytes = buffer[start...].prefix(maximumBytes + 1)
        let outcome = bytes.withUnsafeBytes { scan.follow($0) }
        self.scan = scan
        switch outcome {
        case .incomplete where bytes.count <= maximumBytes: return false
        case .ended where scan.position <= maximumBytes:
            switch isFollowedByComma(bytes.prefix(scan.position)) {
            case true: end(bytes.prefix(scan.position), into: &pieces)
            case false: giveUp(at: offset, "begins with a quote or bracket that does not end in it")
            case nil: return false
            }
        case .incomplete, .ended: giveUp(at: offset, "is longer than \(maximumBytes >> 20) MiB")
        case .broken:
            let position = offset + Int64(scan.position)
            giveUp(at: position, "is not valid JSON, at byte \(position + 1) of the file")
        }
        return true
    }

    /// Whether a comma or the array's end follows a complete element that may have swallowed others; nil if more bytes
    /// are needed.
    ///
    /// An element after a stray quote or bracket ends in the next element, or with the array.
    private func isFollowedByComma(_ element: ArraySlice<UInt8>) -> Bool? {
        guard [UInt8(ascii: "\""), UInt8(ascii: "[")].contains(element.first) else { return true }
        let rest = buffer[element.endIndex...].prefix(Self.maximumWhiteSpace)
        guard let next = rest.first(where: { !$0.isJSONWhiteSpace }) else {
            return rest.count < Self.maximumWhiteSpace ? nil : false
        }
        return next == UInt8(ascii: ",") || next == UInt8(ascii: "]")
    }

    /// Begins an element at `start`.
    private mutating func begin() {
        scan = StructureScan()
        step = .element
    }

    /// Takes a whole element; after damage only a conversation counts as one.
    private mutating func end(_ bytes: ArraySlice<UInt8>, into pieces: inout [TextPiece]) {
        if let damage {
            guard bytes.areConversation(withNames: names) else {
                giveUp(at: offset, "", isOther: false)
                return
            }
            pieces.append(damage.piece(readingOnAt: line, offset))
            self.damage = nil
        }
        elements += 1
        if isMember, elements <= Self.elementsLearned { learnNames(of: bytes) }
        add(.text(bytes), into: &pieces)
        layout.learn(from: place)
        line += bytes.count(ofByte: UInt8(ascii: "\n"))
        offset += Int64(bytes.count)
        start += bytes.count
        place.passElement()
        step = .afterElement
    }

    private mutating func learnNames(of element: ArraySlice<UInt8>) {
        guard let members = (try? JSONSlice(validating: element))?.members else { return }
        let found = Set(members.lazy.map(\.key))
        names = names?.intersection(found) ?? found
    }

    /// Gives up the element at `start`, which broke at a position in the file, and looks for others after its first
    /// byte.
    private mutating func giveUp(
        at position: Int64, _ reason: String, isEnd: Bool = false, isOther: Bool = true
    ) {
        bytesInVain += Int64(scan.position)
        if damage == nil {
            elements += 1
            damage = ArrayDamage(
                line: line, offset: offset, element: elements, position: position, reason: reason, isEnd: isEnd)
        } else if isOther, offset > damage?.position ?? 0 {
            damage?.hidesOthers = true
        }
        // Without a bound, nested elements could make it look at every byte a thousand times.
        step = bytesInVain / 8 > max(Int64(maximumBytes), offset) ? .givenUp : .searching
        if step == .givenUp { damage?.hidesOthers = true }
        pass()
    }

    /// Looks for the next element from `start` on.
    private mutating func search(_ reason: String) {
        damage = ArrayDamage(line: line, offset: offset, element: nil, position: offset, reason: reason, isEnd: false)
        step = .searching
    }

    /// Goes over one byte outside the elements.
    private mutating func pass() {
        if buffer[start] == UInt8(ascii: "\n") { line += 1 }
        place.pass(buffer[start])
        start += 1
        offset += 1
    }

    private func add(_ content: TextPiece.Content, into pieces: inout [TextPiece]) {
        pieces.append(TextPiece(line: line, offset: offset, element: elements, content: content))
    }
}
