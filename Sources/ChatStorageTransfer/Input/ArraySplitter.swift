/// Cuts a JSON array into its elements, without parsing them.
///
/// It follows strings and nesting only as far as needed to find the commas between elements, so a damaged element costs
/// no other one, and each is known by the line it begins in.
package struct ArraySplitter: TextSplitter {
    private enum Place {
        case beforeArray
        /// Where an element begins, or the array ends if it is empty.
        case first
        /// After a comma, where an element begins.
        case beforeElement
        case element
        case string
        case escape
        case afterArray
    }

    private var place = Place.beforeArray
    private var line = 1
    private var elementLine = 1
    private var depth = 0
    private var isTrailReported = false
    private var partial: PartialPiece

    /// Starts at the beginning of a file.
    package init(maximumBytes: Int = ArraySplitter.defaultMaximumBytes) {
        partial = PartialPiece(maximumBytes: maximumBytes)
    }

    package mutating func split(_ chunk: [UInt8], into pieces: inout [TextPiece]) {
        // Where the current element's bytes begin in this chunk.
        var start = chunk.startIndex
        for (position, byte) in chunk.enumerated() {
            if byte == UInt8(ascii: "\n") { line += 1 }
            switch place {
            case .beforeArray:
                if byte == UInt8(ascii: "[") { place = .first }
            case .first, .beforeElement:
                guard !byte.isJSONWhiteSpace else { break }
                if byte == UInt8(ascii: "]"), place == .first {
                    place = .afterArray
                    break
                }
                elementLine = line
                start = position
                place = .element
                follow(byte, chunk: chunk, start: start, position: position, into: &pieces)
            case .element:
                follow(byte, chunk: chunk, start: start, position: position, into: &pieces)
            case .string:
                if byte == UInt8(ascii: "\"") { place = .element }
                if byte == UInt8(ascii: "\\") { place = .escape }
            case .escape:
                place = .string
            case .afterArray:
                guard !byte.isJSONWhiteSpace, !isTrailReported else { break }
                isTrailReported = true
                pieces.append(TextPiece(line: line, content: .broken("has text after the end of the array")))
            }
        }
        if isInElement { partial.append(chunk[start...]) }
    }

    package mutating func finish(into pieces: inout [TextPiece]) {
        guard place != .afterArray else { return }
        let reason = isInElement ? "is cut off by the end of the file" : "is the end of the file, not of the array"
        pieces.append(TextPiece(line: isInElement ? elementLine : line, content: .broken(reason)))
    }

    private var isInElement: Bool { place == .element || place == .string || place == .escape }

    /// Takes a byte of an element, outside strings.
    private mutating func follow(
        _ byte: UInt8, chunk: [UInt8], start: Int, position: Int, into pieces: inout [TextPiece]
    ) {
        switch byte {
        case UInt8(ascii: "\""): place = .string
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"): depth = max(0, depth - 1)
        case UInt8(ascii: "]") where depth > 0: depth -= 1
        case UInt8(ascii: ",") where depth > 0: break
        case UInt8(ascii: "]"), UInt8(ascii: ","):
            pieces.append(TextPiece(line: elementLine, content: partial.end(with: chunk[start..<position])))
            place = byte == UInt8(ascii: ",") ? .beforeElement : .afterArray
        default: break
        }
    }
}
