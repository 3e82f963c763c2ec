/// Cuts JSON Lines into lines; lines of white space are left out.
package struct LineSplitter: TextSplitter {
    private var line = 1
    private var partial: PartialPiece

    /// Starts at the beginning of a file.
    package init(maximumBytes: Int = LineSplitter.defaultMaximumBytes) {
        partial = PartialPiece(maximumBytes: maximumBytes)
    }

    package mutating func split(_ chunk: [UInt8], into pieces: inout [TextPiece]) {
        var rest = chunk[...]
        while let newline = rest.firstIndex(ofByte: UInt8(ascii: "\n"), from: rest.startIndex) {
            end(with: rest[..<newline], into: &pieces)
            line += 1
            rest = rest[(newline + 1)...]
        }
        partial.append(rest)
    }

    package mutating func finish(into pieces: inout [TextPiece]) {
        end(with: [], into: &pieces)
    }

    private mutating func end(with part: ArraySlice<UInt8>, into pieces: inout [TextPiece]) {
        let content = partial.end(with: part)
        if case .text(let bytes) = content, bytes.allSatisfy(\.isWhiteSpace) { return }
        pieces.append(TextPiece(line: line, content: content))
    }
}

extension UInt8 {
    /// Whether a line of nothing else is blank: space and U+0009 to U+000D.
    fileprivate var isWhiteSpace: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
}
