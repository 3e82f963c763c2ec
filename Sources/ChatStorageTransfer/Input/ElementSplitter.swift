import ChatStorageJSON

/// Cuts the elements of one array out of an object; memory holds one element, however long the object is.
///
/// A path of member names leads to the array. Other members are skipped; the names of those that are not empty come
/// with the first element, or with the last if they are after the array. More objects may follow.
package struct ElementSplitter: TextSplitter {
    private enum Step {
        /// Where an object begins: the first, or one on the path.
        case object
        case keyOrEnd, key, colon, value, separator
        /// Within a member's name.
        case name
        /// In the value of a member that is not on the path.
        case other
        case array
        /// After damage; nothing more is read.
        case ended
    }

    /// A longer name cannot be one of the path.
    private static let longestName = 400
    /// How many names are kept.
    private static let mostNames = 100

    private let path: [String]
    private let maximumBytes: Int
    private var step = Step.object
    /// The line and the place in the file of the next byte.
    private var line = 1
    private var offset: Int64
    /// How many objects of the path are open.
    private var depth = 0
    /// The member's name as the file has it, with its quotes.
    private var name: [UInt8] = []
    private var isEscaped = false
    private var scan = StructureScan()
    /// The beginning of a skipped value, without white space.
    private var skipped: [UInt8] = []
    private var array: ArraySplitter?
    private var elements = 0
    /// The last element, until what follows it is known.
    private var held: TextPiece?
    private var beside: Set<String> = []

    /// Starts at the beginning of a file, or after its byte order mark.
    ///
    /// - Parameter path: The names of the members that lead to the array, at least one.
    package init(path: [String], maximumBytes: Int = ElementSplitter.defaultMaximumBytes, offset: Int64 = 0) {
        self.path = path
        self.maximumBytes = maximumBytes
        self.offset = offset
    }

    package mutating func split(_ chunk: [UInt8], into pieces: inout [TextPiece]) {
        var rest = chunk[...]
        while !rest.isEmpty {
            switch step {
            case .array: rest = splitArray(Array(rest), into: &pieces)
            case .other: rest = skipValue(rest, into: &pieces)
            case .ended: return
            default:
                guard take(rest[rest.startIndex], into: &pieces) else { continue }
                pass(rest.prefix(1))
                rest = rest.dropFirst()
            }
        }
    }

    package mutating func finish(into pieces: inout [TextPiece]) {
        if var array {
            var found: [TextPiece] = []
            array.finish(into: &found)
            add(found, into: &pieces)
        } else if step != .ended, step != .object || depth > 0 {
            stop("is the end of the file, not of its object", into: &pieces)
        }
        release(into: &pieces)
    }

    private mutating func splitArray(_ chunk: [UInt8], into pieces: inout [TextPiece]) -> ArraySlice<UInt8> {
        guard var array else { return [] }
        self.array = nil
        var found: [TextPiece] = []
        array.split(chunk, into: &found)
        add(found, into: &pieces)
        guard let rest = array.rest else {
            self.array = array
            return []
        }
        (line, offset, elements) = (rest.line, rest.offset, rest.elements)
        step = .separator
        return rest.bytes
    }

    /// Takes a byte outside the array and skipped values; false if the byte must be looked at again.
    private mutating func take(_ byte: UInt8, into pieces: inout [TextPiece]) -> Bool {
        if step == .name {
            takeOfName(byte)
            return true
        }
        if byte.isJSONWhiteSpace { return true }
        switch (step, byte) {
        case (.object, UInt8(ascii: "{")):
            depth += 1
            step = .keyOrEnd
        case (.keyOrEnd, UInt8(ascii: "\"")), (.key, UInt8(ascii: "\"")):
            name = [byte]
            step = .name
        case (.colon, UInt8(ascii: ":")): step = .value
        case (.keyOrEnd, UInt8(ascii: "}")), (.separator, UInt8(ascii: "}")):
            depth -= 1
            step = depth == 0 ? .object : .separator
        case (.separator, UInt8(ascii: ",")): step = .key
        case (.value, _): return beginValue(byte)
        default: stop("is not valid JSON, at byte \(offset + 1) of the file", into: &pieces)
        }
        return true
    }

    private mutating func takeOfName(_ byte: UInt8) {
        if name.count <= Self.longestName { name.append(byte) }
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            step = .colon
        }
    }

    /// Begins a member's value; false if its first byte has to be looked at again.
    private mutating func beginValue(_ byte: UInt8) -> Bool {
        let isOnPath = nameText == path[depth - 1]
        if isOnPath, depth == path.count, byte == UInt8(ascii: "[") {
            array = ArraySplitter(
                memberAtLine: line, offset: offset, after: elements, maximumBytes: maximumBytes)
            step = .array
            return false
        }
        if isOnPath, depth < path.count, byte == UInt8(ascii: "{") {
            step = .object
            return false
        }
        scan = StructureScan()
        skipped = []
        step = .other
        return false
    }

    private var nameText: String {
        let text = (try? JSONSlice(validating: name[...], takingLoneSurrogates: true))?.string
        return text ?? String(decoding: name.dropFirst(), as: UTF8.self)
    }

    private mutating func skipValue(_ bytes: ArraySlice<UInt8>, into pieces: inout [TextPiece]) -> ArraySlice<UInt8> {
        var scan = scan
        let outcome = bytes.withUnsafeBytes { scan.followOn($0) }
        self.scan = scan
        let value = bytes.prefix(scan.position)
        for byte in value where skipped.count < 8 && !byte.isJSONWhiteSpace {
            skipped.append(byte)
        }
        pass(value)
        switch outcome {
        case .incomplete: return []
        case .broken:
            stop("is not valid JSON, at byte \(offset + 1) of the file", into: &pieces)
            return []
        case .ended:
            if !["null", "\"\"", "[]", "{}"].contains(String(decoding: skipped, as: UTF8.self)) {
                let names = path.prefix(depth - 1) + [nameText.shortened]
                if beside.count < Self.mostNames { beside.insert(names.joined(separator: ".")) }
            }
            step = .separator
            return bytes.dropFirst(value.count)
        }
    }

    private mutating func pass(_ bytes: ArraySlice<UInt8>) {
        line += bytes.count(ofByte: UInt8(ascii: "\n"))
        offset += Int64(bytes.count)
    }

    /// Ends reading.
    private mutating func stop(_ reason: String, into pieces: inout [TextPiece]) {
        release(into: &pieces)
        pieces.append(TextPiece(line: line, offset: offset, element: nil, content: .restNotRead(reason)))
        step = .ended
    }

    private mutating func add(_ found: [TextPiece], into pieces: inout [TextPiece]) {
        for piece in found {
            release(into: &pieces)
            held = piece
        }
    }

    /// Gives out the waiting element, with the names known so far of members beside its array.
    private mutating func release(into pieces: inout [TextPiece]) {
        guard var piece = held else { return }
        piece.beside = beside
        beside = []
        pieces.append(piece)
        held = nil
    }
}
